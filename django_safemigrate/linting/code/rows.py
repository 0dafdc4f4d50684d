"""Findings about code that goes over whole tables (SM301 to SM303)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Finding
from django_safemigrate.values.rates import format_about, seconds_of, typical_size
from django_safemigrate.values.steps import Work
from django_safemigrate.values.tables import table_of

from .codes import LOADS_ALL, UPDATES_ALL, WRITES_EACH
from .examined import Examined
from .facts import Fact, Kind
from .places import place_of
from .values import Model

# Tables of Django's own that nobody has many rows in.
SMALL = {("auth", "group"), ("auth", "permission"), ("contenttypes", "contenttype"), ("sites", "site")}

_LOCKED = (
    "Each row that it has changed stays locked until the end of the transaction, and whoever wants to change one waits so "
    "long. VACUUM is held back meanwhile, and all is lost if it fails."
)
# A condition of ours; one that is written as models.Q has its import.
_Q = re.compile(r"(?<![\w.])Q\(")
_DONE = {"update": "updates", "delete": "deletes", "_raw_delete": "deletes"}


def findings(inspected: Inspected, one: Examined) -> Iterator[Finding]:
    """Each table once for each of the codes; one that is written is not said to be read as well."""
    seen: set[tuple[object, ...]] = set()
    facts = [fact for fact in one.facts if fact.model is not None and _counts(inspected, one, fact, fact.model)]
    written = {fact.model.key for fact in facts if fact.model and fact.kind in {Kind.UPDATES, Kind.WRITES_EACH}}
    for fact in facts:
        assert fact.model is not None
        if fact.kind not in _FINDINGS or (fact.kind is Kind.LOADS and fact.model.key in written):
            continue
        key = (fact.kind, fact.model.key, fact.node if fact.kind is Kind.UPDATES else None)
        if key not in seen:
            seen.add(key)
            yield from _FINDINGS[fact.kind](inspected, one, fact, fact.model)


def _counts(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> bool:
    """Whether its table is in use, and may be large; and whether most of its rows may be meant."""
    known = one.state.models.get(model.key)
    if known is None or model.key in one.made or model.key in SMALL or _are_few(one, fact, model):
        return False
    table = table_of(known)
    return table not in inspected.new_tables and not _is_small(inspected, table)


def _are_few(one: Examined, fact: Fact, model: Model) -> bool:
    """Whether rows that have nothing in a field are the exception: the table was made with it, or it came with a value."""
    later, fields = one.later() if fact.nothing else None, one.state.models[model.key].fields
    if later is None:
        return False
    own = {
        **{name: name for name in fields},
        **{f"{name}_id": name for name, field in fields.items() if field.is_relation},
    }
    return any(
        all(name in own and not later.may_be_everywhere(model.key, own[name], value) for name, value in nothing)
        for nothing in fact.nothing
    )


def _is_small(inspected: Inspected, table: str) -> bool:
    size = inspected.conditions.sizes.get(table)
    return size is not None and inspected.conditions.small.allows(size.rows, size.bytes)


def _updates(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> Iterator[Finding]:
    table = table_of(one.state.models[model.key])
    instead = _backfill(inspected, fact, model)
    if fact.detail != "update":
        instead = _deleting(model)
    yield inspected.finding(
        UPDATES_ALL,
        f"{one.name} {_DONE[fact.detail]} all rows of {table} in one statement.",
        f"{_LOCKED} {_how_long(inspected, table)}",
        instead,
        operation=one.path,
        table=table,
        place=place_of(inspected, one, fact),
    )


def _writes(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> Iterator[Finding]:
    if not one.atomic:
        return  # row by row, each in a transaction of its own: slow, but nobody waits
    table = table_of(one.state.models[model.key])
    yield inspected.finding(
        WRITES_EACH,
        f"{one.name} {_written(fact, table)}, in one transaction.",
        f"{_LOCKED} {_how_long(inspected, table)}",
        _backfill(inspected, fact, model) or _ROW_BY_ROW,
        operation=one.path,
        table=table,
        place=place_of(inspected, one, fact),
    )


def _written(fact: Fact, table: str) -> str:
    if fact.detail == "bulk_update()":
        return f"puts all rows of {table} through bulk_update()"
    return f"goes through all rows of {table} and calls {fact.detail} for each"


def _loads(inspected: Inspected, one: Examined, fact: Fact, model: Model) -> Iterator[Finding]:
    table = table_of(one.state.models[model.key])
    yield inspected.finding(
        LOADS_ALL,
        f"{one.name} has all rows of {table} in memory at once ({fact.detail}).",
        "The process that migrates may run out of memory, and its transaction is open for as long as it reads.",
        f"for row in {model.name}.objects.using(schema_editor.connection.alias).iterator(chunk_size=2000): ...",
        operation=one.path,
        table=table,
        place=place_of(inspected, one, fact),
    )


_FINDINGS = {Kind.UPDATES: _updates, Kind.WRITES_EACH: _writes, Kind.LOADS: _loads}

_ROW_BY_ROW = (
    "Do it in short transactions: atomic = False in the class Migration, and code that can be repeated, some thousand rows "
    "at a time; or in a management command."
)


def _backfill(inspected: Inspected, fact: Fact, model: Model) -> str:
    if not fact.instead:
        return ""
    elsewhere = model.app_label != inspected.migration.app_label
    where = f"  # in a migration of {model.app_label}" if elsewhere else ""
    conditions = "from django.db.models import Q\n\n" if _Q.search(fact.instead) else ""
    return f"{conditions}from django_safemigrate.operations import Backfill{where}\n\n{fact.instead}"


def _deleting(model: Model) -> str:
    return (
        f"In short transactions, with atomic = False in the class Migration:\n\n"
        f'while {model.name}.objects.filter(pk__in={model.name}.objects.values("pk")[:1000]).delete()[0]:\n    pass'
    )


def _how_long(inspected: Inspected, table: str) -> str:
    """As fast as a fill would be without its rests, which are half of its time."""
    size = inspected.conditions.sizes.get(table)
    seconds = (seconds_of(Work.ROWS, size or typical_size(10_000_000)) or 0) / 2
    if size is None:
        return f"With 10 million rows that is {format_about(seconds)}."
    return f"{table} has {size}: that is {format_about(seconds)}."
