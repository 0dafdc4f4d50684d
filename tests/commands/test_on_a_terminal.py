"""A whole run on a terminal with rich: what stands there at its end."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models.signals import post_migrate

from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.values.errors import LockUnavailable
from tests.support.database import value
from tests.support.project import Project
from tests.support.screen import Tty, displayed
from tests.support.traffic import holding
from tests.support.waiting import wait_for

pytest.importorskip("rich", reason="rich, an extra, is not installed")
pytestmark = pytest.mark.postgres

READ = "SELECT * FROM shop_order LIMIT 1"
ADD = 'migrations.AddField("order", "a", models.IntegerField(null=True)),'


@contextlib.contextmanager
def reading() -> Iterator[psycopg.Connection[Any]]:
    """Somebody has read the table for so long that nobody asks for its lock, but only looks."""
    with holding(READ) as reader:
        age = "SELECT clock_timestamp() - xact_start FROM pg_stat_activity WHERE pid = %s"
        wait_for(lambda: value(age, [reader.info.backend_pid]).total_seconds() > 2 * LockPolicy.patience)
        yield reader


class Watched(Tty):
    """Does something as soon as a text was written."""

    def __init__(self, text: str, action: Callable[[], object]) -> None:
        super().__init__()
        self.text, self.action = text, action

    def write(self, text: str) -> int:
        if self.text and self.text in text:
            self.text = ""
            threading.Thread(target=self.action).start()
        return super().write(text)


def run_on(terminal: Tty, project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "stdout", terminal)
    project._forget_modules()
    call_command("safemigrate", *arguments, stdout=terminal, interactive=False)


def test_neither_code_nor_receivers_are_garbled(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    printing = """migrations.RunPython(lambda apps, editor: print("from the code")),"""
    live.write("0002_a", printing + ADD + printing, safe="Safe.before_deploy()")

    def receive(**more: object) -> None:
        print("from a receiver")

    post_migrate.connect(receive, sender=apps.get_app_config("auth"))
    try:
        with reading() as reader:
            terminal = Watched("not asking yet", reader.rollback)
            run_on(terminal, live, monkeypatch)
    finally:
        post_migrate.disconnect(receive, sender=apps.get_app_config("auth"))
    assert "'report'" in terminal.getvalue()
    lines = [line.split(" in ")[0].split(", ")[0] for line in displayed(terminal.getvalue())]
    assert lines == [
        "The phase before deploy:",
        "Applying shop.0002_a",
        "  1. Raw Python operation",
        "      It runs as it is written",
        "from the code",
        "      done",
        "  2. Add column a to shop_order",
        '      ALTER TABLE "shop_order" ADD COLUMN "a" integer NULL',
        "      done",
        "  3. Raw Python operation",
        "      It runs as it is written",
        "from the code",
        "      done",
        "  OK shop.0002_a",
        "from a receiver",
    ]


def test_nothing_passing_is_left_above_an_error(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    live.write("0002_a", ADD, safe="Safe.before_deploy()")
    terminal = Tty()
    before = sys.stdout
    with reading(), pytest.raises(LockUnavailable):
        run_on(terminal, live, monkeypatch, "--max-wait", "1s")
    assert sys.stdout is terminal is not before
    assert "not asking yet" in terminal.getvalue()
    assert displayed(terminal.getvalue())[-1] == '      ALTER TABLE "shop_order" ADD COLUMN "a" integer NULL'


def test_status_on_a_narrow_terminal(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Tty()
    run_on(terminal, live, monkeypatch, "--status")
    assert "━" in terminal.getvalue() or "─" in terminal.getvalue()
    assert "Nothing is pending." in displayed(terminal.getvalue())[-2]
