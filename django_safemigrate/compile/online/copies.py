"""What the first columns of a table have, made for the second ones: indexes, NOT NULL, CHECKs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from django_safemigrate.catalog.columns import SCRATCH_TABLE
from django_safemigrate.catalog.dependents import (
    AsIf,
    ColumnCheck,
    ColumnIndex,
    as_if,
    column_checks,
    column_indexes,
)
from django_safemigrate.catalog.synced import synced_columns
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, SUE, step
from django_safemigrate.compile.statements.checks import validate_check
from django_safemigrate.compile.statements.not_null import set_not_null
from django_safemigrate.values.goals import IndexPresent
from django_safemigrate.values.steps import Step, Work

from .naming import TRIGGER, old_of
from .pairs import Pair


@dataclass(frozen=True)
class Copies:
    """The second columns of one table with what hangs on the first ones, each once."""

    table: str
    pairs: tuple[Pair, ...]
    indexes: tuple[ColumnIndex, ...]
    checks: tuple[ColumnCheck, ...]
    texts: AsIf = field(default_factory=lambda: AsIf({}, {}))

    @property
    def primary_key(self) -> ColumnIndex | None:
        return next((index for index in self.indexes if index.kind == "p"), None)


def copies_of(pairs: Sequence[Pair], situation: Situation) -> Copies:
    """What the pairs of one table need. Raises the database's error where it does not go with their types."""
    live = live_copies(pairs, situation)
    changes = [(pair.column, pair.second, pair.retyped) for pair in pairs]
    texts = as_if(situation.connection, situation.present(live.table), changes, live.indexes, live.checks)
    return replace(live, texts=texts)


def live_copies(pairs: Sequence[Pair], situation: Situation) -> Copies:
    """What the columns have that are in use now, by name."""
    connection, table = situation.connection, pairs[0].table
    present, gone = situation.present(table), situation.pending.dropped(table)
    indexes = {one.name: one for pair in pairs for one in column_indexes(connection, present, pair.column)}
    checks = {one.name: one for pair in pairs for one in column_checks(connection, present, pair.column)}
    # What an earlier change has left for its own end goes with it.
    left = {old_of(column) for column in synced_columns(connection, present, TRIGGER)}
    return Copies(
        table,
        tuple(pairs),
        tuple(one for one in indexes.values() if not {one.name, one.constraint} & gone and not left & {*one.columns}),
        tuple(one for one in checks.values() if one.name not in gone and not left & {*one.columns}),
    )


def make_copies(copies: Copies, situation: Situation) -> Iterator[Step]:
    """After the fill: indexes before it would make every batch slower, and NOT NULL is proved by it."""
    for index in copies.indexes:
        name = copies.pairs[0].beside(index.name)
        yield build_index(copies, index, name, copies.texts.indexes[index.name], situation)
    for pair in copies.pairs:
        if pair.not_null:
            yield from set_not_null(situation, copies.table, pair.second)
    for check in copies.checks:
        name = copies.pairs[0].beside(check.name)
        yield from add_check(copies, check, name, copies.texts.checks[check.name], situation)
    names = ", ".join(pair.quoted(pair.second) for pair in copies.pairs)
    yield step(
        f"Count the new values of {unquoted(copies.table)} for the planner",
        f"ANALYZE {copies.table} ({names})"
        if all(_plain(index) for index in copies.indexes)
        else f"ANALYZE {copies.table}",
        situation.locks(copies.table, SUE),
        work=Work.SCAN,
    )


def _plain(index: ColumnIndex) -> bool:
    """Whether an index has no expression of its own, of which the planner would want to know."""
    return not index.expressions


def build_index(copies: Copies, index: ColumnIndex, name: str, rest: str, situation: Situation) -> Step:
    """A step that builds an index like one of the first columns'. ``rest``: what stands behind the table's name."""
    table, quote = copies.table, situation.connection.ops.quote_name
    unique, scratch = "UNIQUE " if index.unique else "", quote(SCRATCH_TABLE)
    return step(
        f"Build index {name} on {unquoted(table)}, like {index.name}",
        f"CREATE {unique}INDEX CONCURRENTLY {quote(name)} ON {table} {rest}",
        situation.locks(table, SUE),
        work=Work.INDEX_BUILD,
        goal=IndexPresent(
            situation.present(table), name, f"CREATE {unique}INDEX {quote(name)} ON {scratch} {rest}", scratch
        ),
        undo=f"DROP INDEX CONCURRENTLY IF EXISTS {copies.pairs[0].in_schema(name)}",
    )


def add_check(
    copies: Copies, check: ColumnCheck, name: str, definition: str, situation: Situation, *, anew: bool = False
) -> Iterator[Step]:
    """Steps that add a CHECK like one of the first columns', and prove it. ``anew``: one of that name may be there."""
    alter, quoted = f"ALTER TABLE {copies.table}", situation.connection.ops.quote_name(name)
    yield step(
        f"Add check {name} to {unquoted(copies.table)}, like {check.name}",
        (f"{alter} DROP CONSTRAINT IF EXISTS {quoted};\n" if anew else "")
        + f"{alter} ADD CONSTRAINT {quoted} {definition}"
        + ("" if definition.endswith("NOT VALID") else " NOT VALID"),
        situation.locks(copies.table, AX),
        undo=f"{alter} DROP CONSTRAINT {quoted}",
    )
    if check.validated:
        yield validate_check(situation, copies.table, quoted)
