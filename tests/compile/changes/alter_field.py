"""A column changes without a new type: NULL, defaults, index, unique, comment, collation, check."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField
from django.db.models.functions import Now

from tests.compile.shop import altered, change

INTEGER, CHAR = models.IntegerField, models.CharField
NULLS = "nullif(n % 4, 0)"

CHANGES = [
    change("python only", AlterField("order", "amount", INTEGER(help_text="In cents.", default=5))),
    altered("null allowed", INTEGER(), INTEGER(null=True), "n"),
    altered("null refused, with a default of Python's", INTEGER(null=True), INTEGER(default=7), NULLS),
    altered("null refused, without a default", INTEGER(null=True), INTEGER(), "n"),
    altered("null refused, with a default of the database", INTEGER(null=True), INTEGER(db_default=7), NULLS),
    altered("null refused in a unique column", INTEGER(null=True, unique=True), INTEGER(unique=True), "n"),
    altered("default set", INTEGER(), INTEGER(db_default=7), "n", back=True),
    altered("default changed", INTEGER(db_default=6), INTEGER(db_default=7), "n"),
    altered("default set to the time", models.DateTimeField(), models.DateTimeField(db_default=Now()), "now()"),
    altered("default dropped", INTEGER(db_default=7), INTEGER(), "n"),
    altered("null allowed and default set", INTEGER(), INTEGER(null=True, db_default=7), "n", back=True),
    altered("index on a column", INTEGER(), INTEGER(db_index=True), "n", back=True),
    altered("indexes on a text column", CHAR(max_length=9), CHAR(max_length=9, db_index=True), "n", back=True),
    altered("unique on a column", INTEGER(), INTEGER(unique=True), "n", back=True),
    altered("unique on a text column", CHAR(max_length=9), CHAR(max_length=9, unique=True), "n", back=True),
    altered(
        "unique instead of an index", CHAR(max_length=9, db_index=True), CHAR(max_length=9, unique=True), "n", back=True
    ),
    altered("column comment", INTEGER(), INTEGER(db_comment="x"), "n", back=True),
    altered("check on a column", INTEGER(), models.PositiveIntegerField(), "n", back=True),
    altered("check and null at once", INTEGER(), models.PositiveIntegerField(null=True), "n"),
]
