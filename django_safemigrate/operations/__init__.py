"""Operations that migration files name.

Their path, ``django_safemigrate.operations``, is written into the migrations of projects, and stays as it is for ever,
wherever the code lives.
"""

from .backfill import Backfill
from .backfill_default import BackfillDefault
from .in_one_transaction import InOneTransaction
from .online import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline
from .order import AlterOrder, DropOrderDefault, KeepOrderDefault

__all__ = [
    "AlterFieldOnline",
    "AlterOrder",
    "Backfill",
    "BackfillDefault",
    "DropOrderDefault",
    "FinishAlterField",
    "FinishRenameField",
    "InOneTransaction",
    "KeepOrderDefault",
    "RenameFieldOnline",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
