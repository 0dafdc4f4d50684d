"""What is done to the rows of a batch: a statement, or code of somebody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.keys import Order, Place
from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.relations import has_rules
from django_safemigrate.values.goals import NoRows
from django_safemigrate.values.steps import Step

from .writing import write


class RowsFunction(Protocol):
    """Code that sets attributes of rows: ``fields`` of ``model`` are written when it has been called."""

    model: type[Model]
    fields: Sequence[str]

    def __call__(self, rows: list[Any]) -> None: ...


@dataclass(frozen=True)
class Filler:
    """A fill of a table: the rows that meet ``wrong`` are changed by ``sql``, to which a range is added, or by ``code``.

    ``ruled``: the table has rules, with which no UPDATE can be a part of another statement (manual, "CREATE RULE")."""

    connection: Connection
    order: Order
    table: str
    wrong: str
    sql: str = ""
    code: RowsFunction | None = None
    ruled: bool = False

    def as_statement(self, after: Place | None, upto: Place) -> str:
        """The UPDATE of a range, to be a part of another statement; empty where it cannot be one."""
        if self.code is not None or self.ruled:
            return ""
        return f"{self.sql} AND {self.order.between(self.connection, after, upto)}"

    def fill(self, after: Place | None, upto: Place, *, skip_locked: bool) -> int:
        """In the open transaction: change what is wrong in a range; how many rows that were.

        ``skip_locked``: leave out the rows that others have locked. Their lock is that of an UPDATE which changes no key:
        nobody waits for it who only refers to the row.
        """
        within = self.order.between(self.connection, after, upto)
        if self.code is not None:
            return self._by_code(self.code, within, skip_locked=skip_locked)
        if skip_locked:
            row = self.order.row
            free = f"SELECT {row.strip('()')} FROM {self.table} WHERE ({self.wrong}) AND {within} {_SKIPPING}"
            within = f"{within} AND {row} IN ({free})"
        return self._execute(f"{self.sql} AND {within}")

    def any_left(self) -> bool:
        """Whether any row of the table is (still) wrong: a scan."""
        return not reached(NoRows(self.table, self.wrong), self.connection)

    def left(self, after: Place | None, upto: Place) -> int:
        """How many rows of a range are (still) wrong."""
        within = self.order.between(self.connection, after, upto)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.table} WHERE ({self.wrong}) AND {within}", None)
            return int(cursor.fetchone()[0])

    def _by_code(self, code: RowsFunction, within: str, *, skip_locked: bool) -> int:
        meta = code.model._meta
        quote = self.connection.ops.quote_name
        names = ", ".join(f"{self.table}.{quote(field.column or '')}" for field in meta.pk_fields)
        how = _SKIPPING if skip_locked else _LOCKING
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {self.table} WHERE ({self.wrong}) AND {within} {how}", None)
            keys = [key if len(key) > 1 else key[0] for key in cursor.fetchall()]
        if not keys:
            return 0
        rows = list(code.model._base_manager.using(self.connection.alias).filter(pk__in=keys).order_by("pk"))
        code(rows)
        return write(self.connection, code.model, code.fields, rows)

    def _execute(self, sql: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, None)
            return int(cursor.rowcount)


_LOCKING = "FOR NO KEY UPDATE"
_SKIPPING = "FOR NO KEY UPDATE SKIP LOCKED"


def filler_of(connection: Connection, step: Step, order: Order, code: RowsFunction | None) -> Filler:
    """What a step of the kind ``Work.ROWS`` does."""
    assert isinstance(step.goal, NoRows)
    table = step.goal.table
    return Filler(
        connection,
        order,
        table,
        step.goal.condition,
        step.sql,
        code,
        ruled=code is None and has_rules(connection, table),
    )
