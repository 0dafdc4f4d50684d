"""The guard: waits while a reader on the standby stops the replay of the step before, and only then."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.decisions.lock_policy import LockPolicy, WaitBudget
from django_safemigrate.doing.replay import ReplayGuard, stops_replay
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import ReplicaBehind
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work
from tests.standbys.conftest import Session, caught_up, wait_until
from tests.support.standby import NAME, Replicated

pytestmark = pytest.mark.postgres

NAME_OF_MIGRATION = "shop.0002_more"


def step(
    sql: str = "ALTER TABLE t ADD COLUMN a int",
    mode: LockMode = LockMode.ACCESS_EXCLUSIVE,
    work: Work = Work.CATALOG,
    table: str = "t",
) -> Step:
    return Step(description=sql, sql=sql, locks=(RelationLock(table, mode),) if table else (), work=work)


class Run:
    """A run that waits at most ``max_wait`` seconds; ``events`` is what its guard has reported."""

    def __init__(self, primary: Connection, *, limit: float = 0.0, max_wait: float = 60.0, ignored: str = "") -> None:
        self.primary = primary
        self.events: list[ReplicaBehind] = []
        self.budget = WaitBudget(LockPolicy(max_wait=max_wait))
        self.guard = ReplayGuard(primary, limit, self.budget, self.events.append, ignored=[ignored] if ignored else [])

    def do(self, one: Step) -> None:
        executing(self.primary)(one.sql)
        self.guard.after(one)

    def before(self, one: Step | None = None) -> float:
        """How long it took until the next step may begin, in seconds."""
        started = time.monotonic()
        self.guard.before(NAME_OF_MIGRATION, one or step())
        return time.monotonic() - started

    def waits(self, one: Step | None = None) -> bool:
        """Whether the next step had to wait."""
        waited = self.budget.waited
        self.guard.before(NAME_OF_MIGRATION, one or step())
        return self.budget.waited > waited


def test_it_waits_until_the_reader_is_gone(pair: Replicated, primary: Connection, reader: Session) -> None:
    run = Run(primary)
    run.do(step())
    gone: list[float] = []

    def leave() -> None:
        reader.rollback()
        gone.append(time.monotonic())

    threading.Timer(1.2, leave).start()
    assert run.before() > 1.0
    assert time.monotonic() - gone[0] < 1.0
    assert caught_up(pair)
    last = run.events[-1]
    assert last.migration == NAME_OF_MIGRATION
    (standby,) = last.standbys
    assert standby.application_name == NAME
    assert standby.lag is not None
    assert standby.lag > 0.5
    assert standby.behind
    assert 0.5 < last.waited < 2.0
    assert run.budget.waited == pytest.approx(last.waited, abs=0.6)
    assert last.left == pytest.approx(60.0 - last.waited, abs=0.6)
    assert not run.waits(), "what was replayed is forgotten"


def test_when_the_time_of_the_run_is_over_it_says_who_is_behind(primary: Connection, reader: Session) -> None:
    run = Run(primary, max_wait=0.5)
    run.do(step())
    with pytest.raises(LockUnavailable) as error:
        run.before()
    assert (
        error.value.fact
        == f"{NAME_OF_MIGRATION}: standbys are still behind after {error.value.fact.split('after ')[1]}"
    )
    assert f"Behind: '{NAME}', streaming, " in error.value.reason
    assert "--max-wait" in error.value.next_command
    assert 0.5 <= run.budget.waited < 1.5


def test_a_lag_below_the_limit_is_not_waited_for(primary: Connection, reader: Session) -> None:
    run = Run(primary, limit=0.6)
    run.do(step())
    assert not run.waits()
    run.do(step("ALTER TABLE t ADD COLUMN b int"))
    threading.Timer(2.0, reader.rollback).start()
    wait_until(run.waits, 2.0)  # the lag counts from the older one of the two
    assert run.events


def test_what_is_replayed_at_once_is_not_waited_for(primary: Connection) -> None:
    run = Run(primary)
    for number in range(5):
        assert run.before() < 2.0
        run.do(step(f"ALTER TABLE t ADD COLUMN a{number} int"))


def test_steps_that_stop_nobody_do_not_wait(primary: Connection, reader: Session) -> None:
    run = Run(primary)
    run.do(step())
    assert not run.waits(step(mode=LockMode.SHARE_UPDATE_EXCLUSIVE, work=Work.INDEX_BUILD))
    assert not run.events


def test_a_standby_that_is_ignored_is_not_waited_for(primary: Connection, reader: Session) -> None:
    run = Run(primary, ignored=NAME)
    run.do(step())
    assert not run.waits()


def test_a_standby_that_has_left_is_not_waited_for(pair: Replicated, primary: Connection, reader: Session) -> None:
    run = Run(primary)
    run.do(step())
    leaving = threading.Timer(0.3, pair.stop)
    leaving.start()
    try:
        assert run.before() < 5.0
    finally:
        leaving.join()
        pair.start()


def test_without_standbys_it_is_one_query_after_and_none_before(database: None) -> None:
    run = Run(connection)
    executing(connection)("CREATE TABLE t ()")
    with CaptureQueriesContext(connection) as queries:
        run.guard.after(step())
        run.guard.before(NAME_OF_MIGRATION, step())
        run.guard.after(step(mode=LockMode.SHARE_UPDATE_EXCLUSIVE, work=Work.SCAN))
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("one", "new_tables", "stops"),
    [
        (step(), (), True),
        (step(), ("t",), False),
        (step(), ("u",), True),
        (step(mode=LockMode.SHARE_ROW_EXCLUSIVE), (), False),
        (step(mode=LockMode.SHARE_UPDATE_EXCLUSIVE, work=Work.INDEX_BUILD), (), False),
        (step(mode=LockMode.SHARE_UPDATE_EXCLUSIVE, work=Work.INDEX_DROP), (), True),
        (step(mode=LockMode.SHARE_UPDATE_EXCLUSIVE, work=Work.INDEX_DROP), ("t",), False),
        (step(sql="", work=Work.OPAQUE, table=""), (), True),
    ],
)
def test_which_steps_stop_a_replay(one: Step, new_tables: tuple[str, ...], stops: bool) -> None:
    assert stops_replay(one, new_tables) is stops
