"""A terminal with rich: bars and tables, nothing of which stays, and nothing that others print is lost."""

from __future__ import annotations

import builtins
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style

from django_safemigrate.reporting.choosing import surface_for
from django_safemigrate.reporting.plain import Log, Terminal
from django_safemigrate.reporting.text import TextReport
from django_safemigrate.values.events import (
    Event,
    FillProgress,
    Holder,
    IndexProgress,
    LockRefused,
    Looking,
    ScanProgress,
    StepDone,
    StepStarted,
    WaitingForRunner,
)
from django_safemigrate.values.locks import LockMode
from tests.reporting.test_text import STEP
from tests.support.screen import Tty, displayed

pytest.importorskip("rich", reason="rich, an extra, is not installed")

HOLDER = Holder(7, LockMode.ACCESS_SHARE, "t", "report", "anna", "active", "client backend", 4.21)
# What stands there later than at first: from 400 ms on.
LONGER = re.compile(r"waiting for old snapshots +(?:[4-9]00 ms|[\d.]+ (?:s|min))")
DONE = StepDone("m", 1, STEP, 1, 0.0, 0.0, None, 0.1)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Tty:
    """In an environment in which rich may draw."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    return Tty()


def report_on(terminal: Tty) -> TextReport:
    return TextReport(surface_for(OutputWrapper(terminal)), no_style())


def drawn_until(terminal: Tty, enough: Callable[[str], object]) -> str:
    """What stands there as soon as it is enough; it is drawn four times in a second, in a thread. Or what stands there at
    last, after so long that nothing else will come."""
    until = time.monotonic() + 60
    while not enough(screen := "\n".join(displayed(terminal.getvalue()))) and time.monotonic() < until:
        time.sleep(0.02)
    return screen


def drawings(terminal: Tty) -> int:
    """How often something was drawn over what stood there."""
    return terminal.getvalue().count("\x1b[2K")


# Which one


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_never_where_the_environment_says_no(terminal: Tty, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "dumb")
    assert isinstance(surface_for(OutputWrapper(terminal)), Log if name == "TERM" else Terminal)


def test_never_with_no_color(terminal: Tty) -> None:
    assert isinstance(surface_for(OutputWrapper(terminal), colour=False), Terminal)


def test_never_in_a_pipe(terminal: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    assert isinstance(surface_for(OutputWrapper(terminal)), Log)


def test_plain_where_rich_is_not_installed(terminal: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "django_safemigrate.reporting.rich", raising=False)
    real = builtins.__import__

    def without_rich(name: str, *arguments: Any, **more: Any) -> Any:
        if name.split(".")[0] == "rich" and not (len(arguments) > 3 and arguments[3]):
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without_rich)
    assert isinstance(surface_for(OutputWrapper(terminal)), Terminal)


# What is drawn


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            IndexProgress("m", "building index: scanning table", 1, 4, ()),
            ["━", "25%", "building index: scanning table"],
        ),
        (FillProgress("m", 3, 4), ["━", " 75%", "filling, 0 rows changed"]),
        (
            FillProgress("m", 3_000, 4_000, 2_500, 500.0, 2.0, workers=2),
            ["━", " 75%", "filling, 2,500 rows changed, 500 rows/s by 2 workers", ", 2 s left"],
        ),
        (
            FillProgress("m", 3_000, 4_000, 2_500, reason="standby 'a' is 12 s behind (limit 10 s)"),
            ["━", " 75%", "filling, held back, 2,500 rows changed", "standby 'a' is 12 s behind (limit 10 s)"],
        ),
        (ScanProgress("m", 2.0, ()), ["reading the table", "2 s"]),
        (ScanProgress("m", 2.0, (HOLDER,)), ["waiting for a lock", "2 s", str(HOLDER)]),
        (Looking("m", (HOLDER,), 60.0, 540.0), ["━", "not asking yet", "60 s, 9 min left", str(HOLDER)]),
        (
            LockRefused("m", 2, "55P03", 0.02, 0.1, (HOLDER,), 60.0, 540.0),
            ["━", "attempt 2: no lock within 20 ms", "9 min left", str(HOLDER)],
        ),
        (IndexProgress("m", "waiting for old snapshots", 0, 1, (HOLDER,)), ["waiting for old snapshots", str(HOLDER)]),
        (WaitingForRunner("ci@host, process 7", 3.0), ["Somebody else runs migrations", "ci@host, process 7"]),
    ],
)
def test_what_is_true_just_now(terminal: Tty, event: Event, words: list[str]) -> None:
    report = report_on(terminal)
    report(event)
    report.surface._live.refresh()  # type: ignore[attr-defined]  # as its thread does a moment later
    screen = "\n".join(displayed(terminal.getvalue()))
    report.surface.close()
    assert [word for word in words if word not in screen] == []


def test_a_wait_counts_on_between_two_looks(terminal: Tty) -> None:
    report = report_on(terminal)
    report(IndexProgress("m", "waiting for old snapshots", 0, 1, (HOLDER,)))
    screen = drawn_until(terminal, LONGER.search)
    report.surface.close()
    assert LONGER.search(screen), screen


def test_nothing_of_it_stays(terminal: Tty) -> None:
    report = report_on(terminal)
    for event in (StepStarted("m", 1, STEP), FillProgress("m", 1, 2), Looking("m", (HOLDER,), 1.0, 2.0), DONE):
        report(event)
    report.surface.close()
    assert displayed(terminal.getvalue()) == ["  1. Drop column a of t", f"      {STEP.sql}", "      done in 100 ms"]


@pytest.mark.parametrize("write", [print, lambda text: print(text, file=sys.stderr)], ids=["stdout", "stderr"])
def test_what_others_print_stays_whole(
    terminal: Tty, monkeypatch: pytest.MonkeyPatch, write: Callable[[str], None]
) -> None:
    """Code in a migration, and receivers of signals."""
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    report = report_on(terminal)
    report(StepStarted("m", 1, STEP))
    report(Looking("m", (HOLDER, HOLDER), 1.0, 2.0))
    write("from the code of a migration")
    before = drawings(terminal)
    drawn_until(terminal, lambda _: drawings(terminal) > before)
    assert drawings(terminal) > before
    write("and more")
    report(DONE)
    print("from a receiver of a signal")
    report(DONE)
    assert displayed(terminal.getvalue()) == [
        "  1. Drop column a of t",
        f"      {STEP.sql}",
        "from the code of a migration",
        "and more",
        "      done in 100 ms",
        "from a receiver of a signal",
        "      done in 100 ms",
    ]


def test_the_cursor_is_never_hidden_for_long(terminal: Tty) -> None:
    """A run that is killed could not show it again."""
    report = report_on(terminal)
    report(FillProgress("m", 1, 2))
    output = terminal.getvalue()
    report.surface.close()
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")


def test_a_table(terminal: Tty) -> None:
    surface_for(OutputWrapper(terminal)).table(["who", "outcome"], [["anna", "done"], ["[b]", "failed"]])
    lines = [line.split() for line in displayed(terminal.getvalue())]
    assert ["who", "outcome"] in lines
    assert ["anna", "done"] in lines
    assert ["[b]", "failed"] in lines
