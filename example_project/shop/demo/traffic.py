"""Inside a worker process: serve one request after another, each at its time, and say how it went.

The parent and the worker talk in lines. The worker says ``ready``, is told when its first request is due,
writes every request as it ends, and on SIGTERM finishes the one at hand and says when the next would have
been due: the worker that replaces it begins there, so that no request is lost between the two or made twice.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType

from django.conf import settings
from django.db import connection, transaction

from shop import requests
from shop.demo.database import CUSTOMERS, PRODUCTS
from shop.demo.measure import REPORT, Request
from shop.demo.protocol import READY, STOPPED

Page = Callable[[], object]


def serve(*, kind: str, every: float, orders: int, report_seconds: float) -> None:
    """Serve ``kind`` (``pages`` or ``report``) every so many seconds until SIGTERM."""
    stopping = _notice_sigterm()
    pages = _reports(report_seconds) if kind == REPORT else _pages(orders)
    _say(READY)
    due = float(sys.stdin.readline())
    while not stopping():
        time.sleep(max(0.0, due - time.monotonic()))
        if stopping():
            break
        name, page = random.choice(list(pages.items()))
        error = _failure_of(page)
        _say(Request(name, settings.SHOP_RELEASE, due, time.monotonic() - due, error).to_line())
        due += every
    _say(f"{STOPPED} {due}")


def _notice_sigterm() -> Callable[[], bool]:
    noticed = False

    def notice(signum: int, frame: FrameType | None) -> None:
        nonlocal noticed
        noticed = True

    signal.signal(signal.SIGTERM, notice)
    return lambda: noticed


def _say(line: str) -> None:
    print(line, flush=True)


def _failure_of(page: Page) -> str:
    """What the user's error page would say; empty when the request went well."""
    connection.close_if_unusable_or_obsolete()  # as Django does between requests
    try:
        page()
    except Exception as error:
        cause = error.__cause__ or error
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    return ""


def _reports(seconds: float) -> dict[str, Page]:
    connection.ensure_connection()
    return {REPORT: lambda: requests.report_sales(seconds)}


def _pages(orders: int) -> dict[str, Page]:
    """Pages for a random customer, product or order each time.

    Only the first ``orders`` orders are asked for: after these, a request that was rolled back leaves a gap.
    """

    def some(last: int) -> int:
        return random.randint(1, last)

    pages: dict[str, Page] = {
        "list": lambda: requests.list_orders_of_customer(some(CUSTOMERS)),
        "show": lambda: requests.show_order(some(orders)),
        "place": lambda: requests.place_order(some(CUSTOMERS), some(PRODUCTS)),
        "update": lambda: requests.update_status(some(orders), random.choice(requests.STATUSES)),
    }
    _warm_up(pages.values())
    return pages


def _warm_up(pages: Iterable[Page]) -> None:
    """Each page once, and nothing kept: what a load balancer's health check is for.

    A process needs a tenth of a second for its first page, which would be counted as a wait otherwise.
    """
    with transaction.atomic():
        for page in pages:
            page()
        transaction.set_rollback(True)
