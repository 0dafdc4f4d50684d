"""A step, run under the lock policy in the way that its work asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db.transaction import atomic

from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.relations import lockable
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step, Work

from .asking import Asker
from .backfill.alone import fill_alone
from .concurrently import run_concurrently, run_scan
from .locking import lock_tables
from .timeouts import set_local_timeouts


def run_step(
    connection: Connection,
    asker: Asker,
    name: str,
    step: Step,
    finish: Callable[[], None] = lambda: None,
) -> None:
    """Run a step (not one of code) until it is done. ``finish`` marks it: in its transaction, where it has one.

    There the mark comes first, so that the statement's locks are held for the statement and the commit alone. ``name`` is
    that of the migration, for reports. Raises ``LockUnavailable``, and what the server refuses.
    """
    if step.work is Work.SCAN:
        run_scan(connection, asker, name, step, finish)
    elif step.transactional:
        _run_in_transaction(connection, asker, name, step, finish)
    else:
        run = fill_alone if step.work is Work.ROWS else run_concurrently
        run(connection, asker, name, step)
        finish()


def _run_in_transaction(
    connection: Connection, asker: Asker, name: str, step: Step, finish: Callable[[], None]
) -> None:
    first = _taken_first(connection, step)
    strong = any(lock.mode.makes_others_wait for lock in step.locks)

    def attempt(timeout: float) -> None:
        with atomic(using=connection.alias):
            set_local_timeouts(connection, lock=timeout, wait_for_standbys=not strong)
            finish()
            if first:
                lock_tables(connection, first, timeout)
            asker.execute(step.sql)

    asker.run(name, step.locks, attempt, tables=max(1, len(first)))


def _taken_first(connection: Connection, step: Step) -> Sequence[RelationLock]:
    """The tables that a statement would lock one after the other, waiting for each on its own: to be locked before it, within
    one request. None where it is a single one."""
    strong: dict[str, RelationLock] = {}
    for lock in step.locks:
        if lock.mode.makes_others_wait and (known := strong.get(lock.relation, lock)).mode <= lock.mode:
            strong[known.relation] = lock
    if len(strong) < 2:
        return ()
    may_lock = lockable(connection, list(strong))
    first = [lock for relation, lock in strong.items() if relation in may_lock]
    return first if len(first) > 1 else ()
