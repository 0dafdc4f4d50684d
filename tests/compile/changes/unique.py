"""Unique constraints of every kind come and go."""

from __future__ import annotations

from django.db.migrations import AddConstraint, AlterUniqueTogether, RemoveConstraint
from django.db.models import Deferrable, Q, UniqueConstraint
from django.db.models.functions import Upper

from tests.compile.shop import Change, change


def unique(name: str, constraint: UniqueConstraint, **more: object) -> Change:
    return change(name, AddConstraint("order", constraint), **{"back": True, **more})


CHANGES = [
    unique("unique constraint", UniqueConstraint(fields=["amount", "status"], name="k")),
    unique("deferred unique constraint", UniqueConstraint(fields=["amount"], deferrable=Deferrable.DEFERRED, name="k")),
    unique(
        "deferrable unique constraint",
        UniqueConstraint(fields=["amount"], deferrable=Deferrable.IMMEDIATE, name="k"),
        back=False,
    ),
    unique(
        "unique constraint, NULL counts once",
        UniqueConstraint(fields=["note", "amount"], nulls_distinct=False, name="k"),
        since=15,
    ),
    unique("unique constraint with included columns", UniqueConstraint(fields=["amount"], include=["note"], name="k")),
    unique(
        "unique constraint with a condition", UniqueConstraint(fields=["amount"], condition=Q(status="new"), name="k")
    ),
    unique("unique constraint of expressions", UniqueConstraint(Upper("number"), "amount", name="k")),
    unique(
        "unique constraint with an operator class",
        UniqueConstraint(fields=["number"], opclasses=["varchar_pattern_ops"], name="k"),
    ),
    change("unique constraint dropped", RemoveConstraint("order", "shop_unique")),
    change("unique_together", AlterUniqueTogether("order", {("amount", "kept")}), back=True),
]
