"""The application: eight connections, a fixed number of queries a second, each due at a fixed time.

    python -m benchmarks.traffic   (a process of its own, started by the benchmark)

The wait of a query counts from the moment at which it was due. A connection that hangs for ten seconds makes all wait that
were due in these ten seconds: they are sent when it is free again, and have waited since. So no wait is left out because
nobody asked (coordinated omission).

The orders come as JSON on standard input, one a line: first the settings, then ``{"deploy": true}`` when the new code is to
run, then ``{"stop": true}``. It writes a line when the first query is answered; the queries go to a file, one a line.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import psycopg

CONNECTIONS = 8
# How long overdue queries are still sent after the end.
DRAIN = 60.0


@dataclass(frozen=True)
class Query:
    """One query, in seconds of the monotonic clock, which all processes share."""

    due: float
    sent: float
    done: float
    kind: str
    error: str = ""

    @property
    def wait(self) -> float:
        return self.done - self.due


@dataclass(frozen=True)
class Settings:
    """``workload`` is the dotted path of a class that knows what is asked; ``about`` is what it is to know besides."""

    url: str
    rate: float
    results: str
    workload: str
    about: dict[str, Any]


class Workload(Protocol):
    """What the application asks: made with what is in ``Settings.about``."""

    def ask(self, chance: random.Random, *, deployed: bool) -> tuple[str, str, Sequence[object]]:
        """The next query: of which kind, its SQL and its values. ``deployed``: the new code runs."""


class Application:
    """The threads of all connections; ``deploy`` and ``stop`` are called while they run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.queries: list[Query] = []
        module, _, name = settings.workload.rpartition(".")
        self._workload: Workload = getattr(import_module(module), name)(**settings.about)
        self._deployed = False
        self._stop_at = float("inf")
        self.begun = threading.Event()
        self._began = time.monotonic() + 0.3
        self._due = [self._began] * CONNECTIONS
        self._threads = [threading.Thread(target=self._serve, args=(n,), daemon=True) for n in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def deploy(self) -> None:
        self._deployed = True

    def stop(self) -> None:
        self._stop_at = time.monotonic()
        for number, thread in enumerate(self._threads):
            thread.join(timeout=max(0.0, self._stop_at + DRAIN - time.monotonic()))
            if thread.is_alive():
                due = self._due[number]
                self.queries.append(Query(due, due, time.monotonic(), "unknown", "no answer"))

    def _serve(self, number: int) -> None:
        chance = random.Random(number)
        every = CONNECTIONS / self.settings.rate
        due = self._began + number * every / CONNECTIONS
        connection = self._connect()
        while due <= self._stop_at:
            self._due[number] = due
            time.sleep(max(0.0, due - time.monotonic()))
            kind, sql, values = self._workload.ask(chance, deployed=self._deployed)
            sent, error = time.monotonic(), ""
            try:
                if connection.closed:
                    connection = self._connect()
                connection.execute(sql, values)
            except psycopg.Error as problem:
                error = f"{type(problem).__name__}: {str(problem).splitlines()[0]}"
            self.queries.append(Query(due, sent, time.monotonic(), kind, error))
            self.begun.set()
            due += every

    def _connect(self) -> psycopg.Connection:
        # As Django does, no statement is prepared.
        return psycopg.connect(
            self.settings.url, autocommit=True, prepare_threshold=None, application_name="application"
        )


class Traffic:
    """The process, seen from the benchmark."""

    def __init__(self, process: subprocess.Popen[str], results: Path) -> None:
        self._process, self._results = process, results

    def deploy(self) -> None:
        self._tell({"deploy": True})

    def stop(self) -> list[Query]:
        """No query is due any more; returns all, when those that are late have been sent."""
        self._tell({"stop": True})
        self._process.wait(timeout=DRAIN + 20)
        return [Query(*json.loads(line)) for line in self._results.read_text().splitlines()]

    def _tell(self, order: dict[str, object]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()


@contextmanager
def traffic(settings: Settings, root: Path) -> Iterator[Traffic]:
    """Serves from the beginning of the context on, however long it takes to start; ends with it at the latest."""
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        serving = Traffic(process, Path(settings.results))
        serving._tell(asdict(settings))
        if not process.stdout.readline():
            raise RuntimeError("the application has ended before its first query")
        yield serving
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def main() -> None:
    settings = Settings(**json.loads(sys.stdin.readline()))
    application = Application(settings)
    application.begun.wait()
    print("serving", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("deploy"):
            application.deploy()
        if order.get("stop"):
            break
    application.stop()
    lines = (json.dumps([query.due, query.sent, query.done, query.kind, query.error]) for query in application.queries)
    Path(settings.results).write_text("\n".join(lines))


if __name__ == "__main__":
    main()
