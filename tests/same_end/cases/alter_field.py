"""C: a column becomes another without a new type: NULL, defaults, index, unique, comment, collation, check."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField
from django.db.models import F, Q
from django.db.models.functions import Now, Random

from tests.same_end.case import Case, altered, model, on_thing

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField
NUMBERS, NULLS, WORDS = "(1), (2), (3)", "(1), (NULL), (3)", "('a'), ('b%'), ('it''s')"
STORED = {"output_field": INTEGER(), "db_persist": True}


def alter(field: object) -> AlterField:
    return AlterField("thing", "a", field)


CASES = [
    altered(
        "C1 python only", INTEGER(), INTEGER(help_text="x", verbose_name="y", choices=[(1, "a")], default=4), NUMBERS
    ),
    altered("C1 blank", CHAR(max_length=9), CHAR(max_length=9, blank=True), WORDS),
    altered("C1 as it is", CHAR(max_length=9, unique=True), CHAR(max_length=9, unique=True), WORDS),
    altered("C1 email", CHAR(max_length=254), models.EmailField(), WORDS),
    altered("C2 null", INTEGER(), INTEGER(null=True), NUMBERS),
    altered("C2 null, with default", INTEGER(default=3), INTEGER(null=True, default=4), NUMBERS),
    altered(
        "C2 null, with index", CHAR(max_length=9, db_index=True), CHAR(max_length=9, db_index=True, null=True), WORDS
    ),
    altered("C2 null, unique", CHAR(max_length=9, unique=True), CHAR(max_length=9, unique=True, null=True), WORDS),
    altered("C2 null, positive", models.PositiveIntegerField(), models.PositiveIntegerField(null=True), NUMBERS),
    altered("C2 null, without atomic", INTEGER(), INTEGER(null=True), NUMBERS, atomic=False),
    altered("C3 not null, default", INTEGER(null=True), INTEGER(default=7), NULLS),
    altered("C3 not null, one-off default", INTEGER(null=True), INTEGER(default=7), NULLS, preserve_default=False),
    altered("C3 not null, database default", INTEGER(null=True), INTEGER(db_default=7), NULLS),
    altered("C3 not null, database default as before", INTEGER(null=True, db_default=7), INTEGER(db_default=7), NULLS),
    altered("C3 not null, text", TEXT(null=True), TEXT(default="100% it's"), "('a'), (NULL)"),
    altered("C3 not null, nothing to fill", INTEGER(null=True), INTEGER(), NUMBERS),
    altered("C3 not null, index", INTEGER(null=True, db_index=True), INTEGER(default=7, db_index=True), NULLS),
    altered("C3 not null, unique", INTEGER(null=True, unique=True), INTEGER(default=7, unique=True), NULLS),
    altered(
        "C3 not null, positive", models.PositiveIntegerField(null=True), models.PositiveIntegerField(default=7), NULLS
    ),
    altered("C3 not null, json", models.JSONField(null=True), models.JSONField(default=dict), "('1'), (NULL)"),
    altered(
        "C3 not null, now",
        models.DateTimeField(null=True),
        models.DateTimeField(db_default=Now()),
        "(NULL)",
        volatile=("a",),
    ),
    altered("C3 not null, without atomic", INTEGER(null=True), INTEGER(default=7), NULLS, atomic=False),
    altered("C3 not null and longer", CHAR(max_length=5, null=True), CHAR(max_length=9, default="x"), "('a'), (NULL)"),
    altered("C3 not null and another type", INTEGER(null=True), models.BigIntegerField(default=7), NULLS),
    altered("C3 not null and index", INTEGER(null=True), INTEGER(default=7, db_index=True), NULLS),
    altered("C3 not null and unique", INTEGER(null=True), INTEGER(default=7, unique=True), NULLS),
    altered("C3 not null and comment", INTEGER(null=True), INTEGER(default=7, db_comment="x"), NULLS),
    altered("C11 index on", INTEGER(), INTEGER(db_index=True), NUMBERS),
    altered("C11 index on text", CHAR(max_length=9), CHAR(max_length=9, db_index=True), WORDS),
    altered("C11 index on long text", TEXT(null=True), TEXT(null=True, db_index=True), WORDS),
    altered("C11 index on collated text", TEXT(db_collation="C"), TEXT(db_collation="C", db_index=True), WORDS),
    altered("C11 index off", INTEGER(db_index=True), INTEGER(), NUMBERS),
    altered("C11 index off text", CHAR(max_length=9, db_index=True), CHAR(max_length=9), WORDS),
    altered("C11 index off slug", models.SlugField(), models.SlugField(db_index=False), WORDS.replace("%", "")),
    altered("C11 index on, without atomic", CHAR(max_length=9), CHAR(max_length=9, db_index=True), WORDS, atomic=False),
    altered("C12 unique on", INTEGER(), INTEGER(unique=True), NUMBERS),
    altered("C12 unique on text", CHAR(max_length=9), CHAR(max_length=9, unique=True), WORDS),
    altered("C12 unique on long text", TEXT(), TEXT(unique=True), WORDS),
    altered("C12 unique off", INTEGER(unique=True), INTEGER(), NUMBERS),
    altered("C12 unique off text", CHAR(max_length=9, unique=True), CHAR(max_length=9), WORDS),
    altered("C12 index to unique", INTEGER(db_index=True), INTEGER(unique=True), NUMBERS),
    altered("C12 index to unique, text", CHAR(max_length=9, db_index=True), CHAR(max_length=9, unique=True), WORDS),
    altered("C12 unique to index", INTEGER(unique=True), INTEGER(db_index=True), NUMBERS),
    altered("C12 unique to index, text", CHAR(max_length=9, unique=True), CHAR(max_length=9, db_index=True), WORDS),
    altered(
        "C12 index to both", CHAR(max_length=9, db_index=True), CHAR(max_length=9, db_index=True, unique=True), WORDS
    ),
    altered("C12 both to none", CHAR(max_length=9, db_index=True, unique=True), CHAR(max_length=9), WORDS),
    altered("C12 unique on, longer", CHAR(max_length=5), CHAR(max_length=9, unique=True), WORDS),
    altered("C12 unique off, shorter", CHAR(max_length=9, unique=True), CHAR(max_length=5), WORDS),
    altered("C12 unique on, without atomic", CHAR(max_length=9), CHAR(max_length=9, unique=True), WORDS, atomic=False),
    on_thing(
        "C12 unique beside a unique constraint",
        {"a": INTEGER(unique=True)},
        NUMBERS,
        alter(INTEGER()),
        options={"constraints": [models.UniqueConstraint(fields=["a"], name="thing_own")]},
    ),
    altered("C13 database default set", INTEGER(), INTEGER(db_default=4), NUMBERS),
    altered("C13 database default set, text", CHAR(max_length=9), CHAR(max_length=9, db_default="it's 1%"), WORDS),
    altered("C13 database default set, null", INTEGER(null=True), INTEGER(null=True, db_default=4), NULLS),
    altered(
        "C13 database default set, now",
        models.DateTimeField(),
        models.DateTimeField(db_default=Now()),
        "('2026-01-02')",
    ),
    altered("C13 database default set, random", models.FloatField(), models.FloatField(db_default=Random()), "(1.5)"),
    altered("C13 database default changed", INTEGER(db_default=4), INTEGER(db_default=5), NUMBERS),
    altered("C13 database default removed", INTEGER(db_default=4), INTEGER(), NUMBERS),
    altered("C13 database default removed for another", INTEGER(db_default=4), INTEGER(default=4), NUMBERS),
    altered("C13 database default and index", INTEGER(), INTEGER(db_default=4, db_index=True), NUMBERS),
    altered("C13 database default and null", INTEGER(db_default=4), INTEGER(null=True), NUMBERS),
    altered("C13 database default and type", INTEGER(db_default=4), models.BigIntegerField(db_default=5), NUMBERS),
    altered("C16 collation on", CHAR(max_length=9), CHAR(max_length=9, db_collation="C"), WORDS),
    altered("C16 collation off", TEXT(db_collation="C"), TEXT(), WORDS),
    altered(
        "C16 collation, index",
        CHAR(max_length=9, db_index=True),
        CHAR(max_length=9, db_index=True, db_collation="C"),
        WORDS,
    ),
    altered(
        "C16 collation, unique",
        CHAR(max_length=9, unique=True),
        CHAR(max_length=9, unique=True, db_collation="C"),
        WORDS,
    ),
    altered("C16 collation and length", CHAR(max_length=9), CHAR(max_length=12, db_collation="C"), WORDS),
    altered("C17 positive on", INTEGER(), models.PositiveIntegerField(), NUMBERS),
    altered("C17 positive off", models.PositiveIntegerField(), INTEGER(), NUMBERS),
    altered("C17 positive and null", models.PositiveIntegerField(null=True), INTEGER(default=3), NULLS),
    altered("C17 positive and larger", models.PositiveIntegerField(), models.PositiveBigIntegerField(), NUMBERS),
    altered("C17 positive and smaller", models.PositiveBigIntegerField(), models.PositiveSmallIntegerField(), NUMBERS),
    on_thing(
        "C17 positive beside a check",
        {"a": models.PositiveIntegerField()},
        NUMBERS,
        alter(INTEGER()),
        options={"constraints": [models.CheckConstraint(condition=Q(a__lt=9), name="thing_own")]},
    ),
    altered("C comment set", INTEGER(), INTEGER(db_comment='It\'s "new"'), NUMBERS),
    altered("C comment changed", INTEGER(db_comment="a"), INTEGER(db_comment="b"), NUMBERS),
    altered("C comment removed", INTEGER(db_comment="a"), INTEGER(), NUMBERS),
    altered("C comment and type", INTEGER(db_comment="a"), models.BigIntegerField(db_comment="b"), NUMBERS),
    altered(
        "C everything",
        CHAR(max_length=5, null=True),
        TEXT(default="x", unique=True, db_comment="b", db_collation="C"),
        "('a'), (NULL)",
    ),
    altered("C column name", INTEGER(db_index=True), INTEGER(db_index=True, db_column="Other one"), NUMBERS),
    altered("C column name and null", INTEGER(), INTEGER(null=True, db_column="b"), NUMBERS),
    altered("C column name and type", models.PositiveIntegerField(), models.BigIntegerField(db_column="b"), NUMBERS),
    altered("C column name and unique", CHAR(max_length=9), CHAR(max_length=9, db_column="b", unique=True), WORDS),
    Case(
        "C18 generated, python only",
        [AlterField("thing", "c", models.GeneratedField(expression=F("b") * 2, help_text="x", **STORED))],
        [model("Thing", b=INTEGER(), c=models.GeneratedField(expression=F("b") * 2, **STORED))],
        "INSERT INTO shop_thing (b) VALUES (1), (2)",
    ),
]
