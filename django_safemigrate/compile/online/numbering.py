"""What numbers the rows of a column, given to the column that takes its place."""

from __future__ import annotations

from dataclasses import dataclass

from django_safemigrate.catalog.sequences import Sequence, sequence_of
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX
from django_safemigrate.values.locks import RelationLock

from .pairs import Pair


@dataclass(frozen=True)
class Numbering:
    """Statements before and after the columns are renamed, and the locks that they take."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    locks: tuple[RelationLock, ...] = ()


def move_numbering(pair: Pair, situation: Situation) -> Numbering:
    """The identity, or the sequence of a ``serial`` column; nothing where the column has neither.

    An identity's sequence cannot be given away (0A000): another one of the same name goes on where it was, with its grants.
    """
    found = sequence_of(situation.connection, situation.present(pair.table), pair.column)
    if found is None:
        return Numbering()
    return _identity(pair, found) if pair.identity else _serial(pair, found)


def _identity(pair: Pair, sequence: Sequence) -> Numbering:
    column, alter = pair.quoted(pair.column), f"ALTER TABLE {pair.table}"
    kind = "ALWAYS" if pair.identity == "a" else "BY DEFAULT"
    name = pair.connection.ops.compose_sql("%s", [sequence.name])  # type: ignore[attr-defined]
    remember = (
        f"SELECT set_config('safemigrate.last', last_value::text, true), "
        f"set_config('safemigrate.called', is_called::text, true) FROM {sequence.name}"
    )
    go_on = (
        f"SELECT setval({name}, current_setting('safemigrate.last')::bigint, "
        "current_setting('safemigrate.called')::boolean)"
    )
    return Numbering(
        (remember, f"{alter} ALTER COLUMN {column} DROP IDENTITY"),
        (
            f"{alter} ALTER COLUMN {column} ADD GENERATED {kind} AS IDENTITY (SEQUENCE NAME {sequence.name}"
            f"{sequence.options(pair.new_type)})",
            go_on,
            *sequence.grants,
        ),
        (RelationLock(sequence.name, AX),),
    )


def _serial(pair: Pair, sequence: Sequence) -> Numbering:
    """The default goes with the column's others (``Pair.default``); the sequence gets a new owner and counts further."""
    target = f"{pair.table}.{pair.quoted(pair.column)}"
    return Numbering(
        (),
        (
            f"ALTER SEQUENCE {sequence.name} OWNED BY {target}",
            *([f"ALTER SEQUENCE {sequence.name} AS {pair.new_type}"] if pair.new_type in _COUNTING else []),
        ),
        (RelationLock(sequence.name, AX),),
    )


_COUNTING = {"smallint", "integer", "bigint"}
