from __future__ import annotations

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import models

from django_safemigrate.values.column_types import TypeChange, type_change
from django_safemigrate.values.fields import AnyField

CHAR, TEXT, INTEGER, DECIMAL = models.CharField, models.TextField, models.IntegerField, models.DecimalField


class Point(models.Field):  # type: ignore[type-arg]
    """A type of somebody else's, which asks the server for its name."""

    def db_type(self, connection: object) -> str:
        raise RuntimeError("no server")


class Vector(models.Field):  # type: ignore[type-arg]
    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__()

    def deconstruct(self) -> tuple[str, str, list[int], dict[str, object]]:
        return self.name, "shop.Vector", [self.size], {}

    def db_type(self, connection: object) -> str:
        return f"vector({self.size})"


CHANGES = [
    (CHAR(max_length=9), CHAR(max_length=9), "NONE"),
    (CHAR(max_length=9), models.EmailField(max_length=9), "NONE"),
    (CHAR(max_length=9), CHAR(max_length=10), "WIDER"),
    (CHAR(max_length=9), CHAR(), "WIDER"),
    (CHAR(max_length="9"), CHAR(max_length=10), "WIDER"),  # as Django takes it
    (CHAR(max_length=10), CHAR(max_length="9"), "NARROWER"),
    (CHAR(max_length="nine"), CHAR(max_length="nine"), "NONE"),
    (CHAR(max_length="nine"), CHAR(max_length=9), "OTHER"),
    (CHAR(max_length=9), TEXT(), "WIDER"),
    (CHAR(), TEXT(), "WIDER"),
    (CHAR(max_length=10), CHAR(max_length=9), "NARROWER"),
    (TEXT(), models.URLField(), "NARROWER"),
    (CHAR(max_length=9), CHAR(max_length=9, db_collation="C"), "REWRITTEN"),
    (TEXT(db_collation="C"), TEXT(), "REWRITTEN"),
    (models.SmallIntegerField(), INTEGER(), "REWRITTEN"),
    (models.AutoField(primary_key=True), models.BigAutoField(primary_key=True), "REWRITTEN"),
    (models.PositiveIntegerField(), INTEGER(), "NONE"),
    (models.BigIntegerField(), models.PositiveIntegerField(), "NARROWER"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(max_digits=5, decimal_places=2), "NONE"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(max_digits=7, decimal_places=2), "WIDER"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(max_digits=7, decimal_places=4), "REWRITTEN"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(max_digits=5, decimal_places=4), "NARROWER"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(max_digits=5, decimal_places=1), "NARROWER"),
    (DECIMAL(max_digits=5, decimal_places=2), DECIMAL(), "WIDER"),
    (DECIMAL(), DECIMAL(max_digits=5, decimal_places=2), "NARROWER"),
    (ArrayField(INTEGER(), size=2), ArrayField(INTEGER(), size=3), "NONE"),
    (ArrayField(CHAR(max_length=2)), ArrayField(CHAR(max_length=3)), "REWRITTEN"),
    (ArrayField(CHAR(max_length=3)), ArrayField(CHAR(max_length=2)), "NARROWER"),
    (ArrayField(INTEGER()), ArrayField(TEXT()), "OTHER"),
    (INTEGER(), TEXT(), "OTHER"),
    (INTEGER(), models.FloatField(), "OTHER"),
    (models.DateField(), models.DateTimeField(), "OTHER"),
    (models.JSONField(), TEXT(), "OTHER"),
    (models.UUIDField(), CHAR(max_length=36), "OTHER"),
    (INTEGER(), models.BooleanField(), "OTHER"),
    (models.GenericIPAddressField(), models.GenericIPAddressField(protocol="ipv4"), "NONE"),
    (Point(), Point(), "NONE"),
    (Vector(3), Vector(3), "NONE"),
    (Vector(3), Vector(4), "OTHER"),
    (Vector(3), Point(), "OTHER"),
]


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_what_a_new_type_means_for_two_versions(old: AnyField, new: AnyField, expected: str) -> None:
    assert type_change(old, new) is TypeChange[expected]
