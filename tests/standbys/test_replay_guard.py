"""The guard: waits while a reader on the standby stops the replay of the step before, and only then."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.catalog.standbys import standbys
from django_safemigrate.decisions.lock_policy import LockPolicy, WaitBudget
from django_safemigrate.doing.replay import ReplayGuard, stops_replay
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import ReplicaBehind
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work
from tests.standbys.conftest import Session, caught_up
from tests.support.standby import NAME, Replicated
from tests.support.waiting import wait_for

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
    """A run that waits at most ``max_wait`` seconds; ``events`` is what its guard has reported, and ``reacts`` is called with
    each of them."""

    def __init__(self, primary: Connection, *, limit: float = 0.0, max_wait: float = 600.0, ignored: str = "") -> None:
        self.primary = primary
        self.events: list[ReplicaBehind] = []
        self.budget = WaitBudget(LockPolicy(max_wait=max_wait))
        self.reacts: Callable[[ReplicaBehind], object] = lambda event: None
        self.guard = ReplayGuard(primary, limit, self.budget, self._report, ignored=[ignored] if ignored else [])

    def _report(self, event: ReplicaBehind) -> None:
        self.events.append(event)
        self.reacts(event)

    def do(self, one: Step) -> None:
        executing(self.primary)(one.sql)
        self.guard.after(one)

    def before(self, one: Step | None = None) -> None:
        """Returns when the next step may begin."""
        self.guard.before(NAME_OF_MIGRATION, one or step())

    def waits(self, one: Step | None = None) -> bool:
        """Whether the next step had to wait."""
        waited = self.budget.waited
        self.before(one)
        return self.budget.waited > waited


def test_it_waits_until_the_reader_is_gone(pair: Replicated, primary: Connection, reader: Session) -> None:
    run = Run(primary)
    run.do(step())
    gone: list[ReplicaBehind] = []

    def leave(event: ReplicaBehind) -> None:
        if event.waited > 1.0:
            reader.rollback()
            wait_for(lambda: caught_up(pair) and standbys(primary)[0].behind == 0)
            gone.append(event)

    run.reacts = leave
    started = time.monotonic()
    run.before()
    took = time.monotonic() - started
    last = run.events[-1]
    assert gone == [last], "it goes on as soon as it has seen that"
    assert last.migration == NAME_OF_MIGRATION
    (standby,) = last.standbys
    assert standby.application_name == NAME
    assert standby.lag is not None
    assert standby.lag > 0.5
    assert standby.behind
    assert last.waited < run.budget.waited <= took
    assert last.left == pytest.approx(600.0 - last.waited)
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
    assert [event.left > 0 for event in run.events] == [True] * (len(run.events) - 1) + [False]
    assert run.budget.waited >= 0.5


def test_a_lag_below_the_limit_is_not_waited_for(primary: Connection, reader: Session) -> None:
    run = Run(primary, limit=3600.0)
    started = time.monotonic()
    run.do(step())
    time.sleep(1.0)
    run.do(step("ALTER TABLE t ADD COLUMN b int"))
    assert not run.waits()
    run.guard._limit = time.monotonic() - started - 0.5
    run.reacts = lambda event: reader.rollback()
    wait_for(run.waits)  # the lag counts from the older one of the two
    assert run.events


def test_what_is_replayed_at_once_is_not_waited_for(primary: Connection) -> None:
    run = Run(primary)
    for number in range(5):
        run.before()
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

    def leave(event: ReplicaBehind) -> None:
        if event.waited > 0.3 and not left:
            left.append(event)
            pair.stop()

    left: list[ReplicaBehind] = []
    run.reacts = leave
    try:
        run.before()
        assert left
    finally:
        if left:
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
