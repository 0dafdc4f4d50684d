"""Kill a run, run the same command again, and compare the end with that of a run that nobody disturbed."""

from __future__ import annotations

import contextlib
import difflib
import itertools
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from .case import Case
from .obstacle import can_be_obstructed
from .picture import picture
from .proxy import Proxy, Unit, listening
from .runners import Ended, Job, Runners, runners
from .server import Server, killable_server
from .ways import WAYS, Moment, StrikeAt

# Seconds for which the next run is under way before what lingers of the killed one is over.
LINGERING = 0.6
# Of what is still under way, the strike comes a little earlier or later.
DELAYS = (0.0, 0.0005, 0.002)
# Of a difference that are shown.
MOST_LINES = 24
# What a unit of work begins with that changes nothing.
_READS = re.compile(r"\s*(SELECT|SHOW|ROLLBACK)\b")


def changes_something(unit: Unit) -> bool:
    """Whether it is more than a question: a statement that writes, the beginning or the end of a transaction."""
    return not _READS.match(unit.sql)


@dataclass(frozen=True)
class Kill:
    """One way, at one moment of one unit of work of one migration."""

    case: str
    way: str
    moment: Moment
    unit: Unit
    # The unit of the next run that is struck in the same way; 0: none.
    again: int = 0

    def __str__(self) -> str:
        """The command that repeats it."""
        return (
            f"python -m tests.crash --migrations {self.case} --ways {self.way} --moments {self.moment.value} "
            f"--session {self.unit.session} --unit {self.unit.number}"
            + (f" --again {self.again}" if self.again else "")
        )


@dataclass
class Outcome:
    """What came of a kill; no ``difference`` is what everybody wants."""

    kill: Kill
    struck: tuple[Unit, ...]
    difference: list[str]
    runs: tuple[Ended, ...]

    @property
    def equal(self) -> bool:
        return not self.difference

    def report(self) -> str:
        return "\n".join(
            [
                f"FAILED {self.kill}",
                *(f"  struck {self.kill.moment.value}: {' '.join(unit.sql.split())[:300]}" for unit in self.struck),
                *(f"  {line}" for line in self.difference),
            ]
        )


@dataclass
class Reference:
    """A run that nobody disturbed: its units of work and its end."""

    units: list[Unit]
    end: list[str]
    output: str


@dataclass
class Matrix:
    """Everything that kills need: a server, a proxy before it, a process to fork runners from."""

    server: Server
    proxy: Proxy
    runners: Runners
    directory: Path
    # Called with the database's name between a kill and the next run; for tests of the matrix itself.
    between: Callable[[str], None] = lambda database: None
    # Of two undisturbed runs, whether they end equally, or everything else would be said of chance.
    twice: bool = True
    _references: dict[str, Reference] = field(default_factory=dict)

    def reference(self, case: Case) -> Reference:
        """The undisturbed run, made once; the template of the case's databases stays behind."""
        if case.name not in self._references:
            self._references[case.name] = self._undisturbed(case)
        return self._references[case.name]

    def _undisturbed(self, case: Case) -> Reference:
        case.write(self.directory)
        self.server.create(_template(case))
        for command in case.before:
            self._must(self._job(case, _template(case), command))
        if case.sql:
            with self.server.connect(_template(case)) as session:
                session.execute(case.sql)
        for command in case.then:
            self._must(self._job(case, _template(case), command))
        self._wait_for_sessions(_template(case))
        ends = []
        for _ in range(1 + self.twice):
            with self._database(case) as database:
                self.proxy.begin(StrikeAt(WAYS["reset"](self.server, database, lambda: 0), Moment.BEFORE, 0, 0))
                ended = self._must(self._job(case, database, case.command, through_proxy=True))
                units = self.proxy.units
                self.proxy.end()
                ends.append(self._end(case, database, ended))
        if ends[0] != ends[-1]:
            raise AssertionError(
                f"{case.name}: two undisturbed runs differ:\n" + "\n".join(_compared(ends[0], ends[-1]))
            )
        return Reference(units, ends[0], ended.output)

    def _must(self, job: Job) -> Ended:
        ended = self.runners.start(job).wait()
        if ended.status:
            raise AssertionError(f"{' '.join(job.arguments)} on {job.database} failed:\n{ended.output}")
        return ended

    def kills(
        self, case: Case, ways: Sequence[str], moments: Sequence[Moment], sessions: Sequence[int] = ()
    ) -> Iterator[Kill]:
        """All there are, unit by unit."""
        units = [unit for unit in self.reference(case).units if not sessions or unit.session in sessions]
        for unit, way, moment in itertools.product(units, ways, moments):
            if not moment.is_waiting or can_be_obstructed(unit.sql):
                yield Kill(case.name, way, moment, unit)

    def kill(self, case: Case, kill: Kill) -> Outcome:
        """Kill a run, run the same command again (and kill that too, where asked to), and compare."""
        expected = self.reference(case).end
        with self._database(case) as database:
            numbers = [kill.unit.number, *([kill.again] if kill.again else [])]
            runs: list[Ended] = []
            struck: list[Unit] = []
            difference: list[str] = []
            before: StrikeAt | None = None
            for number in numbers:
                strike, ended = self._struck(case, database, kill, number, before)
                runs.append(ended)
                struck += [self.proxy.struck] if self.proxy.struck else []
                before = strike if self.proxy.struck else None
                difference += [f"the proxy: {error!r}" for error in self.proxy.errors]
                difference += _left_behind(ended)
                if ended.status == -signal.SIGALRM:
                    difference.append("the run that was struck hung until its alarm")
                if not self.server.running:
                    self.server.start()
                self.between(database)
            running = self.runners.start(self._job(case, database, case.command))
            self._over(before)
            runs.append(running.wait())
            self.proxy.end()
            if runs[-1].status:
                difference.append(f"the same command again: exit status {runs[-1].status}")
            difference += _compared(expected, self._end(case, database, runs[-1]))
            if difference:
                for ended in runs[:-1]:
                    difference += ["struck run:", *_last(ended)]
                difference += ["same command again:", *_last(runs[-1])]
            return Outcome(kill, tuple(struck), difference, tuple(runs))

    def _struck(
        self, case: Case, database: str, kill: Kill, number: int, before: StrikeAt | None
    ) -> tuple[StrikeAt, Ended]:
        """A run that is struck, while what is left of the one before it goes."""
        pid, known = [0], threading.Event()

        def runner() -> int:
            known.wait()
            return pid[0]

        way = WAYS[kill.way](self.server, database, runner)
        strike = StrikeAt(way, kill.moment, kill.unit.session, number, delay=DELAYS[number % len(DELAYS)])
        self.proxy.begin(strike)
        running = self.runners.start(self._job(case, database, case.command, through_proxy=True))
        pid[0] = running.pid
        known.set()
        self._over(before)
        return strike, running.wait()

    def _over(self, strike: StrikeAt | None) -> None:
        """While the next run is under way, the end of what lingers of a strike."""
        if strike is not None and strike.lingers:
            time.sleep(LINGERING)
            self.proxy.call(lambda: strike.afterwards(self.proxy))

    # Databases and jobs

    @contextlib.contextmanager
    def _database(self, case: Case) -> Iterator[str]:
        name = f"crash_{case.name}"
        self.server.create(name, _template(case))
        try:
            yield name
        finally:
            self.server.drop(name)

    def _job(
        self,
        case: Case,
        database: str,
        arguments: Sequence[str],
        *,
        through_proxy: bool = False,
    ) -> Job:
        host, port = ("127.0.0.1", self.proxy.port) if through_proxy else (str(self.server.directory), 5432)
        return Job(
            database=database,
            host=host,
            port=port,
            arguments=list(arguments),
            package=case.package,
            directory=str(self.directory),
            output=str(self.directory / "output"),
            safemigrate=case.settings,
        )

    def _end(self, case: Case, database: str, ended: Ended) -> list[str]:
        left = self._wait_for_sessions(database)
        try:
            with self.server.connect(database) as session:
                lines = picture(session, case.volatile)
        except psycopg.Error as error:
            lines = [f"cannot be read: {error}"]
        return [*lines, *left, *_left_behind(ended)]

    def _wait_for_sessions(self, database: str) -> list[str]:
        """A killed runner's sessions end when the server notices; those that do not are a leak."""
        deadline = time.monotonic() + 60
        while True:
            found = self.server.admin.execute(
                "SELECT format('session: %%s, %%s', state, query) FROM pg_stat_activity "
                "WHERE datname = %s AND backend_type = 'client backend'",
                [database],
            ).fetchall()
            if not found or time.monotonic() > deadline:
                return [line for (line,) in found]
            time.sleep(0.005)


def _template(case: Case) -> str:
    return f"template_{case.name}"


def _compared(expected: Sequence[str], found: Sequence[str]) -> list[str]:
    lines = list(difflib.unified_diff(expected, found, "undisturbed", "resumed", lineterm="", n=0))
    more = [f"... {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return [*(line[:240] for line in lines[:MOST_LINES]), *more]


def _left_behind(ended: Ended) -> list[str]:
    """What a run that came to its end has left in its session."""
    return [f"left behind: {' = '.join(item)}" for item in ended.left_behind]


def _last(ended: Ended) -> list[str]:
    lines = ended.output.rstrip().splitlines()
    return [f"  {line}" for line in [*lines[-12:], f"(exit status {ended.status})"]]


@contextlib.contextmanager
def matrix(bindir: Path) -> Iterator[Matrix]:
    """A matrix with a server of its own."""
    with (
        killable_server(bindir) as server,
        runners() as started,
        listening(server.socket) as proxy,
        tempfile.TemporaryDirectory(prefix="crash-") as directory,
    ):
        yield Matrix(server, proxy, started, Path(directory))
