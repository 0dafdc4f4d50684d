"""RunSQL of several texts without a transaction: which of them can be sent a second time."""

from __future__ import annotations

import pytest
from django.db.migrations.operations import RunSQL

from django_safemigrate.linting.checks.half_done import half_done_sql
from tests.linting.sql.support import inspect

LAST = "CREATE TABLE shop_visit (id bigint)"

ONCE = [
    "CREATE TABLE shop_label (id bigint)",
    "CREATE INDEX CONCURRENTLY order_total ON shop_order (total)",
    "ALTER TABLE shop_order ADD COLUMN gift boolean",
    "ALTER TABLE shop_order ADD CONSTRAINT order_total CHECK (total >= 0) NOT VALID",
    "ALTER TABLE shop_order DROP COLUMN note",
    "ALTER TABLE shop_order RENAME TO shop_purchase",
    "ALTER TYPE order_state ADD VALUE 'sent'",
    "CREATE VIEW shop_sales AS SELECT id FROM shop_order",
    "DROP VIEW shop_sales",
    "CREATE TYPE order_state AS ENUM ('new')",
]
AGAIN = [
    "CREATE TABLE IF NOT EXISTS shop_label (id bigint)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS order_total ON shop_order (total)",
    "ALTER TABLE shop_order ADD COLUMN IF NOT EXISTS gift boolean, DROP COLUMN IF EXISTS note",
    "ALTER TABLE shop_order ALTER COLUMN total SET DEFAULT 0",
    "ALTER TABLE shop_order VALIDATE CONSTRAINT order_total",
    "ALTER TYPE order_state ADD VALUE IF NOT EXISTS 'sent'",
    "CREATE OR REPLACE VIEW shop_sales AS SELECT id FROM shop_order",
    "DROP VIEW IF EXISTS shop_sales",
    "UPDATE shop_order SET total = 0 WHERE total IS NULL",
    "SET lock_timeout = '50ms'",
    "what does not parse",
]


@pytest.mark.parametrize("text", ONCE)
def test_what_fails_the_second_time(text: str) -> None:
    (found,) = half_done_sql(inspect([RunSQL([text, LAST])], atomic=False))
    assert (found.code.code, found.operation) == ("SM409", "0")
    assert found.fact.startswith(
        f"RunSQL sends 2 texts without a transaction, and cannot send this one twice: {text[:50]}"
    )


@pytest.mark.parametrize("text", AGAIN)
def test_what_can_be_sent_again(text: str) -> None:
    assert list(half_done_sql(inspect([RunSQL([text, LAST])], atomic=False))) == []


def test_one_text_is_one_transaction() -> None:
    assert list(half_done_sql(inspect([RunSQL(f"{ONCE[0]}; {LAST}")], atomic=False))) == []


def test_an_atomic_migration_is_taken_back_as_a_whole() -> None:
    assert list(half_done_sql(inspect([RunSQL([ONCE[0], LAST])]))) == []


def test_of_several_operations_each_counts_by_itself() -> None:
    assert list(half_done_sql(inspect([RunSQL(ONCE[0]), RunSQL(LAST)], atomic=False))) == []
