"""Foreign keys between second columns, proved before the first ones lose theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django_safemigrate.catalog.relations import ForeignKey, foreign_key_tail, foreign_keys_of
from django_safemigrate.compile.names import shortened, unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, SRX, step
from django_safemigrate.compile.statements.foreign_keys import validate_foreign_key
from django_safemigrate.values.steps import Step

from .pairs import Pair


@dataclass(frozen=True)
class KeyCopy:
    """A foreign key and the one that takes its place; ``column`` and ``to_column`` are those of the new one, until the swap.

    ``name`` is the name that it has in the end.
    """

    key: ForeignKey
    column: str
    to_column: str
    name: str
    new: str  # its name until then


def key_copies(pairs: Sequence[Pair], names: Mapping[tuple[str, str], str], situation: Situation) -> list[KeyCopy]:
    """The foreign keys from and to the columns of ``pairs``, each once.

    ``names``: those that Django gives to the keys of (quoted table, column) after the change; others keep theirs.
    """
    second = {(pair.table, pair.column): pair.second for pair in pairs}
    found: dict[tuple[str, str], KeyCopy] = {}
    for table in dict.fromkeys(pair.table for pair in pairs):
        for key in foreign_keys_of(situation.connection, situation.present(table)):
            column, to_column = key.columns[0], key.referenced_columns[0]
            ends = (key.table, column), (key.referenced, to_column)
            if any(end in second for end in ends):
                name = names.get(ends[0], key.name)
                new = pairs[0].beside(key.name)
                copy = KeyCopy(key, second.get(ends[0], column), second.get(ends[1], to_column), name, new)
                found.setdefault((key.table, key.name), copy)
    return list(found.values())


def add_and_prove(copy: KeyCopy, situation: Situation) -> Iterator[Step]:
    """NOT VALID and VALIDATE, beside the key that is there."""
    quote, key = situation.connection.ops.quote_name, copy.key
    tail = foreign_key_tail(situation.connection, key)
    locks = {lock.relation: lock for table in (key.table, key.referenced) for lock in situation.locks(table, SRX)}
    yield step(
        f"Add foreign key {copy.new} from {unquoted(key.table)} to {unquoted(key.referenced)}, like {key.name}",
        f"ALTER TABLE {key.table} ADD CONSTRAINT {quote(copy.new)} FOREIGN KEY ({quote(copy.column)}) "
        f"REFERENCES {key.referenced} ({quote(copy.to_column)}){tail} NOT VALID",
        tuple(locks.values()),
        undo=f"ALTER TABLE {key.table} DROP CONSTRAINT {quote(copy.new)}",
    )
    if key.validated:
        yield validate_foreign_key(situation, key.table, quote(copy.new), key.referenced)


def replace_key(copy: KeyCopy, situation: Situation) -> Step:
    """The old key goes, and the new one, which is proved, gets its name. ACCESS EXCLUSIVE on both tables."""
    quote, key = situation.connection.ops.quote_name, copy.key
    locks = {lock.relation: lock for table in (key.table, key.referenced) for lock in situation.locks(table, AX)}
    alter = f"ALTER TABLE {key.table}"
    return step(
        f"Replace foreign key {key.name} of {unquoted(key.table)} by {copy.new}",
        f"{alter} DROP CONSTRAINT {quote(key.name)};\n"
        f"{alter} RENAME CONSTRAINT {quote(copy.new)} TO {quote(copy.name)}",
        tuple(locks.values()),
        undo=f"{alter} RENAME CONSTRAINT {quote(copy.name)} TO {quote(copy.new)};\n"
        f"{alter} RENAME CONSTRAINT {quote(_back(copy))} TO {quote(key.name)}",
        undo_first=tuple(_as_before(copy, situation)),
    )


def _as_before(copy: KeyCopy, situation: Situation) -> Iterator[Step]:
    """The old key, for the way back: beside the one that has taken its place."""
    key, name = copy.key, situation.connection.ops.quote_name(_back(copy))
    locks = {lock.relation: lock for table in (key.table, key.referenced) for lock in situation.locks(table, SRX)}
    yield step(
        f"Add foreign key {_back(copy)} from {unquoted(key.table)} to {unquoted(key.referenced)}, as {key.name} was",
        f"ALTER TABLE {key.table} DROP CONSTRAINT IF EXISTS {name};\n"
        f"ALTER TABLE {key.table} ADD CONSTRAINT {name} {key.definition}"
        + ("" if key.definition.endswith("NOT VALID") else " NOT VALID"),
        tuple(locks.values()),
    )
    if key.validated:
        yield validate_foreign_key(situation, key.table, name, key.referenced)


def _back(copy: KeyCopy) -> str:
    return shortened(f"{copy.key.name}_safemigrate_back")
