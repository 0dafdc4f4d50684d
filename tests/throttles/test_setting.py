"""``SAFEMIGRATE["THROTTLE"]``: every number, with its unit; and what cannot be read."""

from __future__ import annotations

import ast
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_safemigrate.checks import check_settings
from django_safemigrate.doing.backfill.throttles import callables_of
from django_safemigrate.values import throttling
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.settings import read_settings
from django_safemigrate.values.sizes import format_bytes, parse_bytes
from django_safemigrate.values.throttling import ThrottleLimits
from tests.test_docs import DOCS, blocks, section, table

HINT = "Correct SAFEMIGRATE in your settings; docs/settings.md lists the keys."


def limits(value: object) -> ThrottleLimits:
    with override_settings(SAFEMIGRATE={"THROTTLE": value}):
        return read_settings().throttle


def refusal(value: object) -> str:
    with pytest.raises(UsageError) as refused:
        limits(value)
    return str(refused.value)


def test_by_default_replicas_and_the_archiver_count() -> None:
    assert read_settings().throttle == limits({}) == ThrottleLimits(replica_lag=10.0, wal_to_archive=64)


def test_none_asks_nothing() -> None:
    assert limits(None) == ThrottleLimits(replica_lag=None, wal_to_archive=None)


def test_every_limit_has_its_unit() -> None:
    value = {
        "REPLICA_LAG": "2s",
        "REPLICA_LAG_BYTES": "16MB",
        "WAL_TO_ARCHIVE": 8,
        "SNAPSHOT_AGE": timedelta(minutes=5),
        "SNAPSHOT_TRANSACTIONS": 1_000_000,
        "AUTOVACUUM": True,
        "ACTIVE_SESSIONS": 20,
        "QUERIES": "SELECT true",
        "CALLABLES": ["shop.throttles.busy"],
        "INTERVAL": "500ms",
    }
    assert limits(value) == ThrottleLimits(
        2.0, 16 * 1024**2, 8, 300.0, 1_000_000, True, 20, ("SELECT true",), ("shop.throttles.busy",), 0.5
    )


def test_a_limit_is_switched_off_with_none() -> None:
    assert limits({"REPLICA_LAG": None, "WAL_TO_ARCHIVE": None}) == limits(None)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "REPLICA_LAG",
            "soon",
            "'soon' is not a duration; write for example 20ms, 1.5s, 10m or 2h.\nIt is how far behind",
        ),
        ("REPLICA_LAG_BYTES", "16 parsecs", "'16 parsecs' is not a size; write for example 512kB, 64MB or 1GB.\nIt is"),
        ("REPLICA_LAG_BYTES", True, "True is not a size"),
        ("REPLICA_LAG_BYTES", [], "[] is not a size"),
        ("WAL_TO_ARCHIVE", "64", "'64' is not a number; write for example 50.\nIt is how many files of WAL"),
        ("ACTIVE_SESSIONS", -1, "-1 is not a number"),
        ("ACTIVE_SESSIONS", True, "True is not a number"),
        ("AUTOVACUUM", 1, "1 is neither True nor False.\nIt is whether to wait"),
        ("QUERIES", [3], "[3] is neither a text nor a list of texts.\nIt is a query whose"),
        ("QUERIES", " ", "' ' is neither a text nor a list of texts"),
        (
            "CALLABLES",
            "busy",
            "'busy' is not a dotted path; write for example 'shop.throttles.queue_is_long'.\nIt is the",
        ),
        ("CALLABLES", ["shop.busy()"], "'shop.busy()' is not a dotted path"),
    ],
)
def test_a_limit_that_cannot_be_read(key: str, value: Any, said: str) -> None:
    text = refusal({key: value})
    assert text.startswith(f"SAFEMIGRATE['THROTTLE'][{key!r}]: {said}")
    assert text.endswith(HINT)


def test_an_unknown_limit_is_told_the_one_that_was_meant() -> None:
    assert refusal({"REPLICALAG": 1}).splitlines() == [
        "SAFEMIGRATE['THROTTLE'] has an unknown key 'REPLICALAG'. Did you mean 'REPLICA_LAG'?",
        "The keys are REPLICA_LAG, REPLICA_LAG_BYTES, WAL_TO_ARCHIVE, SNAPSHOT_AGE, SNAPSHOT_TRANSACTIONS, AUTOVACUUM, "
        "ACTIVE_SESSIONS, QUERIES, CALLABLES, INTERVAL.",
        HINT,
    ]
    assert refusal({"COLOUR": 1}).startswith("SAFEMIGRATE['THROTTLE'] has an unknown key 'COLOUR'.\n")


def test_a_throttle_that_is_no_dict() -> None:
    assert refusal(7).startswith("SAFEMIGRATE['THROTTLE'] is 7.\nIt is a dict of limits")


def test_a_function_that_is_not_there_is_a_system_check_error() -> None:
    with override_settings(SAFEMIGRATE={"THROTTLE": {"CALLABLES": "tests.throttles.nothing.busy"}}):
        with pytest.raises(UsageError, match=r"has 'tests.throttles.nothing.busy', which cannot be imported"):
            callables_of(read_settings().throttle)
        [error] = check_settings()
    assert error.id == "django_safemigrate.E001"


def test_the_page_has_the_limits_of_the_code() -> None:
    rows = table(section("docs/throttling.md", "## The limits"))
    assert [row[0] for row in rows] == list(throttling._READERS)
    assert limits({key: ast.literal_eval(default) for key, default, _ in rows}) == ThrottleLimits()


def test_the_examples_of_the_page_can_be_read() -> None:
    examples = [block for block in blocks(DOCS / "throttling.md", "python") if "SAFEMIGRATE" in block]
    assert len(examples) == 2
    for block in examples:
        names: dict[str, Any] = {}
        exec(block, names)
        assert limits(names["SAFEMIGRATE"]["THROTTLE"]) != ThrottleLimits()


@given(st.integers(1, 10**15))
def test_sizes_are_read_as_they_are_written(count: int) -> None:
    assert parse_bytes(count) == count
    said = parse_bytes(format_bytes(count).replace(" bytes", ""))
    assert abs(said - count) <= 0.05 * count
