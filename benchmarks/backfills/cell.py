"""One change by one runner, with an application beside it or with nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import traffic as serving
from benchmarks.availability.databases import database
from benchmarks.availability.environment import ROOT
from benchmarks.availability.project import Project, last_line
from benchmarks.availability.results import waits

from . import project
from .changes import CHANGES, Change
from .results import BATCHES, FOUR, OURS, STOCK, TRAFFIC, Measured
from .shop import Traffic

TEMPLATE, CELL = "backfills_template", "backfills_cell"
DEPLOY = "deploy"

# How many rows the fills of safemigrate have changed, and in how many seconds.
FILLS = """
    SELECT coalesce(sum(rows), 0)::bigint, coalesce(sum(extract(epoch FROM done - started)), 0)::float
    FROM django_safemigrate_backfill
"""


@dataclass(frozen=True)
class Conditions:
    """Under what is measured. Seconds, orders, queries a second."""

    server: str
    rows: int
    rate: float
    directory: Path
    warm_up: float = 1.5
    baseline: float = 10.0
    afterwards: float = 1.0
    limit: float = 3600.0


@dataclass(frozen=True)
class Ran:
    """A command. ``status`` None: its time was up."""

    began: float
    ended: float
    status: int | None
    said: str


class Cell:
    """``project`` is that of the runner, None for what is done by hand."""

    def __init__(self, conditions: Conditions, runner: str, change: Change, load: str) -> None:
        self.conditions, self.runner, self.change, self.load = conditions, runner, change, load
        self._directory = conditions.directory / f"{runner}-{change.name}"

    def measure(self, number: int) -> Measured:
        """In a fresh copy of the template. ``number``: of the round."""
        with database(self.conditions.server, CELL, TEMPLATE) as url:
            began = time.monotonic()
            with self._application(url) as application:
                if application:
                    time.sleep(self.conditions.warm_up)
                    began = time.monotonic()
                    time.sleep(self.conditions.baseline)
                ran = list(self._run(url, application))
                time.sleep(self.conditions.afterwards if application else 0.0)
                queries = application.stop() if application else []
            return self._measured(url, number, began, queries, ran)

    @contextmanager
    def _application(self, url: str) -> Iterator[serving.Traffic | None]:
        if self.load != TRAFFIC:
            yield None
            return
        settings = serving.Settings(
            url=url,
            rate=self.conditions.rate,
            results=str(self.conditions.directory / "queries"),
            workload=f"{Traffic.__module__}.{Traffic.__name__}",
            about={"rows": self.conditions.rows, "new_text": self.change.new_text},
        )
        with serving.traffic(settings, ROOT) as application:
            yield application

    def _run(self, url: str, application: serving.Traffic | None) -> Iterator[Ran]:
        for stage in self._stages(url):
            if stage == DEPLOY:
                if application:
                    time.sleep(self.conditions.afterwards)
                    application.deploy()
                continue
            ran = self._command(stage, url)
            yield ran
            if ran.status != 0:
                return

    def _stages(self, url: str) -> Iterator[Sequence[str] | str]:
        """The commands in their order, and ``DEPLOY``."""
        if self.runner == STOCK:
            yield from (["migrate", "--noinput"], DEPLOY)
        elif self.runner in {OURS, FOUR}:
            workers = ["--workers", "4"] if self.runner == FOUR else []
            yield from (["safemigrate", "--noinput", *workers], DEPLOY)
            yield ["safemigrate", "--noinput", "--after-deploy", *workers]
        else:
            others = "busy" if self.load == TRAFFIC else "alone"
            method = "batches" if self.runner == BATCHES else "update"
            if self.change.by_hand_before:
                yield [url, self.change.name, "before", method, others]
            yield DEPLOY
            if self.change.by_hand_after:
                yield [url, self.change.name, "after", method, others]

    def _command(self, arguments: Sequence[str], url: str) -> Ran:
        own = self._project() if self.runner in {OURS, FOUR, STOCK} else None
        command = own.command(*arguments) if own else [sys.executable, "-m", f"{__package__}.hand", *arguments]
        began = time.monotonic()
        try:
            child = subprocess.run(
                command,
                cwd=own.directory if own else ROOT,
                env=own.variables(url) if own else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=self.conditions.limit,
            )
        except subprocess.TimeoutExpired as late:
            said = late.stdout.decode() if isinstance(late.stdout, bytes) else ""
            return Ran(began, time.monotonic(), None, said)
        return Ran(began, time.monotonic(), child.returncode, child.stdout)

    def _project(self) -> Project:
        if self._directory.exists():
            return Project(self._directory, sys.executable)
        return project.write(self._directory, self.change, ours=self.runner != STOCK)

    def _measured(
        self, url: str, number: int, began: float, queries: Sequence[serving.Query], ran: Sequence[Ran]
    ) -> Measured:
        before = [query.wait for query in queries if began <= query.due < ran[0].began]
        during = [query for query in queries if query.due >= ran[0].began]
        baseline_worst, baseline_p99, _ = waits(before)
        worst, p99, _ = waits([query.wait for query in during])
        slowest = max(during, key=lambda query: query.wait, default=None)
        errors = Counter(query.error for query in during if query.error)
        with psycopg.connect(url) as connection:
            server = str((connection.execute("SHOW server_version").fetchone() or ("",))[0]).split()[0]
            made = connection.execute(f"SELECT {self.change.made}").fetchone() == (True,)
            filled, seconds = self._fills(connection, ran)
        return Measured(
            runner=self.runner,
            change=self.change.name,
            load=self.load,
            round=number,
            rows=self.conditions.rows,
            rate=self.conditions.rate if self.load == TRAFFIC else 0.0,
            server=server,
            queries=len(during),
            failed=errors.total(),
            worst=round(worst, 1),
            p99=round(p99, 1),
            baseline_worst=round(baseline_worst, 1),
            baseline_p99=round(baseline_p99, 1),
            took=round(sum(one.ended - one.began for one in ran), 2),
            filled=filled,
            fill_seconds=round(seconds, 3),
            status=ran[-1].status,
            made=made,
            errors=dict(errors.most_common(5)),
            worst_kind=slowest.kind if slowest else "",
            worst_at=round(slowest.due - ran[0].began, 2) if slowest else 0.0,
            said=last_line(ran[-1].said) if ran[-1].status != 0 else "",
        )

    def _fills(self, connection: psycopg.Connection, ran: Sequence[Ran]) -> tuple[int, float]:
        if self.runner == STOCK or ran[-1].status != 0:
            return 0, 0.0
        if self.runner in {OURS, FOUR}:
            filled, seconds = connection.execute(FILLS).fetchone() or (0, 0.0)
            return filled, seconds
        said = [json.loads(last_line(one.said)) for one in ran]
        return sum(one["rows"] for one in said), sum(one["seconds"] for one in said)


def measure(conditions: Conditions, runner: str, change: str, load: str, number: int) -> Measured:
    """Measure once. What goes wrong in a runner is its result."""
    return Cell(conditions, runner, CHANGES[change], load).measure(number)
