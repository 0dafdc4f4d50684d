"""One cell: a change, made by a tool while something is in the way, as the application sees it."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.traffic import Query, Settings, Traffic, traffic

from .changes import Change
from .databases import CELL, TEMPLATE, customers, database
from .environment import ROOT
from .obstacles import OBSTACLES, NotPossible, Obstacle, Place
from .project import Project, ProjectFailed, Projects, last_line
from .results import Measured, waits
from .runners import Runner
from .workload import Orders

DEPLOY = "deploy"


@dataclass(frozen=True)
class Conditions:
    """Under what is measured. Seconds, and orders, and queries a second."""

    server: str
    rows: int
    rate: float
    directory: Path
    warm_up: float = 1.5
    baseline: float = 4.0
    hold: float = 10.0
    # How long a tool may take after the end of the obstacle, or altogether where that has none.
    limit: float = 60.0
    # How long the application is watched afterwards: between the phases with the old code, and in the end.
    afterwards: float = 1.0
    # Where to keep what the tools say.
    outputs: Path | None = None


@dataclass(frozen=True)
class Ran:
    """A command of a tool. ``late``: seconds after the end of the obstacle, None where it was done before.

    ``remark`` is what became of the obstacle.
    """

    began: float
    ended: float
    status: int | None
    said: str
    late: float | None
    remark: str


def measure(conditions: Conditions, projects: Projects, runner: Runner, change: Change, obstacle: str) -> Measured:
    """Measure a cell once. What goes wrong in a tool is its result; what cannot be measured has the reason in it."""

    def impossible(reason: str) -> Measured:
        return Measured(runner.name, change.name, obstacle, conditions.rows, conditions.rate, impossible=reason)

    if missing := projects.environments.missing(runner):
        return impossible(missing)
    try:
        project = projects.changed(runner, change)
    except ProjectFailed as failed:
        return impossible(f"no migration: {failed}")
    with database(conditions.server, CELL, TEMPLATE) as url:
        place = Place(url, change, conditions.rows)
        try:
            return _Cell(conditions, project, runner, place, OBSTACLES[obstacle](place)).measure(obstacle)
        except NotPossible as reason:
            return impossible(str(reason))


class _Cell:
    def __init__(
        self, conditions: Conditions, project: Project, runner: Runner, place: Place, obstacle: Obstacle
    ) -> None:
        self.conditions, self.project, self.runner = conditions, project, runner
        self.place, self.obstacle = place, obstacle

    def measure(self, name: str) -> Measured:
        conditions, change = self.conditions, self.place.change
        settings = Settings(
            url=self.place.url,
            rate=conditions.rate,
            results=str(conditions.directory / "queries"),
            workload=f"{Orders.__module__}.{Orders.__name__}",
            about={
                "rows": conditions.rows,
                "customers": customers(conditions.rows),
                "added": change.added,
                "dropped": change.dropped,
            },
        )
        with self._in_the_way(), traffic(settings, ROOT) as application:
            time.sleep(conditions.warm_up)
            self.obstacle.begin(conditions.baseline + conditions.hold)
            began = time.monotonic()
            time.sleep(conditions.baseline)
            ran = self._run(application)
            time.sleep(conditions.afterwards)
            queries = application.stop()
            errors = self.obstacle.close()
        self._keep_outputs(name, ran)
        before = [query for query in queries if began <= query.due < ran[0].began]
        during = [query for query in queries if query.due >= ran[0].began]
        return self._measured(name, before, during, errors, ran)

    @contextmanager
    def _in_the_way(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.obstacle.close()

    def _run(self, application: Traffic) -> list[Ran]:
        """The tool's commands, and the deploy where it belongs."""
        ran: list[Ran] = []
        for stage in stages(self.runner, self.place.change):
            if stage == DEPLOY:
                # The old code goes on for a moment with what the first phase has left.
                time.sleep(self.conditions.afterwards if ran else 0.0)
                application.deploy()
                continue
            if ran:
                self.obstacle.begin(self.conditions.hold)
            ran.append(self._command(stage))
            if ran[-1].status != 0:
                break
        return ran

    def _command(self, arguments: Sequence[str]) -> Ran:
        conditions = self.conditions
        began = time.monotonic()
        child = subprocess.Popen(
            self.project.command(*arguments),
            cwd=self.project.directory,
            env=self.project.variables(self.place.url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        status: int | None
        try:
            said, _ = child.communicate(timeout=conditions.limit + (conditions.hold if self.obstacle.ends else 0.0))
            status = child.returncode
        except subprocess.TimeoutExpired:
            child.kill()
            said, _ = child.communicate()
            status = None
            self._end_sessions()
        finally:
            child.kill()  # when the benchmark is interrupted
            child.wait()
        ended = time.monotonic()
        gone = self.obstacle.ended_at
        late = ended - gone if self.obstacle.ends and gone is not None and gone > began else None
        return Ran(began, ended, status, said, late, self.obstacle.remark())

    def _keep_outputs(self, obstacle: str, ran: Sequence[Ran]) -> None:
        if self.conditions.outputs:
            self.conditions.outputs.mkdir(parents=True, exist_ok=True)
            name = f"{self.runner.name}-{self.place.change.name}-{obstacle}.txt"
            self.conditions.outputs.joinpath(name).write_text("\n".join(one.said for one in ran))

    def _end_sessions(self) -> None:
        """A statement goes on waiting in the server when its client was killed."""
        with psycopg.connect(self.place.url, autocommit=True) as session:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runner'")

    def _measured(
        self,
        obstacle: str,
        before: Sequence[Query],
        during: Sequence[Query],
        errors: Sequence[str],
        ran: Sequence[Ran],
    ) -> Measured:
        baseline_worst, baseline_p99, _ = waits([query.wait for query in before])
        worst, p99, over_1s = waits([query.wait for query in during])
        slowest = max(during, key=lambda query: query.wait)
        found = Counter([*(query.error for query in during if query.error), *errors])
        late = [one.late for one in ran if one.late is not None]
        status = ran[-1].status
        return Measured(
            runner=self.runner.name,
            change=self.place.change.name,
            obstacle=obstacle,
            rows=self.conditions.rows,
            rate=self.conditions.rate,
            server=_version(self.place.url),
            queries=len(during),
            failed=found.total(),
            worst=round(worst, 1),
            p99=round(p99, 1),
            over_1s=over_1s,
            baseline_worst=round(baseline_worst, 1),
            baseline_p99=round(baseline_p99, 1),
            took=round(sum(one.ended - one.began for one in ran), 2),
            late=round(max(late), 2) if late else None,
            status=status,
            made=_holds(self.place.url, self.place.change.made),
            errors=dict(found.most_common(5)),
            worst_kind=slowest.kind,
            worst_at=round(slowest.due - ran[0].began, 2),
            said=last_line(ran[-1].said) if status != 0 else "",
            remark=", then ".join(one.remark for one in ran if one.remark),
        )


def stages(runner: Runner, change: Change) -> Iterator[Sequence[str]]:
    """The commands in their order, and ``DEPLOY``. With one phase, what removes something comes after the deploy."""
    if runner.after is None:
        yield from [DEPLOY, runner.before] if change.removes else [runner.before, DEPLOY]
    else:
        yield from [runner.before, DEPLOY, runner.after]


def _holds(url: str, condition: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT {condition}").fetchone() == (True,)


def _version(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else ""
