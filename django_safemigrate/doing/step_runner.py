"""A step, run under the lock policy in the way that its work asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.db.transaction import atomic

from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.steps import Step, Work

from .asking import Asked, Asker
from .concurrently import run_concurrently, run_scan
from .filling import run_in_batches
from .timeouts import set_local_timeouts


def run_step(
    connection: Connection,
    asker: Asker,
    name: str,
    step: Step,
    finish: Callable[[], None] = lambda: None,
) -> Asked:
    """Run a step (not one of code) until it is done, and then ``finish``: in its transaction, where it has one.

    ``name`` is that of the migration, for reports. Raises ``LockUnavailable``, and what the server refuses.
    """
    if step.work is Work.SCAN:
        return run_scan(connection, asker, name, step, finish)
    if step.transactional:
        _, asked = asker.run(name, step.locks, lambda timeout: _execute(connection, asker, step, timeout, finish))
        return asked
    run = run_in_batches if step.work is Work.ROWS else run_concurrently
    asked = run(connection, asker, name, step)
    finish()
    return asked


def _execute(connection: Connection, asker: Asker, step: Step, timeout: float, finish: Callable[[], None]) -> None:
    with atomic(using=connection.alias):
        set_local_timeouts(connection, lock=timeout, deadlock=asker.deadlock_timeout)
        asker.execute(step.sql)
        finish()
