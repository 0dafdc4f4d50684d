"""What a backfill asks before each batch, on a real server: reasons, gaps that are said once, the user's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_safemigrate.doing.backfill import throttles
from django_safemigrate.doing.backfill.throttles import Throttle
from django_safemigrate.values.throttling import ThrottleLimits
from tests.poolers.connections import connected
from tests.support.database import another_session, execute, value
from tests.support.waiting import wait_for

pytestmark = pytest.mark.postgres

CALLS: list[dict[str, str]] = []
ANSWERS: list[object] = []


def busy(**arguments: str) -> object:
    """A throttle of the user's: what the test has put into ``ANSWERS``."""
    CALLS.append(arguments)
    answer = ANSWERS[-1] if ANSWERS else None
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture(autouse=True)
def forgotten() -> None:
    CALLS.clear()
    ANSWERS.clear()


class Asking:
    """A throttle, and the lines that it has told."""

    def __init__(self, **limits: Any) -> None:
        self.lines: list[str] = []
        off: dict[str, Any] = {"replica_lag": None, "wal_to_archive": None, "interval": 0.0}
        self.throttle = Throttle(connection, ThrottleLimits(**(off | limits)), '"t"', tell=self.lines.append)

    def reason(self) -> str:
        return self.throttle.reason()


@pytest.fixture
def asking(database: None) -> Iterator[type[Asking]]:
    made: list[Asking] = []

    class Made(Asking):
        def __init__(self, **limits: Any) -> None:
            super().__init__(**limits)
            made.append(self)

    yield Made
    for one in made:
        one.throttle.close()


def test_without_limits_nobody_is_asked(asking: type[Asking]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert asking().reason() == ""
    ours = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    )
    wait_for(lambda: value(ours) == 1)  # the server hears of a closed connection a moment later
    assert len(queries) == 0


def test_reasons_stand_in_one_line(asking: type[Asking]) -> None:
    ask = asking(active_sessions=0, snapshot_age=0.05, queries=("SELECT 'a report runs'",))
    with another_session(application_name="report") as session:
        session.execute("BEGIN")
        session.execute("SELECT txid_current()")
        time.sleep(0.1)
        said = ask.reason().split("; ")
        assert said[0].startswith("the transaction of pid ")
        assert said[-1] == "the query \"SELECT 'a report runs'\" says: a report runs"
    assert ask.lines == []


def test_a_question_is_asked_once_in_its_interval(asking: type[Asking], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(throttles, "time", SimpleNamespace(monotonic=lambda: now[0]))
    ask = asking(callables=("tests.throttles.test_throttle.busy",), interval=0.4)
    for _ in range(20):
        ask.reason()
    assert len(CALLS) == 1
    now[0] += 0.5
    ask.reason()
    assert len(CALLS) == 2
    assert CALLS[0] == {"table": '"t"', "using": "default"}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT true", "the query 'SELECT true' says that it has to wait"),
        ("SELECT 'a queue: 100% full'", "the query \"SELECT 'a queue: 100% full'\" says: a queue: 100% full"),
        ("SELECT 3", "the query 'SELECT 3' says that it has to wait"),
        ("SELECT false", ""),
        ("SELECT ''", ""),
        ("SELECT NULL", ""),
        ("SELECT 0", ""),
        ("SELECT 'one' WHERE false", ""),
        ("SET LOCAL work_mem = '4MB'", ""),
        (
            "SELECT 'first' UNION ALL SELECT 'second'",
            "the query \"SELECT 'first' UNION ALL SELECT 'second'\" says: first",
        ),
    ],
)
def test_a_query_says_whether_to_wait(asking: type[Asking], sql: str, reason: str) -> None:
    ask = asking(queries=(sql,))
    assert ask.reason() == reason
    assert ask.lines == []


def test_a_query_that_fails_is_told_once_and_stops_nobody(
    asking: type[Asking], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_safemigrate.doing.backfill.throttles.PATIENCE", 1.0)
    execute("CREATE TABLE t ()")
    long = "SELECT pg_sleep(5), 'the words of the query go on and on and on and on'"
    ask = asking(queries=("SELECT wrong", long, "DROP TABLE t", "SELECT 'goes on'"))
    for _ in range(3):
        assert ask.reason() == "the query \"SELECT 'goes on'\" says: goes on"
    assert ask.lines == [
        "The query 'SELECT wrong' of THROTTLE cannot be asked: column \"wrong\" does not exist.",
        'The query "SELECT pg_sleep(5), \'the words of the query go on and on ..." of THROTTLE cannot be asked: '
        "canceling statement due to statement timeout.",
        "The query 'DROP TABLE t' of THROTTLE cannot be asked: cannot execute DROP TABLE in a read-only transaction.",
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, ""),
        (False, ""),
        ("", ""),
        (True, "tests.throttles.test_throttle.busy says that it has to wait"),
        ("the shop is full.\nReally", "tests.throttles.test_throttle.busy says: the shop is full"),
    ],
)
def test_a_function_says_whether_to_wait(asking: type[Asking], answer: object, reason: str) -> None:
    ANSWERS.append(answer)
    assert asking(callables=("tests.throttles.test_throttle.busy",)).reason() == reason


def test_a_function_that_fails_is_told_once_and_stops_nobody(asking: type[Asking]) -> None:
    ANSWERS.append(ZeroDivisionError("division by zero"))
    ask = asking(callables=("tests.throttles.test_throttle.busy",))
    assert [ask.reason(), ask.reason()] == ["", ""]
    assert ask.lines == [
        "tests.throttles.test_throttle.busy of THROTTLE cannot be asked: ZeroDivisionError: division by zero."
    ]


def test_a_role_that_sees_little_is_told_so_once(asking: type[Asking]) -> None:
    execute("DROP ROLE IF EXISTS plain_reader")
    execute("CREATE ROLE plain_reader LOGIN PASSWORD 'plain'")
    lines: list[str] = []
    try:
        with connected(USER="plain_reader", PASSWORD="plain") as session:
            throttle = Throttle(session, ThrottleLimits(active_sessions=1000, interval=0.0), '"t"', tell=lines.append)
            with another_session():
                assert [throttle.reason(), throttle.reason()] == ["", ""]
            throttle.close()
    finally:
        execute("DROP ROLE plain_reader")
    assert lines == [
        "A limit of THROTTLE (sessions) is not kept in full: sessions of other roles are hidden from this role "
        "(GRANT pg_read_all_stats shows them)."
    ]


def test_without_a_second_session_nobody_is_stopped(asking: type[Asking]) -> None:
    ask = asking(active_sessions=0, queries=("SELECT true",))
    with connected(OPTIONS={"connect_timeout": 1}) as session:
        session.ensure_connection()
        session.settings_dict = {**session.settings_dict, "PORT": "1", "HOST": "127.0.0.1"}
        throttle = Throttle(session, ThrottleLimits(interval=0.0), '"t"', tell=ask.lines.append)
        assert [throttle.reason(), throttle.reason()] == ["", ""]
        throttle.close()
    assert ask.lines == ["The limits of THROTTLE are not kept: there is no second session to ask from."]


def test_a_session_that_is_lost_is_replaced(asking: type[Asking]) -> None:
    ask = asking(queries=("SELECT pg_backend_pid()::text",))
    first = ask.reason()
    others = "pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    execute(f"SELECT pg_terminate_backend(pid, 60000) FROM {others}")  # when it is gone
    assert ask.reason() == ""
    assert ask.reason() not in {"", first}
