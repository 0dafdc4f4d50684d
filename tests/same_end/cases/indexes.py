"""I: indexes of every kind come, go and get other names."""

from __future__ import annotations

from django.contrib.postgres.indexes import (
    BloomIndex,
    BrinIndex,
    BTreeIndex,
    GinIndex,
    GistIndex,
    HashIndex,
    OpClass,
    SpGistIndex,
)
from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    BloomExtension,
    BtreeGinExtension,
    RemoveIndexConcurrently,
    TrigramExtension,
)
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.migrations import AddIndex, AlterIndexTogether, RemoveIndex, RenameIndex
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.db.models.indexes import Index

from tests.same_end.case import SHOP, Case, model, on_order

DOCUMENT = model(
    "Document",
    a=models.CharField(max_length=20),
    b=models.IntegerField(null=True),
    c=models.TextField(db_column="C one"),
    data=models.JSONField(default=dict),
    words=SearchVectorField(null=True),
    when=models.DateTimeField(null=True),
)
ROWS = """
INSERT INTO shop_document (a, b, "C one", data, words)
    SELECT 'a' || n, nullif(n, 3), 'c%' || n, jsonb_build_object('n', n), to_tsvector('some words')
    FROM generate_series(1, 20) n
"""


def on_document(name: str, *change: object, before: tuple[object, ...] = (), **more: object) -> Case:
    return Case(name, change, [*before, DOCUMENT], ROWS, **more)


INDEXES: dict[str, Index] = {
    "plain": Index(fields=["a"], name="i"),
    "two columns": Index(fields=["a", "b"], name="i"),
    "descending": Index(fields=["-a", "b"], name="i"),
    "partial": Index(fields=["a"], condition=Q(b__gt=3) | Q(a="it's 100%"), name="i"),
    "null": Index(fields=["a"], condition=Q(b__isnull=True), name="i"),
    "expression": Index(Lower("a").desc(), F("b") + 1, name="i"),
    "nulls last": Index(F("b").asc(nulls_last=True), F("a").desc(nulls_last=True), name="i"),
    "partial expression": Index(Upper("c"), condition=Q(c__startswith="c%"), name="i"),
    "include": Index(fields=["a"], include=["b", "c"], name="i"),
    "opclasses": Index(fields=["a", "c"], opclasses=["varchar_pattern_ops", "text_pattern_ops"], name="i"),
    "opclass of an expression": Index(OpClass(Lower("a"), name="varchar_pattern_ops"), name="i"),
    "column with a space": Index(fields=["c"], name="i"),
    "tablespace": Index(fields=["a"], db_tablespace="pg_default", name="i"),
    "name with capitals": Index(fields=["a"], name="My Index 1"),
    "btree": BTreeIndex(fields=["a"], fillfactor=70, deduplicate_items=False, name="i"),
    "gin": GinIndex(fields=["data"], fastupdate=False, gin_pending_list_limit=100, name="i"),
    "gin of paths": GinIndex(fields=["data"], opclasses=["jsonb_path_ops"], name="i"),
    "gin of words": GinIndex(SearchVector("a", "c", config="simple"), name="i"),
    "gist": GistIndex(fields=["words"], name="i"),
    "gist, buffering": GistIndex(fields=["words"], buffering=True, fillfactor=80, name="i"),
    "brin": BrinIndex(fields=["when"], pages_per_range=4, autosummarize=True, name="i"),
    "hash": HashIndex(fields=["a"], fillfactor=50, name="i"),
    "spgist": SpGistIndex(fields=["c"], name="i"),
    "spgist, include": SpGistIndex(fields=["c"], include=["b"], condition=Q(b__gt=1), name="i"),
}
EXTENSIONS: dict[str, tuple[object, str, Index]] = {
    "bloom": (BloomExtension(), "bloom", BloomIndex(fields=["b", "c"], length=96, columns=[4, 2], name="i")),
    "btree_gin": (BtreeGinExtension(), "btree_gin", GinIndex(fields=["b"], name="i")),
    "trigram": (TrigramExtension(), "pg_trgm", GinIndex(fields=["a"], opclasses=["gin_trgm_ops"], name="i")),
    "gist trigram": (TrigramExtension(), "pg_trgm", GistIndex(fields=["c"], opclasses=["gist_trgm_ops"], name="i")),
}


CASES = [
    *(on_document(f"I1 {kind}", AddIndex("document", index)) for kind, index in INDEXES.items()),
    *(
        Case(f"I2 {kind}", [RemoveIndex("document", index.name)], [DOCUMENT, AddIndex("document", index)], ROWS)
        for kind, index in INDEXES.items()
        if kind in {"plain", "partial expression", "opclasses", "name with capitals", "gin", "brin"}
    ),
    *(
        on_document(f"I1 {kind}", AddIndex("document", index), before=(extension,), needs=(needs,))
        for kind, (extension, needs, index) in EXTENSIONS.items()
    ),
    on_document("I1 concurrently", AddIndexConcurrently("document", INDEXES["partial"]), atomic=False),
    on_document("I1 without atomic", AddIndex("document", INDEXES["gin"]), atomic=False),
    on_document(
        "I1 several",
        AddIndex("document", Index(fields=["a"], name="i")),
        AddIndex("document", Index(fields=["b"], name="j")),
        AddIndex("document", Index(fields=["c"], name="k")),
    ),
    on_document("I1 added and removed again", AddIndex("document", INDEXES["plain"]), RemoveIndex("document", "i")),
    on_order("I2 of a live table", RemoveIndex("order", "shop_number")),
    on_order("I2 concurrently", RemoveIndexConcurrently("order", "shop_number"), atomic=False),
    on_order(
        "I2 another in its place",
        RemoveIndex("order", "shop_number"),
        AddIndex("order", Index(fields=["number"], name="shop_number")),
    ),
    on_order("I3 name", RenameIndex("order", new_name="Their numbers", old_name="shop_number")),
    on_order("I3 name, without atomic", RenameIndex("order", new_name="x", old_name="shop_number"), atomic=False),
    on_order(
        "I3 name there and back",
        RenameIndex("order", new_name="x", old_name="shop_number"),
        RenameIndex("order", new_name="shop_number", old_name="x"),
    ),
    on_order(
        "I3 of index_together",
        RenameIndex("order", new_name="both", old_fields=("number", "note")),
        before=[*SHOP, AlterIndexTogether("order", {("number", "note")})],
    ),
    on_order("K5 index_together on", AlterIndexTogether("order", {("number", "note"), ("number", "placed")})),
    on_order(
        "K5 index_together changed",
        AlterIndexTogether("order", {("number", "amount"), ("number", "placed")}),
        before=[*SHOP, AlterIndexTogether("order", {("number", "note"), ("number", "placed")})],
    ),
    on_order(
        "K5 index_together off",
        AlterIndexTogether("order", set()),
        before=[*SHOP, AlterIndexTogether("order", {("number", "note")})],
    ),
]
