"""A foreign key whose rules change, or do not: Django drops it and makes it again whenever its field changes."""

from __future__ import annotations

import re

import pytest
from django.db import connection, models
from django.db.migrations import AlterField, Migration
from django.db.migrations.state import ModelState, ProjectState
from django.db.transaction import atomic

from django_safemigrate.compile.operations import compile_migration
from tests.support.database import execute, rows
from tests.support.project import Project

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]


def steps(old: models.Field, new: models.Field) -> list[str]:  # type: ignore[type-arg]
    key = ("id", models.BigAutoField(primary_key=True))
    state = ProjectState(
        {
            ("shop", "customer"): ModelState("shop", "Customer", [key]),
            ("shop", "order"): ModelState("shop", "Order", [key, ("by", old)]),
        }
    )
    with connection.schema_editor() as editor:
        for name in ("customer", "order"):
            editor.create_model(state.apps.get_model("shop", name))
    migration = type("Migration", (Migration,), {"operations": [AlterField("order", "by", new)]})("0002", "shop")
    return [step.sql for _, steps in compile_migration(migration, state, connection) for step in steps]


def test_the_same_key_is_left_alone() -> None:
    """Null changes, the key does not: without this, VALIDATE would read the whole table for nothing."""
    found = steps(
        models.ForeignKey("shop.Customer", models.CASCADE),
        models.ForeignKey("shop.Customer", models.CASCADE, null=True),
    )
    assert found == ['ALTER TABLE "shop_order" ALTER COLUMN "by_id" DROP NOT NULL']


@pytest.mark.skipif(not hasattr(models, "DB_CASCADE"), reason="on_delete in the database came with Django 6.1")
def test_the_new_key_is_proved_before_the_old_one_goes() -> None:
    found = steps(
        models.ForeignKey("shop.Customer", models.CASCADE),
        models.ForeignKey("shop.Customer", models.DB_CASCADE),
    )
    assert [sql.replace('ALTER TABLE "shop_order" ', "") for sql in found] == [
        'RENAME CONSTRAINT "shop_order_by_id_9b7d91dd_fk_shop_customer_id" '
        'TO "safemigrate_old_shop_order_by_id_9b7d91dd_fk_shop_customer_id"',
        'ADD CONSTRAINT "shop_order_by_id_9b7d91dd_fk_shop_customer_id" FOREIGN KEY ("by_id") '
        'REFERENCES "shop_customer" ("id") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID',
        'VALIDATE CONSTRAINT "shop_order_by_id_9b7d91dd_fk_shop_customer_id"',
        'DROP CONSTRAINT "safemigrate_old_shop_order_by_id_9b7d91dd_fk_shop_customer_id"',
    ]


def test_the_key_of_a_new_column_comes_after_its_index_and_reads_no_rows(live: Project) -> None:
    """One statement with REFERENCES would wait for both tables before the index can be begun."""
    live.write("0002_tag", 'migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),')
    live.safemigrate()
    execute(
        "INSERT INTO shop_order (number, status, gift, coupon) SELECT n, 'new', false, '' FROM generate_series(1, 30000) n"
    )
    execute("ANALYZE shop_order")
    live.write(
        "0003_key",
        'migrations.AddField("order", "tag", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),',
        safe="Safe.before_deploy()",
    )
    output = live.safemigrate()
    steps = re.findall(r"^ +[\d.]+ s +\d+\. (\w+ \w+)", output, re.MULTILINE)
    assert steps == ["Add column", "Build index", "Add foreign", "Prove foreign"]
    # What VALIDATE asks, as the server asks it in the transaction of the step.
    setting = "SET LOCAL enable_seqscan = off"
    assert f"{setting};" in output
    with atomic():
        execute(setting)
        plan = "\n".join(
            line
            for (line,) in rows(
                "EXPLAIN SELECT fk.tag_id FROM ONLY shop_order fk LEFT OUTER JOIN ONLY shop_tag pk ON pk.id = fk.tag_id "
                "WHERE pk.id IS NULL AND fk.tag_id IS NOT NULL"
            )
        )
    assert "Seq Scan on shop_order" not in plan, plan
