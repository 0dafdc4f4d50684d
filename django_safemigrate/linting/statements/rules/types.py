"""Advice on the types of new columns; nothing of it makes anyone wait."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import advice
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen
from django_safemigrate.linting.statements.types import SERIALS, named, type_of

_SMALL = {"int2", "int4", "serial", "serial2", "serial4", "smallserial"}
_ADVICE = {"bpchar": advice.char, "timestamp": advice.timestamp, "json": advice.json}


@rule("create_stmt")
def in_a_table(tree: Tree, around: Around) -> Iterator[Seen]:
    elements = tree.get("table_elts", ())
    primary = [one for item in elements if (one := item.get("constraint", {})).get("contype") == "CONSTR_PRIMARY"]
    names = [key["string"]["sval"] for one in primary for key in one.get("keys", ())]
    keys = names if len(names) == 1 else []  # a part of a key does not run out
    table = from_range_var(tree["relation"]).name
    for item in elements:
        if "column_def" in item:
            yield from _column(table, item["column_def"], key=item["column_def"]["colname"] in keys)


@subcommand("AT_AddColumn")
def in_a_column(command: Tree, around: Around) -> Iterator[Seen]:
    yield from _column(command["relation"]["relname"], command["def"]["column_def"], key=False)


def _column(table: str, column: Tree, *, key: bool) -> Iterator[Seen]:
    tree = column.get("type_name")
    if tree is None:
        return
    name, kind, words = f"{table}.{column['colname']}", type_of(tree), named(tree)
    key = key or any(item["constraint"]["contype"] == "CONSTR_PRIMARY" for item in column.get("constraints", ()))
    if key and kind.name in _SMALL:
        yield advice.small_key(name, words)
    if kind.name in SERIALS:
        yield advice.serial(name, words)
    if kind.name == "varchar" and kind.modifiers:
        yield advice.varchar(name, words)
    elif kind.name in _ADVICE:
        yield _ADVICE[kind.name](name, words)
