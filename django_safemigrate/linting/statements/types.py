"""Types as the grammar reads them, and which changes of them leave the rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django_safemigrate.grammar.parse import DoesNotParse, Tree, parse

SERIALS = frozenset({"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"})

# How SQL writes what the grammar calls by its short name.
_WORDS = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bpchar": "char",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
}


@dataclass(frozen=True)
class Type:
    """``name`` as the catalog has it; ``modifiers`` are the numbers in parentheses, None where one is no number."""

    name: str
    modifiers: tuple[int | None, ...] = ()
    array: bool = False


def type_of(tree: Tree) -> Type:
    """The type in a ``TypeName``."""
    name = tree["names"][-1]["string"]["sval"] if tree.get("names") else ""
    modifiers = tuple(_number(item) for item in tree.get("typmods", ()))
    if name == "interval":
        modifiers = modifiers[1:]  # the first is which parts it has
    return Type(name, modifiers, bool(tree.get("array_bounds")))


def _number(tree: Tree) -> int | None:
    value = tree.get("a_const", {}).get("ival")
    return None if value is None else int(value.get("ival", 0))


def named(tree: Tree) -> str:
    """A type for people."""
    found = type_of(tree)
    modifiers = f"({', '.join(map(str, found.modifiers))})" if found.modifiers else ""
    return _WORDS.get(found.name, found.name) + modifiers + ("[]" if found.array else "")


@cache
def type_of_text(sql: str) -> Type | None:
    """The type that SQL text names; None where it is no type."""
    try:
        match parse(f"SELECT NULL::{sql}"):
            case [{"select_stmt": {"target_list": [{"res_target": {"val": {"type_cast": {"type_name": tree}}}}]}}]:
                return type_of(tree)
    except (DoesNotParse, RecursionError):
        pass
    return None


# Types between which the server changes nothing but the catalog (binary-coercible, pg_cast.castmethod b).
_SAME = {
    ("varchar", "text"),
    ("text", "varchar"),
    ("cidr", "inet"),
    ("text", "citext"),
    ("citext", "text"),
    ("varchar", "citext"),
    ("bit", "varbit"),
}


def kept_as_it_is(old: Type, new_tree: Tree) -> bool:
    """Whether the server takes the rows as they are: the same type, or one of its own that is wider in a way it knows."""
    new = type_of(new_tree)
    if old == new:
        return True
    if old.array or new.array:
        return False  # arrays are coerced element by element
    if (old.name, new.name) in _SAME:
        return not new.modifiers
    if old.name != new.name:
        return False
    if not new.modifiers:
        # Of a char or bit no length means one; of the others no limit.
        return new.name not in {"bpchar", "bit"}
    if None in old.modifiers or None in new.modifiers or not old.modifiers:
        return False
    return _is_wider(old, new)


def _is_wider(old: Type, new: Type) -> bool:
    first, before = new.modifiers[0] or 0, old.modifiers[0] or 0
    if new.name in {"varchar", "varbit", "timestamp", "timestamptz", "time", "timetz", "interval"}:
        return first >= before
    if new.name == "numeric":
        return first >= before and (*new.modifiers, 0)[1] == (*old.modifiers, 0)[1]
    return False
