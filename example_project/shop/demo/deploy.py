"""One deploy of release 2 under traffic, from the baseline before it to the calm after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from shop.demo import manage
from shop.demo.database import count_orders
from shop.demo.lockwaits import LockWatch, watch_locks
from shop.demo.measure import (
    AFTER,
    AFTERWARDS,
    BASELINE,
    BEFORE,
    REPORT,
    ROLLING,
    WATCHING,
    Phase,
    Run,
)
from shop.demo.recorder import Recorder
from shop.demo.screen import Screen
from shop.demo.workers import Fleet, Job, fleet


@dataclass(frozen=True)
class Way:
    """A way to deploy: which command runs before the workers are replaced, and which after."""

    name: str
    settings: str
    before: tuple[str, ...]
    after: tuple[str, ...] | None


OURS = Way("safemigrate", "config.settings", before=("safemigrate",), after=("safemigrate", "--after-deploy"))
STOCK = Way("stock migrate", "config.stock", before=("migrate",), after=None)


@dataclass(frozen=True)
class Load:
    """How much traffic, on how much data, for how long."""

    orders: int
    page_workers: int
    pages_per_second: float
    report_seconds: float
    report_every: float
    baseline: float
    between_workers: float
    tail: float

    def jobs(self) -> list[Job]:
        """In the order in which they are replaced. The slow report last: to let release 1's pages wait for it would
        add to the failures of the stock deploy.
        """
        every = self.page_workers / self.pages_per_second
        names = [f"web {number + 1}" for number in range(self.page_workers)]
        pages = [Job(name, "pages", every, orders=self.orders, report_seconds=0) for name in names]
        return [*pages, Job("report", REPORT, self.report_every, self.orders, self.report_seconds)]


SECONDS_INTO_THE_REPORT = 0.5

FULL = Load(
    orders=500_000, page_workers=4, pages_per_second=100, report_seconds=5.5, report_every=8,
    baseline=4, between_workers=0.5, tail=5,
)  # fmt: skip
QUICK = Load(
    orders=30_000, page_workers=2, pages_per_second=50, report_seconds=3, report_every=5,
    baseline=3, between_workers=0.2, tail=2,
)  # fmt: skip


def deploy(way: Way, load: Load, *, url: str, environment: Mapping[str, str], screen: Screen) -> Run:
    """Deploy release 2 to the database at ``url``, which is of release 1, and measure what requests saw."""
    environment = {**environment, "DATABASE_URL": url}
    release2 = {**environment, "SHOP_RELEASE": "2", "PGAPPNAME": way.name}
    recorder = Recorder()
    orders_before = count_orders(url)
    with (
        watch_locks(url) as locks,
        fleet(load.jobs(), settings=way.settings, environment=environment, recorder=recorder) as workers,
    ):
        clock = Clock(way.name, recorder, locks, screen)
        workers.start(release=1)
        with clock.ticking():
            with clock.phase(BASELINE):
                pause(load.baseline, workers)
                wait_for_a_report(load, workers)
            with clock.phase(BEFORE):
                manage.run_shown(*way.before, settings=way.settings, environment=release2, screen=screen)
                workers.check()
            with clock.phase(ROLLING):
                for name in workers.roll(release=2):
                    screen.line(f"    {name} now runs release 2")
                    pause(load.between_workers, workers)
            if way.after is not None:
                with clock.phase(WATCHING):
                    wait_for_a_report(load, workers)
                with clock.phase(AFTER):
                    manage.run_shown(*way.after, settings=way.settings, environment=release2, screen=screen)
            with clock.phase(AFTERWARDS):
                pause(load.tail, workers)
                workers.finish()
    requests = recorder.all()
    placed = sum(request.kind == "place" and not request.error for request in requests)
    return Run(
        name=way.name,
        requests=requests,
        phases=clock.phases,
        lock_waits=locks.waits(),
        lock_watch_gap=locks.longest_gap,
        orders_expected=orders_before + placed,
        orders_found=count_orders(url),
    )


def pause(seconds: float, workers: Fleet) -> None:
    """Wait, and notice when a worker is no more."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.25))
        workers.check()


def wait_for_a_report(load: Load, workers: Fleet) -> None:
    """Begin each phase while a report reads the table: the hard case, and the same one in every run."""
    since = (time.monotonic() - workers.began) % load.report_every
    pause(load.report_every - since + SECONDS_INTO_THE_REPORT, workers)


class Clock:
    """Notes when each phase began and ended, and tells the screen every second how it goes."""

    def __init__(self, name: str, recorder: Recorder, locks: LockWatch, screen: Screen) -> None:
        self.phases: list[Phase] = []
        self._name, self._recorder, self._locks, self._screen = name, recorder, locks, screen
        self._present = ""
        self._over = threading.Event()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._present = name
        began = time.monotonic()
        yield
        self.phases.append(Phase(name, began, time.monotonic()))

    @contextmanager
    def ticking(self) -> Iterator[None]:
        thread = threading.Thread(target=self._tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _tick(self) -> None:
        while not self._over.wait(1):
            second = self._recorder.since_last_look()
            self._screen.status(
                f"{self._name} | {self._present:<13} | {second.requests:3} requests | "
                f"{second.failed:3} failed | worst {1000 * second.worst:5.0f} ms | "
                f"{self._locks.waiting_now} waiting for a lock"
            )
