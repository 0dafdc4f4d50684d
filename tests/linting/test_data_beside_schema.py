"""Code in the transaction of an alteration: which of the two comes first decides what is locked meanwhile."""

from __future__ import annotations

from django.db import models
from django.db.migrations.operations import AddField, RunPython

from django_safemigrate.linting.checks.atomic import data_and_schema
from tests.linting.sql.support import inspect

CODE = RunPython(lambda apps, schema_editor: None)
GIFT = AddField("order", "gift", models.BooleanField(null=True))
DEFERRED = "And rows with deferred constraints make the server refuse the alteration."


def test_code_behind_an_alteration_works_under_its_lock() -> None:
    (found,) = data_and_schema(inspect([GIFT, CODE]))
    assert (found.code.code, found.operation, found.table) == ("SM404", "1", "shop_order")
    assert found.why == (
        "The locks of a transaction last until its end: while the code works on rows, shop_order stays locked, and nobody "
        f"else can read it. {DEFERRED}"
    )


def test_code_before_an_alteration_keeps_its_rows() -> None:
    (found,) = data_and_schema(inspect([CODE, GIFT]))
    assert (found.code.code, found.operation) == ("SM404", "0")
    assert found.why == (
        "The rows that the code has changed stay locked until shop_order is altered, which may have to wait for its lock. "
        f"{DEFERRED}"
    )


def test_code_alone_is_beside_nothing() -> None:
    assert list(data_and_schema(inspect([CODE, CODE]))) == []


def test_without_a_transaction_nothing_is_kept() -> None:
    assert list(data_and_schema(inspect([GIFT, CODE], atomic=False))) == []
