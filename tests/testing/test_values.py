"""Values for fields: valid, another one for each number, and in both versions where that can be."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.postgres import fields as postgres
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from django_safemigrate.testing.values import base36, has_value_of_its_own, loosest, value_for
from tests.decisions.states import Stubborn

KINDS: list[Any] = [
    models.BigIntegerField(),
    models.SmallIntegerField(),
    models.PositiveSmallIntegerField(),
    models.DecimalField(max_digits=4, decimal_places=2),
    models.FloatField(),
    models.CharField(max_length=2),
    models.CharField(max_length=300),
    models.SlugField(),
    models.TextField(),
    models.EmailField(),
    models.EmailField(max_length=12),
    models.URLField(),
    models.URLField(max_length=16),
    models.UUIDField(),
    models.DateField(),
    models.DateTimeField(),
    models.TimeField(),
    models.DurationField(),
    models.BinaryField(),
    models.JSONField(),
    models.GenericIPAddressField(),
    models.GenericIPAddressField(protocol="IPv6"),
    models.FileField(),
    ArrayField(models.IntegerField()),
    ArrayField(models.CharField(max_length=5), size=2),
    postgres.HStoreField(),
    postgres.IntegerRangeField(),
    postgres.DateRangeField(),
    Stubborn(),
]


@pytest.mark.parametrize("field", KINDS, ids=lambda field: type(field).__name__)
def test_another_one_for_each_number_that_the_field_takes(field: Any) -> None:
    field = field.clone()
    field.set_attributes_from_name("a")
    values = [value_for(field, number) for number in range(1, 90)]
    assert len({repr(value) for value in values}) == 89
    if "FileField" not in type(field).__name__:
        assert all(field.clean(value, None) is not None for value in values)


def test_choices_and_booleans_have_what_they_have() -> None:
    choice = models.CharField(max_length=9, choices=[("a", "A"), ("b", "B"), ("", "None")])
    assert {value_for(choice, number) for number in range(9)} == {"a", "b"}
    assert {value_for(models.BooleanField(), number) for number in range(9)} == {True, False}
    narrower = models.CharField(max_length=9, choices=[("b", "B"), ("c", "C")])
    assert value_for(choice, 4, narrower) == "a"  # choices are no matter of the database
    assert value_for(choice, 4, models.IntegerField()) in {"a", "b"}


@pytest.mark.parametrize(
    ("field", "other", "expected"),
    [
        (models.CharField(max_length=20), models.IntegerField(), "12"),
        (models.CharField(max_length=20), models.CharField(max_length=2), "c"),
        (models.TextField(), models.DateField(), "2026-01-13"),
        (models.TextField(), models.UUIDField(), str(uuid.UUID(int=12))),
        (models.IntegerField(), models.TextField(), 12),
    ],
)
def test_a_value_for_both_versions(field: Any, other: Any, expected: Any) -> None:
    assert value_for(field, 12, other) == expected


def test_where_nothing_fits_both_the_own_version_comes_first() -> None:
    assert value_for(models.JSONField(), 12, models.UUIDField()) == {"v": 12}


class Odd(models.Field):  # type: ignore[type-arg]
    """Somebody's field that takes nothing that can be guessed."""

    def to_python(self, value: Any) -> Any:
        if value != "odd":
            raise ValueError
        return value


def test_what_cannot_be_guessed_is_the_default() -> None:
    assert value_for(Odd(default="odd"), 1) == "odd"
    assert value_for(Odd(), 1) == "v1"


def test_what_one_version_alone_accepts() -> None:
    assert loosest(models.IntegerField(null=True), 1, None, null=True) is None
    assert loosest(models.IntegerField(null=True), 1, None, null=False) < 0
    assert loosest(models.BigIntegerField(), 1, models.IntegerField(), null=True) < -(2**40)
    assert loosest(models.PositiveIntegerField(), 1, None, null=True) > 0
    assert len(loosest(models.CharField(max_length=7), 123456, None, null=True)) == 7
    assert len(loosest(models.CharField(max_length=1), 1, None, null=True)) == 1
    assert len(loosest(models.TextField(), 1, None, null=True)) > 20
    assert loosest(models.DecimalField(max_digits=4, decimal_places=2), 1, None, null=True) == Decimal("99.99")
    assert loosest(models.EmailField(), 1, None, null=True) == "1@example.com"
    assert loosest(models.DateField(), 1, None, null=True) == date(2000, 1, 2)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (models.IntegerField(), False),
        (models.IntegerField(null=True), True),
        (models.IntegerField(default=1), True),
        (models.IntegerField(db_default=1), True),
        (models.CharField(max_length=9, blank=True), True),
        (models.IntegerField(blank=True), False),
        (models.DateTimeField(auto_now=True), True),
        (models.DateTimeField(db_default=Now()), True),
    ],
)
def test_what_code_may_leave_out(field: Any, expected: bool) -> None:
    assert has_value_of_its_own(field) is expected


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (35, "z"), (36, "10"), (1295, "zz")])
def test_numbers_in_few_letters(number: int, text: str) -> None:
    assert base36(number) == text


def whole(value: float) -> None:
    if value != int(value):
        raise ValidationError("whole numbers only")


def broken(value: Any) -> None:
    raise RuntimeError("a validator that cannot be asked here")


def test_validators_are_asked() -> None:
    assert value_for(models.FloatField(validators=[whole]), 7) == 7.0
    assert value_for(models.DecimalField(max_digits=4, decimal_places=2), 123) == Decimal("1.23")
    assert value_for(models.IntegerField(validators=[broken]), 7) == 7
