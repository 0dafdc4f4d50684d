"""A column gets another type or collation."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper

from django_safemigrate.operations import AlterFieldOnline, FinishAlterField
from tests.compile.shop import Change, altered, change

INTEGER, BIG, CHAR, TEXT = models.IntegerField, models.BigIntegerField, models.CharField, models.TextField


def longer(name: str, **more: object) -> Change:
    return altered(f"longer text{name}", CHAR(max_length=9), CHAR(max_length=20), "n", **more)


CHANGES = [
    longer(""),
    longer(
        ", with partial and functional indexes",
        options={
            "indexes": [
                models.Index(fields=["b"], condition=Q(a__gt="1"), name="thing_partial"),
                models.Index(Lower("a"), name="thing_lower"),
            ]
        },
    ),
    longer(
        ", with a check",
        options={"constraints": [models.CheckConstraint(condition=Q(a__gt="") & Q(b__gt=0), name="thing_check")]},
    ),
    longer(
        ", with a unique constraint",
        options={"constraints": [models.UniqueConstraint(fields=["a", "b"], name="thing_unique")]},
    ),
    longer(
        ", with a unique functional index",
        options={"constraints": [models.UniqueConstraint(Upper("a"), name="thing_unique")]},
        small=True,
    ),
    altered("longer indexed text", CHAR(max_length=9, db_index=True), CHAR(max_length=20, db_index=True), "n"),
    altered("longer unique text", CHAR(max_length=9, unique=True), CHAR(max_length=20, unique=True), "n"),
    altered("text without a limit", CHAR(max_length=9), TEXT(), "n"),
    altered("longer text that is made unique", CHAR(max_length=9), CHAR(max_length=20, unique=True), "n"),
    altered(
        "longer text, and null refused", CHAR(max_length=9, null=True), CHAR(max_length=20, default=""), "nullif(n, 3)"
    ),
    altered("shorter text", CHAR(max_length=20), CHAR(max_length=9), "n", small=True),
    altered("integer to bigint", INTEGER(), BIG(), "n", small=True),
    altered("integer to bigint, indexed", INTEGER(db_index=True), BIG(db_index=True), "n", small=True),
    altered(
        "wider numeric",
        models.DecimalField(max_digits=6, decimal_places=2),
        models.DecimalField(max_digits=9, decimal_places=2),
        "n",
    ),
    altered("collation", CHAR(max_length=9), CHAR(max_length=9, db_collation="C"), "n"),
    altered(
        "collation of indexed text",
        CHAR(max_length=9, db_index=True),
        CHAR(max_length=9, db_index=True, db_collation="C"),
        "n",
    ),
    altered(
        "collation of unique text",
        CHAR(max_length=9, unique=True),
        CHAR(max_length=9, unique=True, db_collation="C"),
        "n",
        small=True,
    ),
    altered("integer to bigint, in use", INTEGER(), BIG(), "n"),
    altered(
        "positive integer to bigint, in use, with all that may hang on it",
        models.PositiveIntegerField(unique=True, db_default=7, db_comment="a comment"),
        models.PositiveBigIntegerField(unique=True, db_default=7, db_comment="a comment"),
        "n",
        options={
            "indexes": [
                models.Index(fields=["b"], condition=Q(a__gt=1), name="thing_partial"),
                models.Index(models.F("a") * 2, name="thing_double"),
            ],
            "constraints": [
                models.CheckConstraint(condition=Q(a__lt=models.F("b") * 2), name="thing_check"),
                models.UniqueConstraint(fields=["b", "a"], name="thing_unique"),
            ],
        },
    ),
    altered("integer to bigint, in use, with null", INTEGER(null=True), BIG(null=True), "nullif(n, 3)"),
    altered(
        "longer text, in use, with a unique functional index",
        CHAR(max_length=9),
        CHAR(max_length=20),
        "n",
        options={"constraints": [models.UniqueConstraint(Upper("a"), name="thing_unique")]},
    ),
    altered(
        "collation of unique text, in use",
        CHAR(max_length=9, unique=True),
        CHAR(max_length=9, unique=True, db_collation="C"),
        "n",
    ),
    change(
        "integer to bigint in two phases",
        AlterFieldOnline("order", "amount", BIG()),
        FinishAlterField("order", "amount"),
        back=True,
    ),
    change("key to bigint in two phases", AlterFieldOnline("customer", "code", BIG(unique=True))),
]
