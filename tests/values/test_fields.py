from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import django
import pytest
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Now, Random

from django_safemigrate.values.fields import (
    AnyField,
    constant_default,
    database_changes,
    has_constant_db_default,
    has_inline_check,
    is_plain_column,
    rebuilt,
    without,
)


class Status(models.TextChoices):
    NEW = "new"


class CheckedField(models.CharField):  # type: ignore[type-arg]
    def db_check(self, connection: Any) -> str:
        return "length(x) > 2"


class PathField(models.TextField):  # type: ignore[type-arg]
    """An argument of this name is none of Django's: it may well reach the database."""

    def __init__(self, *args: Any, path: str = "", **kwargs: Any) -> None:
        self.path = path
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "path": self.path}


class OwnConstructor(models.CharField):  # type: ignore[type-arg]
    """Gives ``max_length`` itself, and leaves it out of the migration."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 7
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs


def test_a_rebuilt_field_differs_in_what_is_named_only() -> None:
    field = models.CharField(max_length=5, default="a", help_text="Help")
    new = rebuilt(field, db_default="b")
    assert new.deconstruct()[3] == {"max_length": 5, "default": "a", "help_text": "Help", "db_default": "b"}
    assert "db_default" not in field.deconstruct()[3]
    assert new is not rebuilt(new)


def test_a_field_with_a_constructor_of_its_own_is_rebuilt() -> None:
    field = rebuilt(OwnConstructor(null=True), db_default="x")
    assert (type(field), field.max_length, field.null, field.db_default) == (OwnConstructor, 7, True, "x")


def test_positional_arguments_are_kept() -> None:
    field = rebuilt(models.ForeignKey("shop.Customer", models.PROTECT), null=True)
    assert field.deconstruct()[3]["to"] == "shop.customer"
    array = rebuilt(ArrayField(models.IntegerField()), null=True)
    assert isinstance(array.base_field, models.IntegerField)


def test_without_leaves_arguments_out() -> None:
    field = without(models.IntegerField(default=3, null=True), "default", "unique")
    assert field.deconstruct()[3] == {"null": True}


CHANGES: list[tuple[AnyField, AnyField, set[str] | None]] = [
    (models.IntegerField(), models.IntegerField(), set()),
    (models.IntegerField(default=1), models.IntegerField(default=2), set()),
    (models.IntegerField(default=1), models.IntegerField(), set()),
    (models.IntegerField(help_text="a"), models.IntegerField(verbose_name="b", blank=True, editable=False), set()),
    (models.CharField(max_length=3, choices=[("a", "A")]), models.CharField(max_length=3), set()),
    (models.DateField(auto_now=True), models.DateField(auto_now_add=True), set()),
    (models.DateField(unique_for_date="day"), models.DateField(), set()),
    (models.FileField(upload_to="a"), models.FileField(upload_to="b"), set()),
    (models.ImageField(), models.ImageField(upload_to="b", width_field="w"), set()),
    (models.FilePathField(path="/a"), models.FilePathField(path="/b", recursive=True), set()),
    (models.JSONField(), models.JSONField(encoder=DjangoJSONEncoder), set()),
    (models.SlugField(), models.SlugField(allow_unicode=True), set()),
    (models.GenericIPAddressField(), models.GenericIPAddressField(protocol="ipv4"), set()),
    (models.FileField(upload_to="a"), models.FileField(upload_to="a", max_length=200), {"max_length"}),
    (PathField(path="a"), PathField(path="b"), {"path"}),
    (models.IntegerField(), models.IntegerField(null=True), {"null"}),
    (models.IntegerField(), models.IntegerField(db_default=1), {"db_default"}),
    (models.IntegerField(db_default=1), models.IntegerField(db_default=2), {"db_default"}),
    (
        models.IntegerField(null=True),
        models.IntegerField(db_default=1, db_index=True),
        {"null", "db_default", "db_index"},
    ),
    (models.IntegerField(), models.IntegerField(unique=True), {"unique"}),
    (models.IntegerField(), models.IntegerField(db_column="x"), {"db_column"}),
    (models.IntegerField(), models.IntegerField(db_comment="x"), {"db_comment"}),
    (models.CharField(max_length=3), models.CharField(max_length=4), {"max_length"}),
    (models.IntegerField(), models.BigIntegerField(), None),
    (models.IntegerField(), CheckedField(max_length=3), None),
    (
        models.ForeignKey("shop.A", models.CASCADE),
        models.ForeignKey("shop.A", models.PROTECT, related_name="x", limit_choices_to={"a": 1}),
        set(),
    ),
    (models.ForeignKey("shop.A", models.CASCADE), models.ForeignKey("shop.B", models.CASCADE), {"to"}),
    (
        models.ForeignKey("shop.A", models.CASCADE),
        models.ForeignKey("shop.A", models.CASCADE, db_constraint=False),
        {"db_constraint"},
    ),
]


@pytest.mark.parametrize(("old", "new", "changed"), CHANGES)
def test_only_what_reaches_the_database_is_a_change(old: AnyField, new: AnyField, changed: set[str] | None) -> None:
    assert database_changes(old, new) == changed
    assert database_changes(new, old) == changed


@pytest.mark.skipif(django.VERSION < (6, 1), reason="Django 6.1 has on_delete in the database")
def test_on_delete_in_the_database_is_a_change_of_the_database() -> None:
    python = models.ForeignKey("shop.A", models.CASCADE)
    database = models.ForeignKey("shop.A", models.DB_CASCADE)  # type: ignore[attr-defined,unused-ignore]
    assert database_changes(python, database) == database_changes(database, python) == {"on_delete"}


CONSTANTS: list[tuple[AnyField, Any]] = [
    (models.IntegerField(default=0), 0),
    (models.IntegerField(default=5, null=True), 5),
    (models.BooleanField(default=False), False),
    (models.CharField(max_length=3, default=""), ""),
    (models.CharField(max_length=3, default=Status.NEW), "new"),
    (models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("1.50")), Decimal("1.50")),
    (models.DateField(default=date(2026, 1, 1)), date(2026, 1, 1)),
    (models.DateTimeField(default=datetime(2026, 1, 1, tzinfo=UTC)), datetime(2026, 1, 1, tzinfo=UTC)),
    (models.UUIDField(default=uuid.UUID(int=1)), uuid.UUID(int=1)),
    (models.JSONField(default=3), 3),
    (models.BinaryField(default=b"x"), b"x"),
    # What Django assumes for text that may be blank.
    (models.CharField(max_length=3, blank=True), ""),
    (models.TextField(blank=True), ""),
    (models.BinaryField(blank=True), b""),
]


@pytest.mark.parametrize(("field", "value"), CONSTANTS)
def test_a_default_known_beforehand_is_constant(field: AnyField, value: Any) -> None:
    assert constant_default(field) == (True, value)


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(),
        models.IntegerField(null=True),
        models.IntegerField(null=True, default=None),
        models.IntegerField(blank=True),
        models.CharField(max_length=3),
        models.CharField(max_length=3, blank=True, null=True),
        models.BooleanField(blank=True),
        models.UUIDField(default=uuid.uuid4),
        models.JSONField(default=dict),
        models.DateTimeField(auto_now=True),
        models.DateTimeField(auto_now_add=True),
    ],
)
def test_a_default_made_for_each_row_or_none_is_not_constant(field: AnyField) -> None:
    assert constant_default(field) == (False, None)


@pytest.mark.parametrize(
    ("field", "constant"),
    [
        (models.IntegerField(), False),
        (models.IntegerField(default=1), False),
        (models.IntegerField(db_default=0), True),
        (models.CharField(max_length=3, db_default=""), True),
        (models.IntegerField(db_default=Value(3)), True),
        (models.DateTimeField(db_default=Now()), False),
        (models.FloatField(db_default=Random()), False),
        (models.IntegerField(db_default=Value(1) + Value(2)), False),
    ],
)
def test_a_database_default_is_constant_or_an_expression(field: AnyField, constant: bool) -> None:
    assert has_constant_db_default(field) is constant


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(),
        models.TextField(null=True),
        models.JSONField(default=dict),
        models.CharField(max_length=3, db_index=True),
        models.FileField(),
        ArrayField(models.IntegerField()),
    ],
)
def test_a_plain_column_is_free_to_add(field: AnyField) -> None:
    assert is_plain_column(field)


@pytest.mark.parametrize(
    "field",
    [
        models.ForeignKey("shop.A", models.CASCADE),
        models.ForeignKey("shop.A", models.CASCADE, db_constraint=False),
        models.OneToOneField("shop.A", models.CASCADE),
        models.ManyToManyField("shop.A"),
        models.IntegerField(unique=True),
        models.IntegerField(primary_key=True),
        models.BigAutoField(primary_key=True),
        models.PositiveIntegerField(),
        models.PositiveSmallIntegerField(),
        models.PositiveBigIntegerField(),
        CheckedField(max_length=3),
        models.GeneratedField(expression=F("a"), output_field=models.IntegerField(), db_persist=True),
    ],
)
def test_relations_keys_checks_and_generated_values_are_not_plain(field: AnyField) -> None:
    assert not is_plain_column(field)


def test_the_check_of_a_column_is_known() -> None:
    assert has_inline_check(models.PositiveIntegerField())
    assert has_inline_check(CheckedField(max_length=3))
    assert not has_inline_check(models.IntegerField())
