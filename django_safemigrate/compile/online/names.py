"""A column gets another name while code asks for either: two columns for the time of a deploy, in step with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.dependents import not_null_name
from django_safemigrate.catalog.relations import ForeignKey
from django_safemigrate.catalog.successors import successors_of
from django_safemigrate.catalog.synced import origin_of, sync_arguments
from django_safemigrate.catalog.twins import effect_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, GONE, SUE, step
from django_safemigrate.compile.statements.drops import drop_foreign_key
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.values.goals import ColumnAbsent, ConstraintAbsent
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step

from .columns import add_second, fill_second
from .copies import copies_of, make_copies
from .drops import drop_old_index
from .foreign_keys import add_and_prove, key_copies
from .naming import trigger_of
from .obstacles import refuse_obstacles
from .pairs import NamePair
from .triggers import create_trigger, drop_trigger, either_way_function


def add_name(pair: NamePair, key_names: Mapping[tuple[str, str], str], situation: Situation) -> Iterator[Step]:
    """The other column beside the one that is there, with all that this one has. Raises ``Unsafe``.

    ``key_names``: what Django calls the foreign keys of (quoted table, column) under the other name.
    """
    refuse_obstacles(pair, situation)
    copies = copies_of([pair], situation)
    if copies.primary_key is not None:
        raise Unsafe(
            f"It renames column {pair.column} of table {unquoted(pair.table)}, which is the primary key.",
            "Old and new code would look for rows by two columns, of which only one can be the key.",
            f"Keep the column: give the field db_column={pair.column!r}.",
        )
    default = _shared_default(pair, situation)
    added = "new" if pair.new == pair.other else "old"
    told = (origin_of(situation.connection, situation.present(pair.table), pair.new), pair.new, pair.old, added)
    trigger = [either_way_function(pair, default), create_trigger(pair, *told)]
    yield add_second(pair, situation, trigger, default)
    yield fill_second([pair], situation)
    yield from make_copies(copies, situation)
    for index in copies.indexes:
        if index.kind == "u":
            yield _constrain(pair, index.name, index.deferrable, situation)
    name = key_names.get((pair.table, pair.other))
    for key in key_copies([pair], {}, situation):
        renamed = name is not None and name != key.key.name and key.key.table == pair.table
        yield from add_and_prove(replace(key, new=name) if renamed and name else key, situation)


def _shared_default(pair: NamePair, situation: Situation) -> str | None:
    """The default of the column, for both; None where it has none, or one that gives each its own value."""
    if pair.default is None:
        return None
    scratch = pair.quoted("safemigrate_default")
    effect = effect_of(
        situation.connection,
        situation.present(pair.table),
        pair.column,
        lambda twin: f"ALTER TABLE {twin} ADD COLUMN {scratch} {pair.new_type} DEFAULT {pair.default}",
    )
    return None if effect.rewritten else pair.default


def _constrain(pair: NamePair, name: str, deferrable: str, situation: Situation) -> Step:
    """A unique index becomes a constraint, since one may be checked late, and the other never is."""
    quoted = pair.quoted(pair.beside(name))
    return step(
        f"Make index {pair.beside(name)} a constraint of {unquoted(pair.table)}",
        f"ALTER TABLE {pair.table} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}{deferrable}",
        situation.locks(pair.table, AX),
        undo=f"ALTER TABLE {pair.table} DROP CONSTRAINT {quoted}",
    )


def side_by_side(table: str, columns: Sequence[str], situation: Situation) -> NamePair | None:
    """The two names, where both are there: ``column`` is the first one that was, ``other`` was added."""
    for column in columns:
        told = sync_arguments(situation.connection, situation.present(table), trigger_of(column))
        if told is not None and len(told) > 2:
            _, new, old, added = told
            first, second = (old, new) if added == "new" else (new, old)
            return NamePair(situation.connection, table, first, "", "", other=second, new=new)
    return None


def drop_name(pair: NamePair, gone: str, situation: Situation) -> Iterator[Step]:
    """One of the two columns goes; if it is the first one, what the other one has gets its names.

    The trigger goes with the column: in between, one without a default would refuse what is written. What is dropped from the
    one column in the same operation goes from the other one, too.
    """
    is_first = gone == pair.column
    stays = pair.other if is_first else pair.column
    successors = successors_of(situation.connection, situation.present(pair.table), gone, stays, pair.beside)
    if not is_first:
        successors = successors.without_names()
    for index in successors.indexes:
        if not index.kind:
            yield drop_old_index(pair, index.name, situation)
    for key, successor in successors.keys:
        yield _drop_key(key, successor, situation)
    dropped = situation.pending.dropped(pair.table)
    for index, name in successors.indexes.items():
        if index.kind:
            yield _drop_constraint(pair, index.constraint, name, situation)
    for check, name in successors.checks.items():
        yield _drop_constraint(pair, check.name, name, situation)
    yield _drop_column(pair, gone, stays, situation)
    for index, name in successors.indexes.items():
        if name and not index.kind and index.name in dropped:
            yield drop_old_index(pair, name, situation)
        elif name and not index.kind:
            yield step(
                f"Rename index {name} of {unquoted(pair.table)} to {index.name}",
                f"ALTER INDEX {pair.in_schema(name)} RENAME TO {pair.quoted(index.name)}",
                (RelationLock(pair.in_schema(name), SUE),),
                undo=f"ALTER INDEX {pair.in_schema(index.name)} RENAME TO {pair.quoted(name)}",
            )


def _drop_constraint(pair: NamePair, name: str, successor: str, situation: Situation) -> Step:
    alter = f"ALTER TABLE {pair.table}"
    statements = [f"{alter} DROP CONSTRAINT {pair.quoted(name)}"]
    if successor:
        statements.append(f"{alter} RENAME CONSTRAINT {pair.quoted(successor)} TO {pair.quoted(name)}")
    return step(
        f"Drop constraint {name} of {unquoted(pair.table)}" + (f", whose name {successor} gets" if successor else ""),
        ";\n".join(statements),
        situation.locks(pair.table, AX),
        goal=None if successor else ConstraintAbsent(pair.table, name),
    )


def _drop_key(key: ForeignKey, successor: str, situation: Situation) -> Step:
    """A foreign key at the column that goes. Only of one that refers to it does Django keep the name."""
    if not successor or key.outgoing:
        return drop_foreign_key(situation, key)
    quote = situation.connection.ops.quote_name
    locks = {lock.relation: lock for table in (key.table, key.referenced) for lock in situation.locks(table, AX)}
    return step(
        f"Replace foreign key {key.name} of {unquoted(key.table)} by {successor}",
        f"ALTER TABLE {key.table} DROP CONSTRAINT {quote(key.name)};\n"
        f"ALTER TABLE {key.table} RENAME CONSTRAINT {quote(successor)} TO {quote(key.name)}",
        tuple(locks.values()),
    )


def _drop_column(pair: NamePair, gone: str, stays: str, situation: Situation) -> Step:
    alter, present = f"ALTER TABLE {pair.table}", situation.present(pair.table)
    statements = [drop_trigger(pair), f"{alter} DROP COLUMN {pair.quoted(gone)}"]
    definitions = [column_definition(situation.connection, present, column) for column in (gone, stays)]
    default, own = (found.default if found else None for found in definitions)
    if default is not None and own is None:
        statements.append(f"{alter} ALTER COLUMN {pair.quoted(stays)} SET DEFAULT {default}")
    # Stock Django renames the column, and its constraint keeps its name.
    name, made = (not_null_name(pair.connection, present, column) for column in (gone, stays))
    if name and made and gone == pair.column:
        statements.append(f"{alter} RENAME CONSTRAINT {pair.quoted(made)} TO {pair.quoted(name)}")
    return step(
        f"Drop column {gone} of {unquoted(pair.table)}, and the trigger that kept it in step with {stays}",
        ";\n".join(statements),
        situation.locks(pair.table, AX),
        goal=ColumnAbsent(pair.table, gone),
        no_undo=GONE,
    )
