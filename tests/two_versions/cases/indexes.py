"""I: indexes of every kind come, go and get other names."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex, BTreeIndex, GinIndex, GistIndex, HashIndex, SpGistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Index, Q
from django.db.models.functions import Lower, Upper

from tests.decisions.states import model
from tests.two_versions.pair import ANY, BOTH, CONTRACT, EXPAND, OTHERS, Pair, key, shop

INDEXES: dict[str, Index] = {
    "plain": Index(fields=["a"], name="i"),
    "two columns": Index(fields=["a", "b"], name="i"),
    "descending": Index(fields=["-a", "b"], name="i"),
    "partial": Index(fields=["a"], condition=Q(b__gt=3) | Q(a="it's 100%"), name="i"),
    "expression": Index(Lower("a").desc(), F("b") + 1, name="i"),
    "nulls last": Index(F("b").asc(nulls_last=True), F("a").desc(nulls_last=True), name="i"),
    "partial expression": Index(Upper("c"), condition=Q(c__startswith="c%"), name="i"),
    "include": Index(fields=["a"], include=["b", "c"], name="i"),
    "opclasses": Index(fields=["a", "c"], opclasses=["varchar_pattern_ops", "text_pattern_ops"], name="i"),
    "column with a space": Index(fields=["c"], name="i"),
    "name with capitals": Index(fields=["a"], name="My Index 1"),
    "btree": BTreeIndex(fields=["a"], fillfactor=70, name="i"),
    "gin": GinIndex(fields=["data"], name="i"),
    "gin of paths": GinIndex(fields=["data"], opclasses=["jsonb_path_ops"], name="i"),
    "gist": GistIndex(fields=["words"], name="i"),
    "brin": BrinIndex(fields=["when"], pages_per_range=4, name="i"),
    "hash": HashIndex(fields=["a"], name="i"),
    "spgist": SpGistIndex(fields=["c"], name="i"),
}
REFERS = model("Note", document=key("shop.Document"))


def document(*indexes: Index, words: bool = False) -> list[Any]:
    """``words``: with a column that nothing can be compared with."""
    more = {"words": SearchVectorField(null=True)} if words else {}
    return [
        model(
            "Document",
            a=models.CharField(max_length=20),
            b=models.IntegerField(null=True),
            c=models.TextField(db_column="C one"),
            data=models.JSONField(default=dict),
            when=models.DateTimeField(null=True),
            options={"indexes": list(indexes)},
            **more,
        ),
        REFERS,
    ]


def replaced(name: str, old: Index, new: Index, phases: str = ANY, **more: Any) -> Pair:
    return Pair(name, document(old), document(new), phases, **more)


PAIRS = [
    *(
        Pair(
            f"I1 {words}",
            document(words=words == "gist"),
            document(index, words=words == "gist"),
            EXPAND,
            values={"document.words": lambda n: None} if words == "gist" else {},
            expand=(f"AddIndex document.{index.name.lower()}",),
        )
        for words, index in INDEXES.items()
    ),
    *(
        Pair(
            f"I2 {words}",
            document(index),
            document(),
            CONTRACT,
            contract=(f"RemoveIndex document.{index.name.lower()}",),
        )
        for words, index in INDEXES.items()
        if words in {"plain", "partial", "partial expression", "include", "opclasses", "name with capitals", "gin"}
    ),
    Pair(
        "I1 of a foreign key",
        shop(others=OTHERS[:1], customer=key()),
        shop({"indexes": [Index(fields=["customer", "number"], name="i")]}, others=OTHERS[:1], customer=key()),
        EXPAND,
    ),
    Pair("I1 without rows", document(), document(INDEXES["plain"]), EXPAND, rows=0),
    Pair(
        "I1 several",
        document(),
        document(INDEXES["plain"], Index(fields=["b"], name="j"), Index(fields=["c"], name="k")),
        EXPAND,
    ),
    replaced("I1 and another goes", Index(fields=["a"], name="i"), Index(fields=["a", "b"], name="j"), BOTH),
    # Nobody but one index can have the name, so the new one waits.
    replaced("I2 another in its place", Index(fields=["a"], name="i"), Index(fields=["a", "b"], name="i"), CONTRACT),
    Pair(
        "I1 on a new field",
        shop(),
        shop({"indexes": [Index(fields=["new", "number"], name="i")]}, new=models.IntegerField(default=1)),
        BOTH,
        expand=("AddField order.new", "AddIndex order.i"),
        contract=("AlterField order.new",),
    ),
    replaced("I3 name", Index(fields=["a"], name="i"), Index(fields=["a"], name="j"), EXPAND),
    replaced(
        "I3 name of two columns", Index(fields=["a", "b"], name="i"), Index(fields=["a", "b"], name="J 1"), EXPAND
    ),
    replaced(
        "I3 name of a partial one",
        Index(fields=["a"], condition=Q(b__gt=3), name="i"),
        Index(fields=["a"], condition=Q(b__gt=3), name="j"),
        EXPAND,
    ),
]
