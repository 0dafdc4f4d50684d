from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AddField
from django.db.models import F, Value
from django.db.models.functions import Now, Random

from tests.decisions.states import AnyField, Stubborn, model, parts

NOT_YET = "[not yet made safe]"


class Status(models.TextChoices):
    NEW = "new", "New"


def added(field: AnyField, **options: Any) -> list[str]:
    return parts(AddField("order", "x", field, **options), model("Order"))


@pytest.mark.parametrize(
    ("field", "expand"),
    [
        (models.IntegerField(null=True), "models.IntegerField(null=True)"),
        (models.IntegerField(null=True, default=None), "models.IntegerField(default=None, null=True)"),
        (
            models.CharField(max_length=3, null=True, blank=True),
            "models.CharField(blank=True, max_length=3, null=True)",
        ),
        (models.TextField(null=True, db_index=True), "models.TextField(db_index=True, null=True)"),
        (models.JSONField(null=True), "models.JSONField(null=True)"),
    ],
)
def test_f1_a_nullable_column_is_added_as_it_is(field: AnyField, expand: str) -> None:
    assert added(field) == [f"expand: AddField order.x {expand}"]


DEFAULTS = [
    (models.IntegerField(default=0), "models.IntegerField({}default=0)", "0"),
    (models.IntegerField(default=5, null=True), "models.IntegerField({}default=5, null=True)", "5"),
    (models.BooleanField(default=False), "models.BooleanField({}default=False)", "False"),
    (models.CharField(max_length=3, default=""), "models.CharField({}default='', max_length=3)", "''"),
    (models.CharField(max_length=3, default=Status.NEW), "models.CharField({}default='new', max_length=3)", "'new'"),
    (
        models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("1.50")),
        "models.DecimalField({}decimal_places=2, default=Decimal('1.50'), max_digits=5)",
        "Decimal('1.50')",
    ),
    (
        models.DateField(default=date(2026, 1, 2)),
        "models.DateField({}default=datetime.date(2026, 1, 2))",
        "datetime.date(2026, 1, 2)",
    ),
    (
        models.DateTimeField(default=datetime(2026, 1, 2, tzinfo=UTC)),
        "models.DateTimeField({}default=datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc))",
        "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
    ),
    (
        models.UUIDField(default=uuid.UUID(int=1)),
        "models.UUIDField({}default=uuid.UUID('00000000-0000-0000-0000-000000000001'))",
        "uuid.UUID('00000000-0000-0000-0000-000000000001')",
    ),
    (models.JSONField(default="a"), "models.JSONField({}default='a')", "'a'"),
    (models.BinaryField(default=b"a"), "models.BinaryField({}default=b'a')", "b'a'"),
    (models.IntegerField(default=1, db_index=True), "models.IntegerField({}db_index=True, default=1)", "1"),
    # No default in Python, but Django fills in the empty string.
    (models.CharField(max_length=3, blank=True), "models.CharField(blank=True, {}max_length=3)", "''"),
    (models.TextField(blank=True), "models.TextField(blank=True, {})", "''"),
]


@pytest.mark.parametrize(("field", "shape", "value"), DEFAULTS)
def test_f2_a_constant_default_is_kept_in_the_database_until_contract(field: AnyField, shape: str, value: str) -> None:
    with_default = shape.format(f"db_default={value}, ").replace(", )", ")")
    without_default = shape.format("").replace(", )", ")")
    assert added(field) == [
        f"expand: AddField order.x {with_default}",
        f"contract: AlterField order.x {without_default}",
    ]


def test_f2_a_one_off_default_fills_the_rows_and_is_no_default_of_the_model() -> None:
    assert added(models.IntegerField(default=7), preserve_default=False) == [
        "expand: AddField order.x models.IntegerField(db_default=7)",
        "contract: AlterField order.x models.IntegerField()",
    ]


def test_f2_a_one_off_default_in_blank_text_fills_the_rows_with_it_and_not_with_the_empty_string() -> None:
    assert added(models.CharField(max_length=3, blank=True, default="a"), preserve_default=False) == [
        "expand: AddField order.x models.CharField(blank=True, db_default='a', max_length=3)",
        "contract: AlterField order.x models.CharField(blank=True, max_length=3)",
    ]


@pytest.mark.parametrize(
    ("field", "expand"),
    [
        (models.IntegerField(db_default=0), "models.IntegerField(db_default=0)"),
        (models.CharField(max_length=3, db_default=""), "models.CharField(db_default='', max_length=3)"),
        (models.BooleanField(db_default=Value(False)), "models.BooleanField(db_default=models.Value(False))"),
        (models.IntegerField(default=1, db_default=2), "models.IntegerField(db_default=2, default=1)"),
        (models.IntegerField(null=True, db_default=2), "models.IntegerField(db_default=2, null=True)"),
    ],
)
def test_f3_a_constant_database_default_stays(field: AnyField, expand: str) -> None:
    assert added(field) == [f"expand: AddField order.x {expand}"]


def test_f10_the_index_of_a_column_comes_with_it() -> None:
    assert added(models.CharField(max_length=3, db_index=True, db_default="")) == [
        "expand: AddField order.x models.CharField(db_default='', db_index=True, max_length=3)"
    ]


@pytest.mark.parametrize(
    "field",
    [
        models.DateTimeField(db_default=Now()),
        models.FloatField(db_default=Random()),
        models.UUIDField(default=uuid.uuid4),
        models.JSONField(default=dict),
        models.JSONField(default=dict, null=True),
        models.DateTimeField(auto_now_add=True),
        models.IntegerField(),
        models.CharField(max_length=3),
        models.IntegerField(unique=True, null=True),
        models.IntegerField(unique=True, default=1),
        models.SlugField(unique=True),
        models.ForeignKey("shop.Order", models.CASCADE, null=True),
        models.OneToOneField("shop.Order", models.CASCADE),
        models.ManyToManyField("shop.Order"),
        models.PositiveIntegerField(default=0),
        models.PositiveSmallIntegerField(null=True),
        models.GeneratedField(expression=F("id"), output_field=models.IntegerField(), db_persist=True),
        models.IntegerField(null=True, db_comment="Comment"),
    ],
)
def test_what_is_not_yet_made_safe_goes_through_as_django_writes_it_and_says_so(field: AnyField) -> None:
    """Trap 32: a default that is called would be one value for every row, so no constant is made of it."""
    [line] = added(field)
    assert line.startswith("expand: AddField order.x ")
    assert line.endswith(NOT_YET)
    assert added(field, preserve_default=False)[0].endswith(f", once {NOT_YET}")


def test_the_operation_itself_is_not_changed() -> None:
    operation = AddField("order", "x", models.IntegerField(default=0))
    parts(operation, model("Order"))
    assert not operation.field.has_db_default()


def test_a_subclass_may_do_anything_and_goes_through_as_it_is() -> None:
    class AddFieldAndMore(AddField):
        pass

    assert parts(AddFieldAndMore("order", "x", models.IntegerField(null=True)), model("Order")) == [
        "expand: AddFieldAndMore order.x models.IntegerField(null=True) [not yet made safe]"
    ]


def test_a_field_that_cannot_be_rebuilt_goes_through_as_django_writes_it() -> None:
    (part,) = added(Stubborn())
    assert part.endswith("[not yet made safe]")
