"""Every kind of change by hand: the database after ``safemigrate`` is the one after ``migrate``, both ways.

By default the first case of each kind; ``SAME_END=1000`` runs them all, and as many random ones; ``SAME_END_PART=1/2`` every
second one.
"""

from __future__ import annotations

import os

import pytest
from django.db import connection

from tests.same_end.case import Case
from tests.same_end.cases import CASES
from tests.same_end.compare import History, Server, check
from tests.support.database import execute, rows

pytestmark = pytest.mark.postgres


FIRST = {case.name.partition(" ")[0]: case for case in reversed(CASES)}
CHOSEN = list(CASES if os.environ.get("SAME_END") else FIRST.values())
PART, PARTS = map(int, (os.environ.get("SAME_END_PART") or "1/1").split("/"))


@pytest.mark.parametrize("case", CHOSEN[PART - 1 :: PARTS], ids=lambda case: case.name.replace(" ", "-"))
def test_same_end(server: Server, empty: str, history: History, case: Case) -> None:
    history.write("0001_before", case.before)
    with server.database(empty) as start:
        with server.using(start):
            _skip_what_the_server_lacks(case)
            history.stock("0001_before")
            execute(case.rows)
        history.write("0002_change", case.change, atomic=case.atomic)
        if case.then:
            history.write("0003_then", case.then, atomic=case.atomic)
        check(server, history, start, empty=empty, volatile=case.volatile, back=case.back)


def test_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


def _skip_what_the_server_lacks(case: Case) -> None:
    if connection.pg_version < case.since * 10_000:  # type: ignore[attr-defined]
        pytest.skip(f"needs PostgreSQL {case.since}")
    available = {name for [name] in rows("SELECT name FROM pg_available_extensions")}
    if missing := set(case.needs) - available:
        pytest.skip(f"needs {', '.join(sorted(missing))}, which this server does not have")
