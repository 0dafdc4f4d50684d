"""RunSQL that changes what the models of the migrations know, and does not tell them."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterModelTable,
    DeleteModel,
    RemoveField,
    RenameField,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.linting.checks.apart import apart
from django_safemigrate.values.findings import Finding
from tests.linting.sql.support import inspect, shop

pytest.importorskip("postgast")


def found(*operations: Operation, before: ProjectState | None = None) -> list[Finding]:
    return list(apart(inspect(list(operations), before=before)))


def order() -> ProjectState:
    state = shop()
    state.models["shop", "order"].fields["customer"] = models.ForeignKey("shop.Customer", models.CASCADE, null=True)
    return state


TEXT = models.TextField(null=True)
REMARK = models.TextField(null=True, db_column="remark")
# What is sent, the missing operation on the state, and the table.
APART: list[tuple[Any, str]] = [
    ("ALTER TABLE shop_order DROP COLUMN note", 'migrations.RemoveField("order", "note")'),
    ("ALTER TABLE public.shop_order DROP COLUMN IF EXISTS customer_id", 'migrations.RemoveField("order", "customer")'),
    ("ALTER TABLE shop_order ADD COLUMN extra int", 'migrations.AddField("order", "extra", ...)'),
    (
        "ALTER TABLE shop_order RENAME note TO remark",
        'migrations.AlterField("order", "note", ...)  # db_column="remark"',
    ),
    ("ALTER TABLE shop_order ALTER note SET NOT NULL", 'migrations.AlterField("order", "note", ...)'),
    ("ALTER TABLE shop_order ALTER name DROP NOT NULL", 'migrations.AlterField("order", "name", ...)'),
    ("ALTER TABLE shop_order ALTER name TYPE varchar(9)", 'migrations.AlterField("order", "name", ...)  # varchar(9)'),
    ("ALTER TABLE shop_order ALTER customer_id TYPE int", 'migrations.AlterField("order", "customer", ...)  # integer'),
    ("DROP TABLE shop_order", 'migrations.DeleteModel("Order")'),
    ("ALTER TABLE shop_order RENAME TO orders", 'migrations.AlterModelTable("order", "orders")'),
    (
        ["SELECT 1", "ALTER TABLE shop_order ADD n int; ALTER TABLE shop_order DROP note, DROP n"],
        'migrations.RemoveField("order", "note")',
    ),
]


@pytest.mark.parametrize(("sql", "instead"), APART)
def test_what_the_models_do_not_know(sql: Any, instead: str) -> None:
    (finding,) = found(RunSQL("SELECT 1"), RunSQL(sql), before=order())
    assert (finding.code.code, finding.operation, finding.table) == ("SM410", "1", "shop_order")
    assert finding.instead == f"migrations.RunSQL(..., state_operations=[{instead}])"


def test_the_fact() -> None:
    (finding,) = found(RunSQL("ALTER TABLE shop_order DROP COLUMN note"))
    assert finding.fact == "RunSQL drops column shop_order.note, and the models of the migrations do not know of it."
    (finding,) = found(RunSQL("ALTER TABLE shop_order RENAME TO orders"))
    assert finding.fact.startswith("RunSQL renames table shop_order to orders, ")


KNOWN: list[tuple[str, Operation]] = [
    ("ALTER TABLE shop_order DROP COLUMN note", RemoveField("order", "note")),
    ("ALTER TABLE shop_order ADD COLUMN extra text", AddField("order", "extra", TEXT)),
    ("ALTER TABLE shop_order RENAME note TO remark", RenameField("order", "note", "remark")),
    ("ALTER TABLE shop_order RENAME note TO remark", AlterField("order", "note", REMARK)),
    ("ALTER TABLE shop_order ALTER note SET NOT NULL", AlterField("order", "note", models.TextField())),
    ("ALTER TABLE shop_order ALTER name TYPE text", AlterField("order", "name", models.TextField())),
    ("DROP TABLE shop_order", DeleteModel("Order")),
    ("ALTER TABLE shop_order RENAME TO orders", AlterModelTable("order", "orders")),
]


@pytest.mark.parametrize(("sql", "state"), KNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_what_they_are_told(sql: str, state: Operation) -> None:
    assert found(RunSQL(sql)) != []
    assert found(RunSQL(sql, state_operations=[state])) == []
    assert found(SeparateDatabaseAndState([RunSQL(sql)], [state])) == []
    assert found(RunSQL(sql), SeparateDatabaseAndState(state_operations=[state])) == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON shop_order (note)",
        "ALTER TABLE shop_order ALTER note SET DEFAULT '', ALTER note SET STATISTICS 1000, SET (fillfactor = 70)",
        "ALTER TABLE shop_order ADD CONSTRAINT c CHECK (total > 0) NOT VALID",
        "COMMENT ON COLUMN shop_order.note IS 'what the customer said'",
        "ALTER TABLE shop_order ALTER note TYPE text, ALTER name SET NOT NULL, ALTER id DROP NOT NULL",
        "ALTER TABLE shop_order ADD COLUMN IF NOT EXISTS note text",
        "ALTER TABLE shop_order RENAME note TO other; ALTER TABLE shop_order RENAME other TO note",
        "ALTER TABLE shop_order ADD n text; ALTER TABLE shop_order DROP note; ALTER TABLE shop_order RENAME n TO note",
        "CREATE TABLE o (LIKE shop_order); DROP TABLE shop_order; ALTER TABLE o RENAME TO shop_order",
        "DROP TABLE shop_order; CREATE TABLE shop_order AS SELECT 1",
        "ALTER TABLE archive.shop_order DROP COLUMN note; DROP TABLE archive.shop_order, somebody_elses",
        "ALTER TABLE somebody_elses ADD COLUMN n int",
        "ALTER INDEX by_note RENAME TO note_index; ALTER VIEW v RENAME TO w",
        "what does not parse",
    ],
)
def test_what_is_no_matter_of_the_models(sql: str) -> None:
    assert found(RunSQL(sql)) == []


def test_what_djangos_own_operations_do_behind_it() -> None:
    drop = RunSQL("ALTER TABLE shop_order DROP COLUMN note")
    assert found(drop, RemoveField("order", "total"), AddField("order", "total", TEXT)) != []
    assert found(RunSQL("ALTER TABLE shop_order DROP total"), AlterField("order", "total", models.IntegerField())) == []
    assert found(RunSQL("ALTER TABLE shop_order ADD n int"), RenameField("order", "note", "n")) == []
    assert found(drop, AlterModelTable("order", "orders")) == []


def test_a_column_that_orders_rows() -> None:
    state = shop()
    state.models["shop", "order"].options["order_with_respect_to"] = "customer"
    assert found(RunSQL('ALTER TABLE shop_order ADD "_order" int'), before=state) == []
    assert found(RunSQL('ALTER TABLE shop_order ADD "_order" int')) != []


def test_a_model_whose_table_is_managed_elsewhere() -> None:
    state = shop()
    state.models["shop", "order"].options["managed"] = False
    assert found(RunSQL("ALTER TABLE shop_order DROP COLUMN note"), before=state) == []


def test_operations_that_do_not_fit_the_models() -> None:
    assert found(RunSQL("ALTER TABLE shop_order DROP COLUMN note"), RemoveField("order", "gone")) != []


def test_without_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "postgast", None)
    assert found(RunSQL("ALTER TABLE shop_order DROP COLUMN note")) == []
