"""Traps of indexes and constraints, on tables with rows; what they are is in each test's first line."""

from __future__ import annotations

import pytest

from django_safemigrate.values.steps import Work
from tests.compile import runs
from tests.compile.changes import unique
from tests.compile.runs import changes, executed, prepared
from tests.support.database import rows

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]


@pytest.mark.parametrize("name", [change.name for change in unique.CHANGES if "dropped" not in change.name])
def test_a_unique_constraint_is_stocks(name: str) -> None:
    """Trap 15: INCLUDE, opclasses, DEFERRABLE (both kinds), NULLS NOT DISTINCT and conditions survive, in their order."""
    if name not in runs.names():
        pytest.skip("the server cannot do it")
    prepared(changes()[name], backwards=True)
    stock = runs.catalog()
    executed(changes()[name])
    assert runs.catalog() == stock


def test_no_index_of_a_partitioned_table_is_built_concurrently() -> None:
    """Trap 18: the server refuses; so partition by partition, and then put together."""
    steps = executed(changes()["partitioned table: index"])
    built = [step.sql.partition(" ON ")[2].split()[0] for step in steps if step.work is Work.INDEX_BUILD]
    assert built == ['"thing_1"', '"thing_2a"']
    assert rows("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'shop_thing'::regclass") == [(True,)]


@pytest.mark.parametrize("direction", ["from", "to"])
def test_a_foreign_key_and_a_partitioned_table(direction: str) -> None:
    """Trap 18: NOT VALID is refused for keys of a partitioned table before PostgreSQL 18.

    Of a key to one, those versions never mark the parts that are about the partitions; it is the key itself that counts.
    """
    executed(changes()[f"partitioned table: foreign key {direction} it"])
    table = "shop_thing" if direction == "from" else "shop_order"
    keys = f"FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conrelid = '{table}'::regclass"
    assert rows(f"SELECT bool_and(convalidated) {keys}") == [(True,)]


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("indexes on a text column", "shop_thing_a_aa1cd8fa_like"),
        ("unique on a text column", "shop_thing_a_aa1cd8fa_like"),
        ("text column with indexes", "shop_order_a_53a90981_like"),
        ("unique text column", "shop_order_a_53a90981_like"),
    ],
)
def test_the_second_index_of_text(name: str, like: str) -> None:
    """Trap 19: for LIKE 'x%', which the first one does not serve."""
    steps = executed(changes()[name])
    assert [step.work for step in steps if f'"{like}"' in step.sql] == [Work.INDEX_BUILD]
    found = rows("SELECT pg_get_indexdef(to_regclass(%s))", [like])
    assert found[0][0].endswith("USING btree (a varchar_pattern_ops)")


def test_the_second_index_of_text_goes_with_the_first() -> None:
    """Trap 19, the way back."""
    change = changes()["unique on a text column"]
    prepared(change)
    before = runs.catalog()
    executed(change, backwards=True)
    assert runs.catalog() == before


def test_the_build_is_one_for_which_nobody_waits() -> None:
    """Trap 17, and why a build may wait for its lock: SHARE UPDATE EXCLUSIVE stops no reader and no writer."""
    builds = [
        step for name in ("index", "unique constraint") for step in executed(changes()[name]) if not step.transactional
    ]
    assert builds
    assert not [step for step in builds for lock in step.locks if lock.mode.makes_others_wait]
