"""Traps of names: too long ones, the columns of foreign keys, and what stands in the place of a table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import models
from django.db.migrations import AddField, AlterField
from django.db.models import CASCADE

from tests.compile.runs import changes, executed, names, observed
from tests.compile.shop import change, model
from tests.support.database import rows

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]

# Names that only differ where the server cuts them off, or Django shortens them.
LONG = "a_column_whose_name_is_nearly_as_long_as_postgresql_allows__"


def test_long_names_do_not_become_one() -> None:
    """Trap 47: of the checks, keys and indexes that are made for them, and of the check that proves NOT NULL."""
    before = [
        model(
            "Thing",
            b=models.IntegerField(),
            **{f"{LONG}{n}": models.CharField(max_length=9, null=True) for n in (1, 2)},
        )
    ]
    numbers: list[Any] = [
        AddField("thing", f"{LONG}{n}", models.PositiveIntegerField(null=True, unique=True)) for n in (3, 4)
    ]
    keys: list[Any] = [
        AddField("thing", f"{LONG}{n}", models.ForeignKey("shop.Order", CASCADE, null=True, related_name="+"))
        for n in (5, 6)
    ]
    text = models.CharField(max_length=20, default="", db_index=True)
    changed: list[Any] = [AlterField("thing", f"{LONG}{n}", text) for n in (1, 2)]
    rows_of = f"INSERT INTO shop_thing (b, {LONG}1, {LONG}2) VALUES (1, NULL, NULL), (2, 'a', 'b')"
    steps = executed(change("long", *numbers, *keys, *changed, before=before, rows=rows_of))
    assert max(len(name.encode()) for [name] in rows("SELECT relname::text FROM pg_class")) <= 63
    found = dict(
        rows("SELECT contype::text, count(*) FROM pg_constraint WHERE conrelid = 'shop_thing'::regclass GROUP BY 1")
    )
    assert {kind: found[kind] for kind in "cfu"} == {"c": 2, "f": 2, "u": 2}
    assert rows(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'shop_thing'::regclass AND attnotnull AND attnum > 2"
    ) == [(2,)]
    times = Counter(step.sql for step in steps)
    counted = {sql: times.pop(sql) for sql in list(times) if sql.startswith("ANALYZE ")}
    assert list(counted.values()) == [2, 2]  # each column after the type, and after the fill
    assert set(times.values()) == {1}


def test_the_column_of_a_foreign_key_has_the_name_that_the_model_gives_it() -> None:
    """Trap 48: ``db_column``, also where it looks like another field's attribute."""
    key = models.ForeignKey("shop.Customer", CASCADE, default=1, db_column="Who", related_name="+")
    steps = executed(change("key", AddField("order", "buyer", key)))
    assert all('"Who"' in step.sql or "VALIDATE" in step.sql for step in steps)
    assert rows(
        "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
        "WHERE c.contype = 'f' AND c.conrelid = 'shop_order'::regclass ORDER BY 1"
    ) == [("Who",), ("customer_id",)]


def test_a_foreign_key_without_a_constraint_gets_none() -> None:
    """Trap 48."""
    executed(changes()["foreign key without a constraint"])
    assert rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'shop_order'::regclass") == [
        (1,)
    ]


def test_nothing_is_ever_put_in_the_place_of_a_table() -> None:
    """Trap 51: behind an updatable view GROUP BY on the primary key fails, so there is none."""
    some = [name for name in names() if "renamed" in name or "table" in name.split(":")[0]]
    assert some
    assert not [one.step for name in some for one in observed(name) if "VIEW" in one.step.sql.upper()]


def test_the_database_keeps_a_default_until_another_migration_takes_it() -> None:
    """Trap 33: code that does not know the column goes on inserting, until the deploy is over."""
    kept = executed(changes()["column with a constant default"])
    assert not [step for step in kept if "DROP DEFAULT" in step.sql]
    taken = executed(changes()["default dropped"])
    assert [step.sql for step in taken] == ['ALTER TABLE "shop_thing" ALTER COLUMN "a" DROP DEFAULT']
