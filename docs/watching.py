#!/usr/bin/env python
"""The outputs and the picture of docs/watching-a-run.md: runs that really wait, are watched, and are killed.

python docs/watching.py     # prints the outputs; writes docs/watching-a-run.svg

In a new project, in the new database ``tutorial`` on the server in ``DATABASE_URL`` or on an embedded one; needs rich.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import console  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from tests.support.screen import painted  # noqa: E402

COLUMNS = 140
RELEASES = """
from django.db import models


class Order(models.Model):
    status = models.CharField(max_length=20, default="new")
    created = models.DateTimeField()
    {}
"""
FIELD = "priority = models.IntegerField(null=True)"
INDEX = 'class Meta:\n        indexes = [models.Index(fields=["status", "created"], name="order_status_created")]'
ROWS = "INSERT INTO shop_order (status, created) SELECT 'new', now() FROM generate_series(1, 4000000)"
SAFEMIGRATE = [sys.executable, "manage.py", "safemigrate"]


class Shop:
    """The tutorial's project, with many orders."""

    def __init__(self, session: console.Session) -> None:
        session._start_project()
        self.directory = session.directory
        self.environment = {
            **session.environment,
            "LOGNAME": "deploy",
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
        }
        self.environment.pop("NO_COLOR", None)
        self.release("")
        self.run("safemigrate")
        with self.another("loader") as other:
            other.execute(ROWS)
            other.execute("ANALYZE")

    def release(self, more: str) -> None:
        (self.directory / "shop" / "models.py").write_text(RELEASES.format(more))
        self.run("makemigrations")

    def run(self, *command: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def start(self, **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen(SAFEMIGRATE, cwd=self.directory, env=self.environment, text=True, **more)  # type: ignore[call-overload, no-any-return]

    @contextlib.contextmanager
    def another(self, name: str) -> Iterator[psycopg.Connection]:
        environment = self.environment
        parameters = {key: environment.get(f"PG{key.upper()}") for key in ("host", "port", "user", "password")}
        with psycopg.connect(dbname=console.DATABASE, application_name=name, autocommit=True, **parameters) as other:
            yield other

    def wait_for(self, question: str) -> None:
        with self.another("waiting") as other:
            while not other.execute(question).fetchone()[0]:  # type: ignore[index]
                time.sleep(0.02)


class Terminal:
    """A terminal in which a run goes on."""

    def __init__(self, shop: Shop) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, COLUMNS))
        self.process = shop.start(stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL)
        os.close(theirs)
        self.output = ""
        self._reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reader.start()

    def _read(self, ours: int) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65536):
                self.output += piece.decode()

    def when(self, words: str, after: float = 0.6) -> list[str]:
        """What stands there some time after these words came."""
        while words not in self.output:
            assert self.process.poll() is None, self.output
            time.sleep(0.02)
        time.sleep(after)
        return painted(self.output)


def say(title: str, text: str) -> None:
    print(f"\n=== {title}\n{text}")


def main() -> None:
    with console.session() as session:
        shop = Shop(session)
        shop.release(FIELD)
        reading = "BEGIN; SELECT count(*) FROM shop_order"
        in_hand = "SELECT count(*) FROM django_safemigrate_migrationstep WHERE started IS NOT NULL AND done IS NULL"
        with shop.another("nightly report") as report:
            report.execute(reading)
            run = shop.start(stdout=subprocess.PIPE)
            shop.wait_for(in_hand)
            time.sleep(6)
            say("status while it waits", shop.run("safemigrate", "--status"))
            report.rollback()
        say("a log", run.communicate()[0])

        shop.run("safemigrate", "shop", "0001")
        with shop.another("nightly report") as report:
            report.execute(reading)
            terminal = Terminal(shop)
            waiting = terminal.when("not asking yet", 2.0)
            report.rollback()
            terminal.process.wait()
        shop.release(f"{FIELD}\n    {INDEX}")
        terminal = Terminal(shop)
        building = terminal.when("building index", 0.5)
        terminal.process.wait()
        picture = Console(record=True, width=COLUMNS, file=io.StringIO())
        for lines in (waiting, building):
            picture.print(Text.from_ansi("\n".join(["$ python manage.py safemigrate", *lines, ""])))
        svg = picture.export_svg(title="manage.py safemigrate")
        Path(ROOT / "docs" / "watching-a-run.svg").write_text(without_fonts(svg))
        say("a terminal", "\n".join(Text.from_ansi("\n".join(waiting + building)).plain.splitlines()))

        shop.run("safemigrate", "shop", "0002")
        with shop.another("nightly report") as report:
            report.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations")
            run = shop.start(stdout=subprocess.PIPE)
            shop.wait_for(
                "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
            )
            time.sleep(2)
            say("status of an index build", shop.run("safemigrate", "--status"))
            run.kill()
            run.wait()
            shop.wait_for(
                "SELECT count(*) > 0 FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index) ended"
            )
            time.sleep(0.5)
            say("status after a crash", shop.run("safemigrate", "--status"))
        say("and again", shop.run("safemigrate"))


def without_fonts(svg: str) -> str:
    """The picture takes a font that is there, instead of asking another site for one."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    main()
