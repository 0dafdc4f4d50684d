"""Indexes of every kind come, go and get other names."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex, GinIndex, HashIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations import AddIndex, RemoveIndex, RenameIndex
from django.db.models import F, Index, Q
from django.db.models.functions import Lower

from tests.compile.shop import Change, change


def index(name: str, made: Index, **more: object) -> Change:
    return change(name, AddIndex("order", made), **more)


CHANGES = [
    index("index", Index(fields=["status", "-amount"], name="i"), back=True),
    index("partial index", Index(fields=["kept"], condition=Q(amount__gt=3), name="i"), back=True),
    index("index of expressions", Index(Lower("note").desc(), F("amount") + 1, name="i"), back=True),
    index("index with included columns", Index(fields=["kept"], include=["note"], name="i")),
    index("index with an operator class", Index(fields=["note"], opclasses=["text_pattern_ops"], name="i")),
    index("GIN index", GinIndex(fields=["data"], fastupdate=False, name="i")),
    index("BRIN index", BrinIndex(fields=["kept"], name="i")),
    index("hash index", HashIndex(fields=["note"], name="i")),
    change("index, concurrently by its author", AddIndexConcurrently("order", Index(fields=["kept"], name="i"))),
    change("index dropped", RemoveIndex("order", "shop_both")),
    change("index dropped, concurrently by its author", RemoveIndexConcurrently("order", "shop_both")),
    change("index renamed", RenameIndex("order", new_name="Both", old_name="shop_both"), back=True),
]
