"""Collects the requests of all workers while they run."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from shop.demo.measure import REPORT, Request


@dataclass(frozen=True)
class Second:
    """What ended since the last look."""

    requests: int
    failed: int
    worst: float


class Recorder:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._seen = 0

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    def all(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def since_last_look(self) -> Second:
        with self._lock:
            new, self._seen = self._requests[self._seen :], len(self._requests)
        pages = [request for request in new if request.kind != REPORT]
        return Second(
            requests=len(new),
            failed=sum(bool(request.error) for request in new),
            worst=max((request.latency for request in pages), default=0.0),
        )
