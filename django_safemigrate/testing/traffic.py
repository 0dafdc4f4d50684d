"""Queries of a version that never stop while steps run: what users of the site would do meanwhile."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.db import models

from .exercise import Exercise
from .failures import Findings
from .options import Options
from .patience import Patience
from .scratch import Scratch
from .version import Model, Version
from .watching import Queries, caught, overdue


class Traffic:
    """A thread with a session of its own, whose rows nobody else writes to; ``start`` returns after its first round.

    It creates, reads, updates, lists and deletes in every table, one query after the other. ``patience`` says which of them
    has waited for a lock for too long. Nothing is tried twice.
    """

    def __init__(
        self,
        scratch: Scratch,
        database: str,
        version: Version,
        findings: Findings,
        options: Options,
        patience: Patience,
    ) -> None:
        self.version, self.findings, self.options, self.patience = version, findings, options, patience
        self.queries = Queries()
        self.rounds = 0
        self._scratch, self._database = scratch, database
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._round = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"traffic-{version.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._round.wait()

    def stop(self) -> None:
        """After the round that has begun; what it has written is in the ledger."""
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with self._scratch.connected(self._database, lock_timeout=self.options.endurance) as connection:
                connection.ensure_connection()
                connection.execute_wrappers.append(self.queries)
                pid = connection.connection.info.backend_pid
                with self.patience.watching(pid, self.queries, self._overdue):
                    while not self._over.is_set():
                        self._go_round()
                        self._round.set()
        except BaseException as error:
            self._error = error
        finally:
            self._round.set()

    def _go_round(self) -> None:
        for model in self.version.models:
            self._once(model)
            if self._over.is_set():
                break
        self.rounds += 1

    def _overdue(self) -> None:
        overdue(self.version, self.queries, self.findings, self.options.budget)

    def _once(self, model: Model) -> None:
        budget = self.options.budget
        with caught(self.version, model, "traffic", self.queries, self.findings, budget):
            row = self.version.make(model)
            self._pause()
            self._use(model, row)

    def _use(self, model: Model, row: models.Model) -> None:
        version = self.version
        entity = version.entity(model)
        mine = version.objects(model).filter(pk=row.pk)
        mine.get()
        self._pause()
        fresh = version.unsaved(model)
        with version.ledger.unsettled(entity, row.pk):
            for field in Exercise.changeable(model):
                setattr(row, field.attname, getattr(fresh, field.attname))
            row.save(using=version.alias)
            version.note(row)
        self._pause()
        list(version.objects(model).order_by("-pk")[:5])
        self._pause()
        if version.is_permanent(row):
            return
        key: Any = row.pk
        with version.ledger.unsettled(entity, key):
            row.delete(using=version.alias)
            version.ledger.deleted(entity, [key])
        self._pause()

    def _pause(self) -> None:
        time.sleep(self.options.pause)
