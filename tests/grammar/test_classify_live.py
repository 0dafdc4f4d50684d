"""The grammar's lock table is held to a real server: in an open transaction, ``pg_locks`` is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from django.db import connection

from django_safemigrate.grammar.classify import classify
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation
from django_safemigrate.values.locks import LockMode
from tests.grammar.cases import CASES, SINCE
from tests.grammar.server import SCHEMA, Locks, locks_of, locks_of_concurrent
from tests.support.database import execute, new_database

pytestmark = [pytest.mark.postgres]


def in_public(locks: Mapping[Relation, LockMode]) -> Locks:
    return {Relation(each.name, each.schema or "public"): mode for each, mode in locks.items()}


@pytest.fixture(scope="module")
def tables(django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One database for all that is taken back."""
    with django_db_blocker.unblock(), new_database(tmp_path_factory.mktemp("tables")):  # type: ignore[attr-defined]
        execute(SCHEMA)
        yield


def check(sql: str, not_in_text: Locks, taken: tuple[Locks, Locks]) -> None:
    tables, others = taken
    statement = classify(sql)
    named, beside, hidden = map(in_public, (statement.locks, statement.beside, not_in_text))
    assert not set(hidden) & set(named)
    assert tables == {**named, **hidden}
    assert {each: mode for each, mode in others.items() if each in beside} == beside


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("sql", [sql for sql in CASES if not classify(sql).concurrently])
def test_the_server_takes_the_locks_that_the_grammar_names(sql: str) -> None:
    since = max(SINCE.get(kind, 0) for kind in classify(sql).kinds)
    connection.ensure_connection()
    if connection.pg_version < since * 10000:  # type: ignore[attr-defined]
        pytest.skip(f"PostgreSQL {since} has this")
    check(sql, CASES[sql], locks_of(sql))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("sql", [sql for sql in CASES if classify(sql).concurrently])
def test_the_same_of_statements_without_a_transaction(sql: str) -> None:
    execute(SCHEMA)
    check(sql, CASES[sql], locks_of_concurrent(sql, "UPDATE t SET c = ''; UPDATE p1 SET a = 1"))


def test_every_kind_is_held_to_the_server() -> None:
    shown = {kind for sql in CASES for kind in classify(sql).kinds}
    assert set(Kind) - shown == {Kind.OTHER}
