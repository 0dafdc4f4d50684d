"""Rows filled through Django alone, 500 at a time: with plain ``migrate``, on other servers, on new tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ExpressionWrapper, Model, Q, QuerySet, Value
from django.db.transaction import atomic

BATCH = 500  # rows


class Filler(Protocol):
    """What is done to some rows of a model."""

    model: type[Model]

    def needing(self, rows: QuerySet[Any], where: Q | None) -> QuerySet[Any]:
        """Those of the rows that are to be filled."""

    def fill(self, rows: QuerySet[Any]) -> None:
        """In a transaction: change a batch of them."""


@dataclass
class CodeOnRows:
    """``function`` sets ``fields`` of rows of ``model``."""

    model: type[Model]
    fields: Sequence[str]
    function: Callable[[list[Any]], object]

    def __call__(self, rows: list[Any]) -> None:
        self.function(rows)

    def __str__(self) -> str:
        return f"{getattr(self.function, '__module__', '?')}.{getattr(self.function, '__qualname__', '?')}"

    def needing(self, rows: QuerySet[Any], where: Q | None) -> QuerySet[Any]:
        return rows.filter(where or Q())

    def fill(self, rows: QuerySet[Any]) -> None:
        found = list(rows.select_for_update().order_by("pk"))
        self(found)
        self.model._base_manager.using(rows.db).bulk_update(found, list(self.fields))


@dataclass
class Expressions:
    """``values`` are written into rows of ``model``."""

    model: type[Model]
    values: Mapping[str, Any]

    def needing(self, rows: QuerySet[Any], where: Q | None) -> QuerySet[Any]:
        if where is not None:
            return rows.filter(where)
        empty = Q()
        for name, value in self.values.items():
            field: Any = self.model._meta.get_field(name)
            expression = value if hasattr(value, "resolve_expression") else Value(value)
            rows = rows.alias(**{f"to_be_{name}": ExpressionWrapper(expression, output_field=field)})
            empty |= Q(**{f"{name}__isnull": True, f"to_be_{name}__isnull": False})
        return rows.filter(empty)

    def fill(self, rows: QuerySet[Any]) -> None:
        rows.update(**self.values)


def fill_plainly(connection: BaseDatabaseWrapper, filler: Filler, where: Q | None) -> None:
    """Go through the rows in the order of their primary keys; those that come in behind the last one, too."""
    everything = filler.model._base_manager.using(connection.alias)
    for keys in _batches(filler.needing(everything.all(), where)):
        with atomic(using=connection.alias):
            filler.fill(filler.needing(everything.filter(pk__in=keys), where))


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    ordered, last = rows.order_by("pk"), None
    while True:
        after = ordered if last is None else ordered.filter(pk__gt=last)
        keys = list(after.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]
