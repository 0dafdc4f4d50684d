"""Tables with many rows, so that durations mean something: rows that nobody has written down, and nobody looks at singly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import Error, models
from django.db.backends.base.base import BaseDatabaseWrapper

from .failures import CannotRehearse
from .options import Options
from .parents import refers
from .uniqueness import unique_names
from .version import Model, Version

BATCH = 1000


def enlarge(
    version: Version, connection: BaseDatabaseWrapper, options: Options, tell: Callable[[str, str], None]
) -> list[str]:
    """Add ``options.large`` rows to each table of a version, for as long as ``options.filling`` allows; the planner counts
    them. Returns remarks on tables that have fewer. From now on only rows of the ledger are read for comparison."""
    version.enlarged = True
    remarks = []
    until = time.monotonic() + options.filling
    for model in version.models:
        label = model._meta.label
        reason = _cannot(version, model)
        made = 0
        if not reason:
            for made in _added(version, model, connection, options.large):
                tell("filling the tables", f"{label}: {made:,} of {options.large:,} rows")
                if time.monotonic() > until and made < options.large:
                    reason = f"the time for filling ({options.filling:g} s) was over"
                    break
        if reason:
            remarks.append(f"{label} has {made:,} rows of the {options.large:,} asked for: {reason}.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return remarks


def _cannot(version: Version, model: Model) -> str:
    if model._meta.parents:
        return "its rows are in several tables"
    unique = unique_names(model)
    if any(refers(version, field) and (field.unique or field.name in unique) for field in model._meta.concrete_fields):
        return "each of its rows needs another row of another table"
    return ""


def _added(version: Version, model: Model, connection: BaseDatabaseWrapper, wanted: int) -> Iterator[int]:
    """How many rows there are so far, after each batch."""
    made = 0
    copied = _is_copied(model)
    first = (version.objects(model).aggregate(last=models.Max("pk"))["last"] or 0) if copied else None
    while made < wanted and not (made and copied):
        count = min(BATCH, wanted - made)
        try:
            version.objects(model).bulk_create([version.unsaved(model) for _ in range(count)])
        except Error as error:
            raise CannotRehearse(
                f"The check cannot make {wanted:,} rows for {model._meta.label}, which says nothing about the migrations: "
                f'{str(error).strip()}\nGive it a factory: {{"{model._meta.label}": lambda number: {{...}}}}'
            ) from error
        made += count
        yield made
    while made < wanted:
        made += _copy(model, connection, first, wanted - made)
        yield made


def _is_copied(model: Model) -> bool:
    """Whether a row may be there twice, but for a key that the database counts."""
    unique = unique_names(model) - {model._meta.pk.name}
    fields: list[Any] = list(model._meta.local_concrete_fields)
    alone = any(field.unique and not field.primary_key for field in fields)
    return isinstance(model._meta.pk, models.AutoField) and not unique and not alone


def _copy(model: Model, connection: BaseDatabaseWrapper, first: Any, most: int) -> int:
    """Copy rows after the key ``first``, as many as there are and at most so many; how many that were."""
    quote = connection.ops.quote_name
    fields: list[Any] = [its for its in model._meta.local_concrete_fields if not its.primary_key]
    columns = ", ".join(quote(its.column) for its in fields if not getattr(its, "generated", False))
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    into = f"INSERT INTO {table} ({columns}) SELECT {columns}" if columns else f"INSERT INTO {table} ({key}) SELECT "
    if not columns:
        into += f"nextval(pg_get_serial_sequence('{table}', '{model._meta.pk.column}'))"
    with connection.cursor() as cursor:
        cursor.execute(f"{into} FROM {table} WHERE {key} > %s LIMIT %s", [first, most])
        return int(cursor.rowcount)
