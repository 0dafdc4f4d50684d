"""A fill without a journal: where a schema editor of ours runs outside ``safemigrate``. Interrupted, it begins anew."""

from __future__ import annotations

import time

from django.db.transaction import atomic

from django_safemigrate.catalog.keys import Place, order_of
from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.asking import Asker
from django_safemigrate.doing.timeouts import session_timeouts, set_local_timeouts
from django_safemigrate.values.steps import Step

from .filler import Filler, filler_of
from .passes import FEW, PASSES, keep_coming


def fill_alone(connection: Connection, asker: Asker, name: str, step: Step) -> None:
    """Run a step of SQL until no row is left; a batch waits for the rows that others have locked.

    Raises ``LockUnavailable``, and ``SafeMigrateError`` when rows to fill keep coming.
    """
    assert step.goal is not None
    order = order_of(connection, step.locks[0].relation)
    filler = filler_of(connection, step, order, None)
    after, end = None, order.last(connection)
    for number in range(1, PASSES + 1):
        changed = _one_pass(asker, name, filler, after, end) if end else 0
        with session_timeouts(connection, lock=0):
            if not filler.any_left():
                return
            if number > 1 and not changed and end and filler.left(after, end):
                break
            after, end = order.around(connection, f"({filler.wrong})", FEW) or (None, order.last(connection))
    raise keep_coming(name, filler, number, effect=changed > 0)


def _one_pass(asker: Asker, name: str, filler: Filler, after: Place | None, end: Place) -> int:
    """How many rows were changed."""
    connection, order = filler.connection, filler.order
    pacing = Pacing(longest_wait=asker.policy.longest_timeout)
    changed, cursor = 0, after
    while cursor != end:
        upto, passed = order.ahead(connection, cursor, end, pacing.rows)

        def batch(timeout: float, cursor: Place | None = cursor, upto: Place = upto) -> int:
            with atomic(using=connection.alias):
                set_local_timeouts(connection, lock=timeout)
                return filler.fill(cursor, upto, skip_locked=False)

        started, attempts, waited = time.monotonic(), asker.account.attempts, asker.account.waited
        changed += asker.run(name, (), batch)
        took = time.monotonic() - started - (asker.account.waited - waited)
        pacing.took(took, full=passed > 0, busy=True)
        if asker.account.attempts > attempts + 1:
            pacing.refused()
        cursor = upto
        time.sleep(pacing.rest_after(took, busy=True))
    return changed
