"""What a person reads: on a log, lines; on a terminal, the current wait redrawn in place."""

from __future__ import annotations

import io

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style

from django_safemigrate.reporting.plain import Log, Terminal, aligned
from django_safemigrate.reporting.text import TextReport
from django_safemigrate.values.events import (
    BlockerTerminated,
    Event,
    FillProgress,
    Holder,
    IndexProgress,
    LeftoverIndex,
    LockRefused,
    Looking,
    MigrationDone,
    MigrationStarted,
    OldCode,
    OldSession,
    ReplicaBehind,
    RunTakenOver,
    ScanProgress,
    StepDone,
    StepSkipped,
    StepStarted,
    ThrottleGap,
    VacuumInTheWay,
    WaitingForRunner,
)
from django_safemigrate.values.goals import ColumnAbsent
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.standbys import Standby
from django_safemigrate.values.steps import Step, Work

HOLDER = Holder(7, LockMode.ACCESS_SHARE, "t", "report", "anna", "active", "client backend", 4.21)
STEP = Step(
    description="Drop column a of t",
    sql='ALTER TABLE "t" DROP COLUMN "a"',
    locks=(RelationLock('"t"', LockMode.ACCESS_EXCLUSIVE),),
    work=Work.CATALOG,
    goal=ColumnAbsent('"t"', "a"),
)


def told(*events: Event, live: bool = False) -> str:
    output = io.StringIO()
    stdout = OutputWrapper(output)
    report = TextReport(Terminal(stdout) if live else Log(stdout), no_style())
    for event in events:
        report(event)
    return output.getvalue()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (MigrationStarted("shop.0002"), "Applying shop.0002"),
        (MigrationStarted("shop.0002", backwards=True), "Undoing shop.0002"),
        (MigrationDone("shop.0002", 1.25), "  OK shop.0002, 1.2 s"),
        (MigrationDone("shop.0002", 0.0, faked=True), "  FAKED shop.0002, 0 ms"),
        (StepStarted("m", 1, STEP), "  1. Drop column a of t"),
        (StepSkipped("m", 1, STEP), "  1. Drop column a of t: done already"),
        (StepDone("m", 1, STEP, 1, 0.0, 0.0, None, 0.012), "      done in 12 ms"),
        (StepDone("m", 1, STEP, 3, 2.0, 0.0, None, 2.1), "      done in 2.1 s, 2 s of it waiting, 3 attempts"),
        (
            StepDone("m", 1, STEP, 2, 0.0, 0.25, 7000, 2.1),
            "      done in 2.1 s, 2 attempts, others waited 250 ms altogether, 7000 rows",
        ),
        (
            VacuumInTheWay("m", HOLDER),
            f"      waiting for an autovacuum to make way, without stopping anybody: {HOLDER}",
        ),
        (
            BlockerTerminated("m", HOLDER, ended=True),
            f"      ended, since it sat idle in a transaction in our way: {HOLDER}",
        ),
        (
            BlockerTerminated("m", HOLDER, ended=False),
            f"      could not end (the role may not), since it sat idle in a transaction in our way: {HOLDER}",
        ),
        (
            WaitingForRunner("ci@host, process 7", 2.0),
            "Somebody else runs migrations on this database, waiting for 2 s: ci@host, process 7",
        ),
        (
            RunTakenOver("ci@host, process 7"),
            "The run before this one (ci@host, process 7) did not come to its end: going on where it stopped",
        ),
        (
            ReplicaBehind("m", (Standby("replica1", None, "streaming", 2.5, 96, 4000),), 2.0, 58.0),
            "      waiting for standbys to replay the steps before, for 2 s (58 s left): 'replica1', streaming, 2.5 s, "
            "96 bytes behind",
        ),
        (
            OldCode((OldSession(3, "7", "web (release 7)", "anna"),), 2.0),
            "Code of another release is still connected (7), waiting for 2 s: pid 3 'web (release 7)' (user anna)",
        ),
        (
            Looking("m", (HOLDER,), 1.5, 598.5),
            "      not asking yet, looked for 1.5 s (10 min left): pid 7 'report' (user anna), active, in its transaction "
            "for 4.2 s, holds ACCESS SHARE on t",
        ),
        (
            LockRefused("m", 2, "55P03", 0.03, 0.15, (), 1.0, 599.0),
            "      attempt 2: no lock within 30 ms, again in 150 ms (10 min left): whoever was in the way is gone",
        ),
        (
            LockRefused("m", 1, "40P01", 0.02, 0.1, (HOLDER,) * 5, 1.0, 60.0),
            "      attempt 1: deadlock, again in 100 ms (60 s left): " + "; ".join([str(HOLDER)] * 3) + "; and 2 more",
        ),
        (
            LeftoverIndex("m", "i"),
            "      index i is there, but invalid: an interrupted build left it; dropping it first",
        ),
        (IndexProgress("m", "building index: scanning table", 1, 4, ()), "      building index: scanning table 25%"),
        (ScanProgress("m", 1.25, ()), "      reading the table, 1.2 s so far"),
        (FillProgress("m", 0, 0), "      filling, 0 rows changed"),
        (
            FillProgress("m", 340_000, 1_000_000, 212_000, 38_120.4, 17.3),
            "      filling 34%, 212,000 rows changed, 38,120 rows/s, 17.3 s left",
        ),
        (
            FillProgress("m", 1, 4, 1, 0.2, 15.0, "standby 'replica1' is 12 s behind (limit 10 s)"),
            "      filling, held back 25%, 1 rows changed: standby 'replica1' is 12 s behind (limit 10 s)",
        ),
        (ThrottleGap("A limit is not kept."), "      A limit is not kept."),
        (ScanProgress("m", 1.25, (HOLDER,)), f"      waiting for a lock, 1.2 s so far: {HOLDER}"),
        (
            IndexProgress("m", "waiting for old snapshots", 0, 0, (Holder(None, LockMode.SHARE, "t"),)),
            "      waiting for old snapshots: a prepared transaction holds SHARE on t",
        ),
    ],
)
def test_words_on_a_log_behind_the_seconds(event: Event, words: str) -> None:
    first = told(event).splitlines()[0]
    assert first == f"    0.0 s  {words}"


def test_a_log_does_not_repeat_what_has_not_changed() -> None:
    looking = Looking("m", (HOLDER,), 1.5, 598.5)
    other = Looking("m", (Holder(8, LockMode.SHARE, "t"),), 1.5, 598.5)
    assert told(looking, looking, other, other, looking).count("not asking yet") == 3


def test_a_wait_of_another_step_is_another_wait() -> None:
    looking, step = Looking("m", (HOLDER,), 1.5, 598.5), StepStarted("m", 2, STEP)
    assert told(looking, step, looking).count("not asking yet") == 2


def test_a_log_has_a_line_for_each_request_that_was_refused() -> None:
    refused = LockRefused("m", 2, "55P03", 0.03, 0.15, (HOLDER,), 1.0, 599.0)
    assert told(refused, refused).count("attempt 2") == 2


def test_a_terminal_shows_the_last_state_only() -> None:
    progress = [IndexProgress("m", "building index", done, 4, ()) for done in (1, 2)]
    output = told(*progress, StepDone("m", 1, STEP, 1, 0.0, 0.0, None, 0.1), live=True)
    assert output == "      building index 25%\r\033[K      building index 50%\r\033[K      done in 100 ms\n"


def test_a_terminal_is_left_as_others_expect_it() -> None:
    output = io.StringIO()
    terminal = Terminal(OutputWrapper(output))
    TextReport(terminal, no_style())(ScanProgress("m", 1.25, ()))
    terminal.close()
    terminal.close()
    assert output.getvalue() == "      reading the table, 1.2 s so far\r\033[K"


def test_a_passing_line_is_not_longer_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert told(Looking("m", (HOLDER,), 1.5, 598.5), live=True) == "      not asking yet, looked "


def test_a_table_is_aligned() -> None:
    assert aligned(["who", "when"], [["anna", "now"], ["b", "then"]]) == ["  who   when", "  anna  now", "  b     then"]


def test_there_are_words_for_every_event() -> None:
    with pytest.raises(TypeError, match="No words for"):
        told("something new")  # type: ignore[arg-type]
