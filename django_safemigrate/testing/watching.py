"""Queries as they go by: the last one, how many, the slowest; and what becomes of one that fails."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, models

from .failures import LOCK_NOT_AVAILABLE, Failure, Findings, diagnosed, meaning, sqlstate, too_long
from .version import Version


@dataclass
class Queries:
    """Put into ``connection.execute_wrappers``. ``model`` and ``activity``: what they are for."""

    count: int = 0
    slowest: float = 0.0
    last: str = ""
    failed: str = ""
    model: str = ""
    activity: str = ""
    _begun: float = 0.0  # of the query that runs; 0: none does
    _marked: float = 0.0
    _longest: float = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        self.last = f"{sql} -- {params!r}" if params else str(sql)
        self._begun = started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        except Exception:
            self.failed = self.last
            raise
        finally:
            now, self._begun = time.perf_counter(), 0.0
            self.slowest = max(self.slowest, now - started)
            self._longest = max(self._longest, now - max(started, self._marked))

    def mark(self) -> None:
        """From now on is what ``longest_since_mark`` is asked about. By another thread than that of the queries."""
        self._marked, self._longest = time.perf_counter(), 0.0

    def longest_since_mark(self) -> float:
        """How long the longest query has taken since then, in seconds; of one that still runs, so far."""
        begun = self._begun
        running = time.perf_counter() - max(begun, self._marked) if begun else 0.0
        return max(self._longest, running)


@contextlib.contextmanager
def caught(
    version: Version, model: type[models.Model], activity: str, queries: Queries, findings: Findings, budget: float
) -> Iterator[None]:
    """A failing query becomes a finding, and the next activity goes on."""
    queries.failed, queries.model, queries.activity = "", model._meta.label, activity
    try:
        yield
    except (Error, ObjectDoesNotExist) as error:
        column = diagnosed(error, "column_name") if isinstance(error, Error) else ""
        findings.add(
            Failure(
                meaning(error, version.name, version.columns(model), budget),
                version=version.name,
                model=model._meta.label,
                field=column or _column_in(str(error)),
                activity=activity,
                statement=queries.failed or queries.last,
                message=f"{type(error).__name__}: {str(error).strip()}" + (" (lock)" if _waited(error) else ""),
            )
        )


def overdue(version: Version, queries: Queries, findings: Findings, budget: float) -> None:
    """The query that runs has waited for a lock for too long."""
    what = too_long(version.name, budget)
    findings.add(
        Failure(
            what,
            version=version.name,
            model=queries.model,
            activity=queries.activity,
            statement=queries.last,
        )
    )


def _waited(error: BaseException) -> bool:
    return sqlstate(error) == LOCK_NOT_AVAILABLE


def _column_in(message: str) -> str:
    """The column that PostgreSQL and SQLite name only in the words of an error; for people, nothing is decided by it."""
    words = message.replace('"', " ").replace(":", " ").split()
    if "column" in words and words.index("column") + 1 < len(words):
        return words[words.index("column") + 1].rpartition(".")[2]
    return ""
