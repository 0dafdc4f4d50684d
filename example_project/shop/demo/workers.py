"""The parent's side of the worker processes: start, replace one by one, collect what they measured."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from shop.demo import manage
from shop.demo.measure import REPORT, Request
from shop.demo.protocol import READY, STOPPED
from shop.demo.recorder import Recorder

SECONDS_TO_START = 300
SECONDS_TO_FINISH_A_REQUEST = 300


class WorkerFailed(Exception):
    """A worker process ended, or did not answer, without having been told to stop."""


@dataclass(frozen=True)
class Job:
    """What one worker does, in whichever release."""

    name: str
    kind: str
    every: float
    orders: int
    report_seconds: float


class Worker:
    """One process that serves one job with one release's code."""

    def __init__(
        self, job: Job, *, release: int, settings: str, environment: Mapping[str, str], recorder: Recorder
    ) -> None:
        self.job = job
        self._recorder = recorder
        self._ready, self._stopped, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._next_due: float | None = None
        self._output: deque[str] = deque(maxlen=30)
        self._process = manage.start(
            "worker", job.kind, f"--every={job.every}", f"--orders={job.orders}",
            f"--report-seconds={job.report_seconds}",
            settings=settings,
            environment={
                **environment,
                "SHOP_RELEASE": str(release),
                "PGAPPNAME": f"shop {job.name} release {release}",
            },
            stdin=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("["):
                self._recorder.add(Request.from_line(line))
            elif line.startswith(READY):
                self._ready.set()
            elif line.startswith(STOPPED):
                self._next_due = float(line.split()[1])
                self._stopped.set()
            else:
                self._output.append(line)
        for event in (self._ended, self._ready, self._stopped):
            event.set()

    def wait_until_ready(self) -> None:
        self._ready.wait(SECONDS_TO_START)
        self.check()

    def begin(self, due: float) -> None:
        """Serve the first request at ``due``."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{due}\n")
        self._process.stdin.flush()

    def finish(self) -> float:
        """Let it finish its request; returns when its next would have been due. The process then ends."""
        self._process.terminate()
        self._stopped.wait(SECONDS_TO_FINISH_A_REQUEST)
        if self._next_due is None:
            raise self._failure()
        return self._next_due

    def check(self) -> None:
        if self._ended.is_set() or not self._ready.is_set():
            raise self._failure()

    def kill(self) -> None:
        """End it at once; does nothing when it has ended."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _failure(self) -> WorkerFailed:
        try:
            what = f"ended with exit status {self._process.wait(1)}"
        except subprocess.TimeoutExpired:
            what = "does not answer"
        output = "".join(self._output) or "It wrote nothing."
        return WorkerFailed(f"The worker {self.job.name} {what}, without having been told to stop.\n{output}")


class Fleet:
    """All workers of a shop."""

    def __init__(self, jobs: list[Job], *, settings: str, environment: Mapping[str, str], recorder: Recorder) -> None:
        self.began = 0.0
        self._jobs = jobs
        self._settings, self._environment, self._recorder = settings, environment, recorder
        self._workers: dict[str, Worker] = {}
        self._started: list[Worker] = []

    def start(self, *, release: int) -> None:
        for job in self._jobs:
            self._workers[job.name] = self._new(job, release)
        for worker in self._workers.values():
            worker.wait_until_ready()
        self.began = time.monotonic()
        for number, worker in enumerate(self._workers.values()):
            evenly_spread = 0.0 if worker.job.kind == REPORT else worker.job.every * number / len(self._jobs)
            worker.begin(self.began + evenly_spread)

    def roll(self, *, release: int) -> Iterator[str]:
        """Replace the workers one by one; yields the name of each that was replaced.

        The new process is up before the old one stops, and goes on with the request that was due there next.
        """
        for job in self._jobs:
            new = self._new(job, release)
            new.wait_until_ready()
            new.begin(self._workers[job.name].finish())
            self._workers[job.name] = new
            yield job.name

    def finish(self) -> None:
        """Stop all; the report, which is slow, first, so that there are pages until the end."""
        for worker in reversed(self._workers.values()):
            worker.finish()

    def check(self) -> None:
        for worker in self._workers.values():
            worker.check()

    def kill(self) -> None:
        for worker in self._started:
            worker.kill()

    def _new(self, job: Job, release: int) -> Worker:
        worker = Worker(
            job,
            release=release,
            settings=self._settings,
            environment=self._environment,
            recorder=self._recorder,
        )
        self._started.append(worker)
        return worker


@contextmanager
def fleet(jobs: list[Job], *, settings: str, environment: Mapping[str, str], recorder: Recorder) -> Iterator[Fleet]:
    """A fleet of which no process is left when the context ends, however it ends."""
    workers = Fleet(jobs, settings=settings, environment=environment, recorder=recorder)
    try:
        yield workers
    finally:
        workers.kill()
