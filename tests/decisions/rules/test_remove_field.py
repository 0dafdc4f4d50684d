from __future__ import annotations

import uuid

import django
import pytest
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.migrations.operations import RemoveField
from django.db.models import F
from django.db.models.functions import Now

from tests.decisions.states import AnyField, Stubborn, model, parts

DROP = "contract: Remove field x from order"
MAY_READ_NULL = "[until it is dropped, old code may read NULL in shop.order.x]"


def removed(field: AnyField) -> list[str]:
    return parts(RemoveField("order", "x"), model("Order", x=field))


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(null=True),
        models.IntegerField(null=True, default=3),
        models.IntegerField(null=True, unique=True),
        models.IntegerField(db_default=3),
        models.IntegerField(db_default=3, default=4),
        models.DateTimeField(db_default=Now()),
        models.UUIDField(unique=True, db_default=RandomUUID()),
        models.PositiveIntegerField(null=True),
        models.GeneratedField(expression=F("id"), output_field=models.IntegerField(), db_persist=True),
    ],
)
def test_r1_new_code_need_not_fill_it_so_nothing_is_to_prepare(field: AnyField) -> None:
    assert removed(field) == [DROP]


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        (models.IntegerField(default=0), "models.IntegerField(db_default=0, default=0)"),
        (models.BooleanField(default=False), "models.BooleanField(db_default=False, default=False)"),
        (models.PositiveIntegerField(default=1), "models.PositiveIntegerField(db_default=1, default=1)"),
        (models.JSONField(default=3), "models.JSONField(db_default=3, default=3)"),
        (models.CharField(max_length=3, default=""), "models.CharField(db_default='', default='', max_length=3)"),
        (models.CharField(max_length=3, blank=True), "models.CharField(blank=True, db_default='', max_length=3)"),
        (models.BinaryField(blank=True), "models.BinaryField(blank=True, db_default=b'')"),
        (
            models.IntegerField(default=1, db_column="y", db_index=True),
            "models.IntegerField(db_column='y', db_default=1, db_index=True, default=1)",
        ),
    ],
)
def test_r2_the_database_takes_over_a_constant_default(field: AnyField, kept: str) -> None:
    assert removed(field) == [f"expand: AlterField order.x {kept}", DROP]


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        (models.UUIDField(default=uuid.uuid4), "models.UUIDField(default=uuid.uuid4, null=True)"),
        (models.UUIDField(), "models.UUIDField(null=True)"),
        (models.JSONField(default=dict), "models.JSONField(default=dict, null=True)"),
        (models.DateField(auto_now_add=True), "models.DateField(auto_now_add=True, null=True)"),
        (models.IntegerField(unique=True, default=1), "models.IntegerField(default=1, null=True, unique=True)"),
        (
            models.CharField(max_length=3, unique=True, blank=True),
            "models.CharField(blank=True, max_length=3, null=True, unique=True)",
        ),
        (models.SlugField(unique=True), "models.SlugField(null=True, unique=True)"),
    ],
)
def test_r3_without_a_default_that_many_rows_can_share_null_is_allowed(field: AnyField, kept: str) -> None:
    said = "" if field.null else f" {MAY_READ_NULL}"
    assert removed(field) == [f"expand: AlterField order.x {kept}{said}", DROP]


def test_r3_a_default_that_would_be_a_duplicate_goes_once_null_is_allowed() -> None:
    """Old code relies on it until it is gone."""
    last = "expand: AlterField order.x models.IntegerField(null=True, unique=True)"
    assert removed(models.IntegerField(unique=True, db_default=3)) == [
        f"expand: AlterField order.x models.IntegerField(db_default=3, null=True, unique=True) {MAY_READ_NULL}",
        last,
        DROP,
    ]
    assert removed(models.IntegerField(unique=True, null=True, db_default=3)) == [last, DROP]


@pytest.mark.parametrize(
    ("field", "zero"),
    [
        (models.IntegerField(), "0"),
        (models.CharField(max_length=3), "''"),
        (models.BooleanField(), "False"),
        (models.PositiveIntegerField(), "0"),
    ],
)
def test_r3_the_author_may_have_nothing_instead_of_null(field: AnyField, zero: str) -> None:
    lines = removed(field)
    assert lines[:2] == ["asked: shop.order.x.new_rows", "1. NULL"]
    assert "null=True" in lines[2]
    assert lines[2].endswith(MAY_READ_NULL)
    assert lines[4] == f"2. {zero}"
    assert f"db_default={zero}" in lines[5]
    assert lines[3] == lines[6] == DROP


CASCADE = "on_delete=django.db.models.deletion.CASCADE, to='shop.order'"


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        (
            models.ForeignKey("shop.Order", models.CASCADE),
            f"ForeignKey(db_constraint=False, null=True, {CASCADE}) {MAY_READ_NULL}",
        ),
        (
            models.ForeignKey("shop.Order", models.CASCADE, null=True),
            f"ForeignKey(db_constraint=False, null=True, {CASCADE})",
        ),
        (
            models.ForeignKey("shop.Order", models.CASCADE, default=1),
            f"ForeignKey(db_constraint=False, db_default=1, default=1, {CASCADE})",
        ),
        (
            models.OneToOneField("shop.Order", models.CASCADE),
            f"OneToOneField(db_constraint=False, null=True, {CASCADE}) {MAY_READ_NULL}",
        ),
        (models.ManyToManyField("shop.Order"), "ManyToManyField(db_constraint=False, to='shop.order')"),
    ],
)
def test_r4_r5_the_constraint_goes_first(field: AnyField, kept: str) -> None:
    """Trap 34: new code deletes what the field refers to, and does not know of it."""
    assert removed(field) == [f"expand: AlterField order.x models.{kept}", DROP]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete in the database came with Django 6.1")
def test_r4_what_the_database_deletes_for_old_code_is_said() -> None:
    """With the constraint it would delete rows that new code keeps."""
    expand, _ = removed(models.ForeignKey("shop.Order", models.DB_CASCADE, null=True))
    assert "db_constraint=False" in expand
    assert expand.endswith("[from then on DB_CASCADE of order.x does nothing any more: old code counts on it]")


@pytest.mark.parametrize(
    "field",
    [
        models.ForeignKey("shop.Order", models.CASCADE, null=True, db_constraint=False),
        models.ManyToManyField("shop.Order", db_constraint=False),
    ],
)
def test_r4_r5_without_a_constraint_there_is_nothing_to_prepare(field: AnyField) -> None:
    assert removed(field) == [DROP]


def test_r5_through_a_model_of_its_own_is_nothing_in_the_database() -> None:
    field = models.ManyToManyField("shop.Order", through="shop.Order")
    assert removed(field) == ["expand: Remove field x from order [may wait]"]


def test_a_primary_key_is_refused() -> None:
    before = model("Order", id=models.IntegerField(), x=models.CharField(max_length=3, primary_key=True))
    assert parts(RemoveField("order", "x"), before) == ["refused: shop.order.x is the primary key."]


def test_a_field_that_cannot_be_rebuilt_is_refused() -> None:
    assert removed(Stubborn()) == ["refused: shop.order.x: Remove field x from order"]
