"""Constraints dropped. Catalog only; a foreign key's other table is locked, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django_safemigrate.catalog.relations import ForeignKey, constraint, foreign_key, foreign_key_tail
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import ConstraintAbsent
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step

from . import AX, step, translates


@translates("sql_delete_fk")
def drop_fk(written: Written, situation: Situation) -> Iterator[Step]:
    """Of a key that refers to a partitioned table Django also finds the parts that are about the partitions.

    They go with it, and cannot go alone.
    """
    name, present = unquoted(written.part("name")), situation.present(written.table)
    key = foreign_key(situation.connection, present, written.details.get("known_as", name))
    if key is None and constraint(situation.connection, present, name) is not None:
        return
    if key is None:
        yield _drop(written.table, written.part("name"), situation.locks(written.table, AX), None)
    else:
        yield drop_foreign_key(situation, replace(key, name=name), table=written.table)


def drop_foreign_key(situation: Situation, key: ForeignKey, *, table: str = "") -> Step:
    """A step that drops one foreign key: ACCESS EXCLUSIVE on both tables, and nothing else in its transaction."""
    table = table or key.table
    name = situation.connection.ops.quote_name(key.name)
    other = () if key.referenced == key.table else situation.locks(situation.renamed(key.referenced), AX)
    locks = {lock.relation: lock for lock in (*situation.locks(table, AX), *other)}
    return _drop(table, name, tuple(locks.values()), _undo(table, name, _definition(situation, key)))


def _definition(situation: Situation, key: ForeignKey) -> str:
    """With the name that the other table has by then."""
    quote = situation.connection.ops.quote_name
    columns, to_columns = (", ".join(map(quote, names)) for names in (key.columns, key.referenced_columns))
    tail = foreign_key_tail(situation.connection, key)
    return f"FOREIGN KEY ({columns}) REFERENCES {situation.renamed(key.referenced)} ({to_columns}){tail}"


@translates("sql_delete_check", "sql_delete_unique", "sql_delete_pk", "sql_delete_constraint")
def drop_constraint(written: Written, situation: Situation) -> Iterator[Step]:
    """ACCESS EXCLUSIVE for a moment. Taking a unique constraint back would need an index build: no undo."""
    name, table = unquoted(written.part("name")), written.table
    found = constraint(situation.connection, situation.present(table), name)
    undo = _undo(table, written.part("name"), found.definition) if found and found.type == "c" else None
    yield _drop(table, written.part("name"), situation.locks(table, AX), undo)


def _drop(table: str, quoted_name: str, locks: tuple[RelationLock, ...], undo: str | None) -> Step:
    return step(
        f"Drop constraint {unquoted(quoted_name)} of {unquoted(table)}",
        f"ALTER TABLE {table} DROP CONSTRAINT {quoted_name}",
        locks,
        goal=ConstraintAbsent(table, unquoted(quoted_name)),
        undo=undo,
    )


def _undo(table: str, quoted_name: str, definition: str) -> str:
    not_valid = "" if definition.endswith("NOT VALID") else " NOT VALID"
    return f"ALTER TABLE {table} ADD CONSTRAINT {quoted_name} {definition}{not_valid}"
