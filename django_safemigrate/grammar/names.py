"""Names of relations, as the grammar reads them: without quotes, and equal when SQL means the same."""

from __future__ import annotations

from dataclasses import dataclass

from django_safemigrate.grammar.parse import DoesNotParse, Tree, parse


@dataclass(frozen=True, order=True)
class Relation:
    """A table, index, sequence or view. ``schema`` is empty where the text leaves it to the search path."""

    name: str
    schema: str = ""

    def __str__(self) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name) if part)


def from_range_var(tree: Tree) -> Relation:
    """The name in a ``RangeVar``."""
    return Relation(tree["relname"], tree.get("schemaname", ""))


def strings(tree: Tree) -> list[str]:
    """The parts of a dotted name, from a list of nodes or a single one."""
    items = tree["list"]["items"] if "list" in tree else [tree]
    return [item["string"]["sval"] for item in items]


def last_part(tree: Tree) -> str:
    """The name itself, without its schema, of an object of any kind: a function, a type, a view."""
    for inside in ("object_with_args", "type_name"):
        if inside in tree:
            parts = tree[inside].get("objname") or tree[inside].get("names", ())
            return str(parts[-1]["string"]["sval"]) if parts else ""
    return strings(tree)[-1]


def from_strings(parts: list[str]) -> Relation:
    """The name in dotted parts: the database, which may come first, does not matter."""
    return Relation(*reversed(parts[-2:]))


def relation(sql: str) -> Relation:
    """The relation that ``sql`` names, quoted or not. Raises ``DoesNotParse`` for anything but one name."""
    match parse(f"LOCK TABLE ONLY {sql}\nIN EXCLUSIVE MODE"):
        case [{"lock_stmt": {"relations": [{"range_var": tree}]}}]:
            return from_range_var(tree)
    raise DoesNotParse(sql, "not the name of one table")
