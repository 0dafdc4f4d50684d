"""--status in words, in tables and as JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style
from django.db.migrations import Migration

from django_safemigrate.catalog.progress import BuildProgress
from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.status import Behind, Going, Life, MigrationSeen, Pending, RunSeen, Seen, StepSeen
from django_safemigrate.reporting.choosing import surface_for
from django_safemigrate.reporting.plain import Log
from django_safemigrate.reporting.status import MOST, show_status, status_data
from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.phases import Phase, Safe
from tests.support.screen import Tty, displayed

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLDER = Holder(7, LockMode.ACCESS_SHARE, "t", "report", "anna", "active", "client backend", 4.21)
RUN = RunSeen(3, "before_deploy", "ci@host, process 9", "v8", NOW, 61.0, "running", "")
STEP = StepSeen(2, "Build index i", "CREATE INDEX i", "", False, 60.0, 1, 0.0, 0.0, None, "")
DONE = replace(STEP, number=1, done=True, attempts=3, waited=2.0, blocked=0.25, rows=7000)
GOING = Going(RUN, Life.ALIVE, 11, 29.0, 2.0, 0.25, "shop.0002_a", STEP)
HALF = MigrationSeen("shop", "0002_a", False, (DONE, replace(STEP, error="division by zero")))
SEEN = Seen("default", "postgresql", NOW, runs=(RUN,))
NEXT = ("nothing", "")


def told(seen: Seen, following: tuple[str, str] = NEXT) -> str:
    output = io.StringIO()
    show_status(seen, following, Log(OutputWrapper(output), timed=False), no_style())
    return output.getvalue()


def test_a_run_that_builds() -> None:
    going = replace(GOING, build=BuildProgress("building index: scanning table", 1, 4))
    assert told(replace(SEEN, going=going)).startswith(
        "Running now:\n"
        "  before deploy, release v8, by ci@host, process 9\n"
        "  since 2026-01-02 03:04:05 UTC, 61 s ago; alive (session 11, its lease is good for 29 s)\n"
        "  shop.0002_a, step 2, for 60 s: Build index i\n"
        "      CREATE INDEX i\n"
        "      building index: scanning table 25%\n"
        "      nobody waits behind it\n"
        "  waited in the steps before: 2 s; others behind it: 250 ms altogether\n"
    )


def test_a_run_that_waits_and_others_behind_it() -> None:
    going = replace(
        GOING,
        asking=0.02,
        in_the_way=(HOLDER,),
        behind=(Behind(1, "t", 0.01), Behind(2, "t", 0.02), Behind(2, "u", 0.01)),
    )
    output = told(replace(SEEN, going=going))
    assert f"      waiting for 20 ms for:\n        {HOLDER}\n" in output
    assert "      waiting behind it for t, u: 2, the longest for 20 ms\n" in output


def test_a_run_that_only_looks() -> None:
    assert f"not asking yet, so that nobody queues; in the way:\n        {HOLDER}\n" in told(
        replace(SEEN, going=replace(GOING, in_the_way=(HOLDER,)))
    )


@pytest.mark.parametrize(
    ("going", "words"),
    [
        (replace(GOING, step=None), "  in shop.0002_a, between two steps\n"),
        (replace(GOING, step=None, migration=""), "  before its first step or behind its last\n"),
        (replace(GOING, life=Life.SILENT), "its session 11 is there, and has not renewed its lease: its process hangs"),
        (replace(GOING, life=Life.LOST), "goes on where it stopped: shop.0002_a, step 2 (Build index i).\n"),
        (replace(GOING, life=Life.LOST, step=None), "takes over at once, and goes on where it stopped.\n"),
        (replace(GOING, run=replace(RUN, what="abort")), "  abort, release v8, by"),
    ],
)
def test_other_states_of_a_run(going: Going, words: str) -> None:
    assert words in told(replace(SEEN, going=going))


def test_a_half_done_migration() -> None:
    output = told(replace(SEEN, half_done=(HALF,)))
    assert (
        "Half done:\n"
        "  shop.0002_a: 1 of 2 steps done, of those that are known so far\n"
        "    1. Build index i: done, 3 attempts, waited 2 s, others waited 250 ms altogether, 7000 rows\n"
        "    2. Build index i: not done, begun 60 s ago\n"
        "       division by zero\n"
    ) in output


def test_what_a_run_has_in_hand_is_not_half_done() -> None:
    assert "Half done" not in told(replace(SEEN, going=GOING, half_done=(HALF,)))
    assert "Half done" in told(replace(SEEN, going=replace(GOING, life=Life.LOST), half_done=(HALF,)))


def test_the_first_line_of_an_error_in_the_table() -> None:
    failed = replace(RUN, outcome="failed", error="x" * 90 + "\nand why")
    assert f"failed   61 s  {'x' * 77}...\n" in told(replace(SEEN, runs=(failed,)))


def pending(count: int) -> Seen:
    def planned(status: Status) -> tuple[Planned, ...]:
        return tuple(
            Planned(Migration(f"{n:04}_a", "shop"), status, "is so", Assigned(Safe.always())) for n in range(count)
        )

    return replace(
        SEEN,
        pending=(
            Pending(Phase.BEFORE_DEPLOY, planned(Status.READY)),
            Pending(Phase.AFTER_DEPLOY, planned(Status.DELAYED)),
        ),
    )


def test_many_pending_migrations_are_not_all_named() -> None:
    output = told(pending(MOST + 5))
    assert output.count("is so") == MOST
    assert "    and 5 more: manage.py safemigrate --plan\n" in output
    assert f"({Phase.BEFORE_DEPLOY.command}): {MOST + 5} ready, 0 delayed, 0 blocked" in output


def test_json_is_plain_and_has_everything() -> None:
    going = replace(GOING, in_the_way=(HOLDER,))
    data = json.loads(json.dumps(status_data(replace(pending(1), going=going, half_done=(HALF,)), ("do", "it"))))
    assert data["going"]["life"] == "alive"
    assert data["going"]["run"]["started"] == "2026-01-02T03:04:05.000+00:00"
    assert data["half_done"][0]["steps"][1]["error"] == "division by zero"
    phase = {"safe": "always", "phase_from": "declared", "warning": None, "problem": None}
    assert data["pending"][0]["ready"] == [{"name": "shop.0000_a", "reason": "is so", "until": None, **phase}]
    assert (data["next"], data["next_command"]) == ("do", "it")


def test_the_page_says_what_the_object_has() -> None:
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    part = page.split("### Status\n")[1].split("\n## ")[0]
    data = json.loads(json.dumps(status_data(replace(SEEN, going=GOING, half_done=(HALF,)), NEXT)))
    data |= {"a run": data["runs"][0], "a step": data["half_done"][0]["steps"][0], "half-done": data["half_done"][0]}
    for what in ("going", "a run", "a step", "half-done"):
        assert [name for name in data[what] if f"`{name}`" not in part] == [], what
    keys = [key for cell in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for key in re.findall(r"`(\w+)`", cell)]
    assert sorted(keys) == sorted({*status_data(SEEN, NEXT), "at"} - {"event"})


def test_the_table_on_a_terminal_with_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="rich, an extra, is not installed")
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    terminal = Tty()
    show_status(SEEN, NEXT, surface_for(OutputWrapper(terminal)), no_style())
    lines = displayed(terminal.getvalue())
    assert "───" in "".join(lines)
    assert any(
        re.search(r"2026-01-02 03:04:05 UTC +before deploy +v8 +ci@host, process 9 +running", one) for one in lines
    )
