"""What the text of a migration's code says that it does."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .values import Model, Nothing


class Kind(Enum):
    """UPDATES: one statement changes all rows; ``detail`` is the method. WRITES_EACH: a loop over all rows writes for each of
    them. LOADS: all rows at once are in memory. IMPORTED: a model as it is now. ASKED: a model of the history. SQL: a text
    that is there, in ``detail``. ALTERS: a method of the schema editor. OUTSIDE: something beyond the database. SLEEPS: it
    waits. ENDS: it ends the transaction. DEFAULT: it asks the default database, whichever is migrated.
    """

    UPDATES = "updates"
    WRITES_EACH = "writes each"
    LOADS = "loads"
    IMPORTED = "imported"
    ASKED = "asked"
    SQL = "sql"
    ALTERS = "alters"
    OUTSIDE = "outside"
    SLEEPS = "sleeps"
    ENDS = "ends"
    DEFAULT = "default"


@dataclass(frozen=True)
class Fact:
    """``node``: where it is written, in the file ``path``; ``instead``: the operation that does the same, where one does.
    ``nothing``: conditions of its rows, of which each asks for those that have nothing in some fields.
    """

    kind: Kind
    node: ast.AST
    path: Path
    model: Model | None = None
    detail: str = ""
    instead: str = ""
    nothing: tuple[Nothing, ...] = ()
