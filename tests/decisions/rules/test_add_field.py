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
from django.utils import timezone

from django_safemigrate.decisions.rules import answer_of
from django_safemigrate.functions import RandomUUID
from tests.decisions.states import AnyField, Stubborn, model, parts, state, told

CASCADE = "on_delete=django.db.models.deletion.CASCADE"
NOW = "django.db.models.functions.datetime.Now()"
CAST = "django.db.models.functions.comparison.Cast"


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
        models.UUIDField(unique=True, db_default=RandomUUID()),
        models.IntegerField(unique=True, null=True),
        models.SlugField(unique=True, null=True, default=None),
        models.ForeignKey("shop.Order", models.CASCADE, null=True),
        models.OneToOneField("shop.Order", models.CASCADE, null=True),
        models.PositiveSmallIntegerField(null=True),
        models.IntegerField(null=True, db_comment="Comment"),
        models.ManyToManyField("shop.Order"),
        models.GeneratedField(expression=F("id"), output_field=models.IntegerField(), db_persist=False),
    ],
)
def test_what_old_code_may_leave_out_is_added_as_it_is(field: AnyField) -> None:
    [line] = added(field)
    assert line.startswith("expand: AddField order.x ")
    assert not line.endswith("]")


def test_f2_a_relation_keeps_its_default_in_the_database_too() -> None:
    assert added(models.ForeignKey("shop.Order", models.CASCADE, default=1)) == [
        f"expand: AddField order.x models.ForeignKey(db_default=1, default=1, {CASCADE}, to='shop.order')",
        f"contract: AlterField order.x models.ForeignKey(default=1, {CASCADE}, to='shop.order')",
    ]


def test_f12_so_does_a_field_with_a_check() -> None:
    assert added(models.PositiveIntegerField(default=0)) == [
        "expand: AddField order.x models.PositiveIntegerField(db_default=0, default=0)",
        "contract: AlterField order.x models.PositiveIntegerField(default=0)",
    ]


TWINS = [
    (models.UUIDField(default=uuid.uuid4), "django_safemigrate.functions.RandomUUID()"),
    (models.UUIDField(unique=True, default=uuid.uuid4), "django_safemigrate.functions.RandomUUID()"),
    (models.DateTimeField(default=timezone.now), NOW),
    (models.DateTimeField(auto_now=True), NOW),
    (models.DateTimeField(auto_now_add=True, null=True), NOW),
    (models.DateField(auto_now_add=True), f"{CAST}({NOW}, models.DateField())"),
    (models.TimeField(auto_now_add=True), f"{CAST}({NOW}, models.TimeField())"),
    (models.DateField(default=date.today), f"{CAST}({NOW}, models.DateField())"),
    (models.JSONField(default=dict), "{}"),
    (models.JSONField(default=list, null=True), "[]"),
    (models.IntegerField(default=int), "0"),
    (models.TextField(default=str), "''"),
]


@pytest.mark.parametrize(("field", "twin"), TWINS)
def test_f5_a_callable_default_has_a_twin_in_the_database(field: AnyField, twin: str) -> None:
    """Trap 32: what differs from row to row does so in the database, too."""
    expand, contract = added(field)
    assert f"db_default={twin}" in expand
    assert expand.startswith("expand: AddField order.x ")
    assert "db_default" not in contract
    assert contract.startswith("contract: AlterField order.x ")


def call_me() -> int:
    return 7


MAY_READ_NULL = "[until the phase after deploy, new code may read NULL in shop.order.x: old code leaves it out]"
FILL = "Fill x of order where it is NULL, calling its default for each row"


def test_f6_a_default_without_a_twin_is_called_for_each_row() -> None:
    name = f"{__name__}.call_me"
    assert added(models.IntegerField(default=call_me)) == [
        f"expand: AddField order.x models.IntegerField(default={name}, null=True) {MAY_READ_NULL}",
        f"expand: {FILL}",
        f"contract: {FILL}",
        f"contract: AlterField order.x models.IntegerField(default={name})",
    ]


def test_f6_a_nullable_one_is_filled_once() -> None:
    name = f"{__name__}.call_me"
    assert added(models.IntegerField(default=call_me, null=True)) == [
        f"expand: AddField order.x models.IntegerField(default={name}, null=True)",
        f"expand: {FILL}",
    ]


def test_f6_a_one_off_callable_is_no_default_of_the_model() -> None:
    answer = answer_of(
        AddField("order", "x", models.IntegerField(default=call_me), preserve_default=False),
        "shop",
        state(model("Order")),
    )
    assert isinstance(answer, list)
    assert told(answer) == [
        f"expand: AddField order.x models.IntegerField(null=True) {MAY_READ_NULL}",
        f"expand: {FILL}",
        f"contract: {FILL}",
        f"contract: AlterField order.x models.IntegerField(default={__name__}.call_me), once",
    ]
    assert [part.operation.default for part in answer[1:3]] == [call_me, call_me]


def test_f7_without_any_default_null_is_allowed_until_contract() -> None:
    assert added(models.IntegerField()) == [
        f"expand: AddField order.x models.IntegerField(null=True) {MAY_READ_NULL}",
        "contract: AlterField order.x models.IntegerField()",
    ]


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(unique=True, default=1),
        models.IntegerField(unique=True, default=1, null=True),
        models.IntegerField(unique=True, db_default=1),
        models.DateTimeField(unique=True, db_default=Now()),
        models.DateTimeField(unique=True, default=timezone.now),
        models.SlugField(unique=True, blank=True),
        models.OneToOneField("shop.Order", models.CASCADE, default=1),
    ],
)
def test_f8_a_unique_field_cannot_have_one_value_for_all(field: AnyField) -> None:
    assert added(field) == ["refused: shop.order.x is unique, and all rows that are there would get the same default."]


def test_f13_a_stored_generated_field_says_that_it_needs_a_small_table() -> None:
    [line] = added(models.GeneratedField(expression=F("id"), output_field=models.IntegerField(), db_persist=True))
    assert line.endswith("[shop.order.x is computed for every row under the lock: only on a small table]")


def test_f14_another_primary_key_is_refused() -> None:
    assert added(models.BigAutoField(primary_key=True)) == ["refused: shop.order.x is a new primary key."]


def test_m2m_through_a_model_of_its_own_is_nothing_in_the_database() -> None:
    [line] = added(models.ManyToManyField("shop.Order", through="shop.Order"))
    assert line.endswith("[may wait]")


def test_the_operation_itself_is_not_changed() -> None:
    operation = AddField("order", "x", models.IntegerField(default=0))
    parts(operation, model("Order"))
    assert not operation.field.has_db_default()


def test_a_field_that_cannot_be_rebuilt_is_refused() -> None:
    assert added(Stubborn()) == ["refused: shop.order.x: Add field x to order"]
