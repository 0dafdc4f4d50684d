from __future__ import annotations

import uuid

import pytest
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.migrations.operations import RemoveField
from django.db.models import F
from django.db.models.functions import Now

from tests.decisions.states import AnyField, Stubborn, model, parts

DROP = "contract: Remove field x from order"


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
        (models.IntegerField(), "models.IntegerField(null=True)"),
        (models.CharField(max_length=3), "models.CharField(max_length=3, null=True)"),
        (models.UUIDField(default=uuid.uuid4), "models.UUIDField(default=uuid.uuid4, null=True)"),
        (models.JSONField(default=dict), "models.JSONField(default=dict, null=True)"),
        (models.DateField(auto_now_add=True), "models.DateField(auto_now_add=True, null=True)"),
        (models.IntegerField(unique=True, default=1), "models.IntegerField(default=1, null=True, unique=True)"),
        (
            models.CharField(max_length=3, unique=True, blank=True),
            "models.CharField(blank=True, max_length=3, null=True, unique=True)",
        ),
        (models.IntegerField(unique=True, db_default=3), "models.IntegerField(null=True, unique=True)"),
        (models.IntegerField(unique=True, null=True, db_default=3), "models.IntegerField(null=True, unique=True)"),
        (models.SlugField(unique=True), "models.SlugField(null=True, unique=True)"),
    ],
)
def test_r3_without_a_default_that_many_rows_can_share_null_is_allowed(field: AnyField, kept: str) -> None:
    said = "" if field.null else " [until it is dropped, old code may read NULL in order.x]"
    assert removed(field) == [f"expand: AlterField order.x {kept}{said}", DROP]


@pytest.mark.parametrize(
    "field",
    [
        models.ForeignKey("shop.Order", models.CASCADE),
        models.ForeignKey("shop.Order", models.CASCADE, null=True),
        models.OneToOneField("shop.Order", models.CASCADE),
        models.ManyToManyField("shop.Order"),
    ],
)
def test_r4_and_r5_relations_go_through_as_django_writes_them(field: AnyField) -> None:
    assert removed(field) == [f"{DROP} [not yet made safe]"]


def test_a_primary_key_goes_through_as_django_writes_it() -> None:
    before = model("Order", id=models.IntegerField(), x=models.CharField(max_length=3, primary_key=True))
    assert parts(RemoveField("order", "x"), before) == [f"{DROP} [not yet made safe]"]


def test_a_field_that_cannot_be_rebuilt_goes_through_as_django_writes_it() -> None:
    (part,) = removed(Stubborn())
    assert part.endswith("[not yet made safe]")
