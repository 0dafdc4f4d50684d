"""Random changes of random models: what a developer does to them between two releases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from .models import (
    FIELDS,
    KINDS,
    NAMES,
    Column,
    Table,
    Tables,
    any_column,
    checks,
    field_sets,
    pairs_of_fields,
    tables,
)

# Types that a column may become, and others that nobody can share with the old one.
BECOMES = {
    "char": ["longer", "text"],
    "longer": ["text", "char"],
    "decimal": ["precise"],
    "precise": ["decimal"],
    "positive": ["integer", "big"],
    "integer": ["positive", "big", "text"],
    "small": ["integer"],
    "big": ["integer"],
    "date": ["moment"],
    "foreign": ["single"],
    "single": ["foreign"],
}
TOGGLED = ("null", "db_index", "unique", "default", "db_default", "help_text", "db_comment", "db_constraint", "kind")
CHANGES = (
    *("add", "add", "remove", "remove", "alter", "alter", "alter", "index", "unique", "together", "check"),
    *("model", "gone", "rename field", "rename model", "comment"),
)


@dataclass
class Pair:
    """Two versions, and what was renamed on the way: fields by model, and models."""

    old: Tables
    new: Tables
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)


@st.composite
def pairs(draw: st.DrawFn, most: int = 10) -> Pair:
    old = draw(tables())
    pair = Pair(old, dict(old))
    for _ in range(draw(st.integers(1, most))):
        _change(draw, pair, draw(st.sampled_from(CHANGES)))
    return pair


def _change(draw: st.DrawFn, pair: Pair, what: str) -> None:
    new = pair.new
    if what == "model":
        free = [name for name in NAMES if name not in new and name not in pair.models]
        if free:
            new[free[0]] = Table({"a": draw(any_column(free[0], [*new, free[0]]))})
    elif what == "gone":
        if len(new) > 1:
            _remove(new, draw(st.sampled_from(sorted(new))))
    elif what == "rename model":
        _rename_model(draw, pair)
    else:
        name = draw(st.sampled_from(sorted(new)))
        new[name] = _changed_table(draw, pair, name, what)


def _remove(new: Tables, name: str) -> None:
    del new[name]
    for other, table in new.items():
        new[other] = table.with_columns({key: its for key, its in table.columns.items() if its.to != name})


def _rename_model(draw: st.DrawFn, pair: Pair) -> None:
    """Only one that keeps its table, and one that no table in between is named after."""
    in_between = {name for name, table in pair.new.items() if any(its.kind == "many" for its in table.columns.values())}
    in_between |= {its.to for table in pair.new.values() for its in table.columns.values() if its.kind == "many"}
    known = [
        name for name in pair.new if name in pair.old and name not in in_between and name not in pair.models.values()
    ]
    free = [name for name in NAMES if name not in pair.new and name not in pair.old]
    if not known or not free:
        return
    old, new = draw(st.sampled_from(sorted(known))), free[0]
    table = pair.new.pop(old)
    pair.new[new] = replace(table, table=table.table or f"shop_{old.lower()}")
    pair.models[old] = new
    for other, its_table in pair.new.items():
        renamed = {key: replace(its, to=new) if its.to == old else its for key, its in its_table.columns.items()}
        pair.new[other] = replace(its_table, columns=renamed)


def _changed_table(draw: st.DrawFn, pair: Pair, name: str, what: str) -> Table:
    table = pair.new[name]
    others = sorted(pair.new)
    if what == "add":
        free = [own for own in FIELDS if own not in table.columns]
        return (
            table.with_columns({**table.columns, draw(st.sampled_from(free)): draw(any_column(name, others))})
            if free
            else table
        )
    if what == "index":
        return replace(table, indexes=draw(field_sets(table)))
    if what == "unique":
        return replace(table, uniques=draw(field_sets(table)))
    if what == "together":
        return replace(table, together=draw(pairs_of_fields(table)))
    if what == "check":
        return replace(table, checked=draw(checks(table)))
    if what == "comment":
        return replace(table, comment="" if table.comment else "Comment")
    if not table.columns:
        return table
    own = draw(st.sampled_from(sorted(table.columns)))
    if what == "remove":
        return table.with_columns({key: its for key, its in table.columns.items() if key != own})
    if what == "rename field":
        return _renamed(draw, pair, name, own)
    return table.with_columns({**table.columns, own: _altered(draw, table.columns[own])})


def _renamed(draw: st.DrawFn, pair: Pair, name: str, own: str) -> Table:
    """With its column kept; a field that is in no index, which would be renamed with it."""
    table = pair.new[name]
    before = pair.old.get(name)
    named = {
        one for sets in (table.indexes, table.uniques, table.together) for its in sets for one in its
    } | table.checked
    free = [key for key in FIELDS if key not in table.columns and not (before and key in before.columns)]
    column = table.columns[own]
    if own in named or not free or column.kind == "many" or before is None or own not in before.columns:
        return table
    new = draw(st.sampled_from(free))
    kept = column.having(db_column=column.option("db_column") or (f"{own}_id" if column.to else own))
    pair.fields.setdefault(name, {})[own] = new
    return table.with_columns({**{key: its for key, its in table.columns.items() if key != own}, new: kept})


def _altered(draw: st.DrawFn, column: Column) -> Column:
    what = draw(st.sampled_from(TOGGLED))
    if what == "kind":
        becomes = BECOMES.get(column.kind, [])
        if not becomes:
            return column
        kind = draw(st.sampled_from(becomes))
        shared = {"null", "db_column", "db_constraint", "help_text", "db_comment"}
        kept = tuple(item for item in column.options if item[0] in shared)
        return Column(kind, kept, column.to)
    if what == "help_text":
        return column.having(help_text=None if column.option(what) else "Help")
    if column.kind == "many":
        return column.having(db_constraint=None if column.option("db_constraint") is False else False)
    if what == "db_constraint":
        return column.having(db_constraint=None if column.option(what) is False else False) if column.to else column
    if what == "db_comment":
        return column.having(db_comment=None if column.option(what) else "Comment")
    if what == "null":
        return column.having(null=None if column.option(what) else True)
    return column if column.to else _toggled(draw, column, what)


def _toggled(draw: st.DrawFn, column: Column, what: str) -> Column:
    """An index, a constraint or a default of a plain column, on or off."""
    kind, has = KINDS[column.kind], dict(column.options)
    if what in has:
        return column.having(**{what: None})
    value: Any = True
    if what in {"default", "db_default"}:
        value = draw(st.sampled_from(kind.defaults))
    elif not (kind.indexed if what == "db_index" else kind.unique):
        return column
    return column.having(**{what: value})
