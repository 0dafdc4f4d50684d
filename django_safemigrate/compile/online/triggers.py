"""The triggers that keep two columns in step, as SQL.

Each is BEFORE INSERT OR UPDATE FOR EACH ROW, with a WHEN condition under which nothing is called for a row whose columns
agree already. Images are compared (``record_image_ne``): what is equal for an operator (1.0 and 1.00, two spellings under one
collation) may be another value to whoever reads it, and some types have no such operator.
"""

from __future__ import annotations

import re

from .pairs import NamePair, Pair

BODY = "$safemigrate$"


def differ(one: str, other: str) -> str:
    """An SQL condition: two expressions of one type do not have the same image. NULL is the same as NULL."""
    return f"pg_catalog.record_image_ne(ROW({one}), ROW({other}))"


def forward_function(pair: Pair) -> str:
    """Before the swap: whatever is written into the column goes into the second one."""
    return _function(pair, f"NEW.{pair.quoted(pair.second)} := NEW.{pair.quoted(pair.column)}::{pair.new_type};")


def backward_function(pair: Pair) -> str:
    """After the swap: whatever is written into the new column goes into the old one; NULL, where that does not take it."""
    old, new = f"NEW.{pair.quoted(pair.old)}", f"NEW.{pair.quoted(pair.column)}"
    fits = _fits(new, pair.old_type)
    if fits is None:
        assign = (
            f"BEGIN {old} := {new}::{pair.old_type}; EXCEPTION WHEN data_exception THEN {old} := NULL; END; "
            f"IF {differ(f'{old}::{pair.new_type}', new)} THEN {old} := NULL; END IF;"
        )
    elif fits:
        assign = f"{old} := CASE WHEN {fits} THEN {new} END;"
    else:
        assign = f"{old} := {new};"
    return _function(pair, assign)


def either_way_function(pair: NamePair, default: str | None) -> str:
    """Whichever of the two columns was written goes into the other one.

    It is asked of the added one, which rows that are not filled yet have no value in: what is written elsewhere in such a row
    fills it. ``default`` is what both have as default: an INSERT has written the added one if something else stands in it.
    Where it is None the added one has none, and NULL in it is nobody's.
    """
    first, added = f"NEW.{pair.quoted(pair.column)}", f"NEW.{pair.quoted(pair.other)}"
    before = f"OLD.{pair.quoted(pair.other)}"
    untouched = f"({default})::{pair.new_type}" if default is not None else f"NULL::{pair.new_type}"
    return _function(
        pair,
        f"IF TG_OP = 'INSERT' THEN IF {differ(added, untouched)} THEN {first} := {added}; ELSE {added} := {first}; END IF; "
        f"ELSIF {differ(added, before)} THEN {first} := {added}; ELSE {added} := {first}; END IF;",
    )


def create_trigger(pair: Pair, *told: str) -> str:
    """Good for either direction: its condition follows the columns when they are renamed.

    ``told``: what it will be asked about later (``catalog.synced``): first the column for whose sake all this happens,
    which is the same for all that change together, then the column that it is about.
    """
    new, column = f"NEW.{pair.quoted(pair.second)}", f"NEW.{pair.quoted(pair.column)}"
    compose = pair.connection.ops.compose_sql  # type: ignore[attr-defined]
    arguments = str(compose(", ".join(["%s"] * len(told)), told))
    return (
        f"CREATE TRIGGER {pair.trigger} BEFORE INSERT OR UPDATE ON {pair.table} FOR EACH ROW\n"
        f"WHEN ({differ(new, column if pair.old_type == pair.new_type else f'{column}::{pair.new_type}')})\n"
        f"EXECUTE FUNCTION {pair.function}({arguments})"
    )


def drop_trigger(pair: Pair) -> str:
    """The trigger and its function."""
    return f"DROP TRIGGER {pair.trigger} ON {pair.table};\nDROP FUNCTION {pair.function}()"


def _function(pair: Pair, statements: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {pair.function}() RETURNS trigger LANGUAGE plpgsql AS {BODY}\n"
        f"BEGIN {statements} RETURN NEW; END {BODY}"
    )


def always_fits(pair: Pair) -> bool:
    """Whether the old column takes whatever the new one does."""
    return _fits("", pair.old_type) == ""


_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_LIMITED = re.compile(r"(character varying|character|numeric)\((\d+)(?:,(-?\d+))?\)\Z")


def _fits(value: str, type_: str) -> str | None:
    """A condition under which a type (as the server prints it) has that very value; empty where it always has, None where
    only the cast itself can tell."""
    if type_ in _BITS:
        return f"{value} BETWEEN {-(2 ** _BITS[type_])} AND {2 ** _BITS[type_] - 1}"
    if type_ in {"text", "character varying", "numeric"}:
        return ""
    limited = _LIMITED.match(type_)
    if limited is None:
        return None
    kind, size, scale = limited[1], int(limited[2]), int(limited[3] or 0)
    if kind != "numeric":
        return f"length({value}) <= {size}"
    return f"{value} = 'NaN' OR (round({value}, {scale}) = {value} AND abs({value}) < 1e{size - scale})"
