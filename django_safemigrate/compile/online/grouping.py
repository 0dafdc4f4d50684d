"""The statements of one operation, of which those that change types may have to go another way, and together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import Error

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.indexes import indexes_named
from django_safemigrate.catalog.twins import Effect, effect_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import steps_of
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Fragment, Written
from django_safemigrate.values.steps import Step

from .back import can_swap_back, swap_back
from .finish import finish_leftovers
from .pairs import Pair
from .renames import rename
from .types import change_types


@dataclass(frozen=True)
class _TypeChange:
    written: Written
    fragment: Fragment
    effect: Effect

    @property
    def table(self) -> str:
        return self.written.table


def steps_of_all(statements: Sequence[Written], situation: Situation) -> Iterator[Step]:
    """The steps of statements, each of which has run before the next."""
    names = _foreign_key_names(statements)
    changes = _type_changes(statements, Situation(situation.connection, situation.allowances))
    together = changes if any(_keeps_others_waiting(change, situation) for change in changes) else []
    if together and situation.allowances.unsafe:
        together = _unless_refused(together, names, situation)
    first = min((statements.index(change.written) for change in together), default=None)
    rest = _without(statements, together, situation)
    for number, written in enumerate(statements):
        if number == first:
            yield from _online(together, names, situation)
        if _is_renamed_in_use(written, situation):
            yield from _renamed(written, names, situation)
        elif rest[number] is not None:
            yield from steps_of(rest[number] or written, situation)
        situation.pending.add(written)


def _type_changes(statements: Sequence[Written], situation: Situation) -> list[_TypeChange]:
    """Those of tables in use, with what the server would do for them. ``situation`` is used up."""
    found = []
    for written in statements:
        for fragment in written.fragments:
            if fragment.kind != "type" or situation.is_new(written.table) or situation.kind(written.table) == "f":
                continue
            effect = _effect(written, fragment, situation)
            if effect is not None and effect.before != effect.after:
                found.append(_TypeChange(written, fragment, effect))
        situation.pending.add(written)
    return found


def _effect(written: Written, fragment: Fragment, situation: Situation) -> Effect | None:
    """None where nobody can say yet: what compiles the statement alone says why."""
    present = situation.present(written.table)
    known = situation.pending.column(written.table, fragment.column)
    if known != fragment.column or column_definition(situation.connection, present, known) is None:
        return None
    try:
        return effect_of(
            situation.connection,
            present,
            fragment.column,
            lambda twin: f"ALTER TABLE {twin} {fragment.sql}",
            without=situation.pending.dropped(written.table),
        )
    except Error:
        return None


def _keeps_others_waiting(change: _TypeChange, situation: Situation) -> bool:
    """Whether the table is rewritten, or indexes that cannot be built beside it, under a lock that is held too long."""
    unsafe = situation.allowances.unsafe and not change.written.details.get("online")
    if unsafe or situation.small(change.table) or situation.is_partitioned(change.table):
        return False
    rebuilt = indexes_named(situation.connection, change.effect.rebuilt)
    return change.effect.rewritten or any(index.unique or index.constraint for index in rebuilt)


def _unless_refused(
    changes: list[_TypeChange], names: Mapping[tuple[str, str], str], situation: Situation
) -> list[_TypeChange]:
    """Where the user allows what makes others wait, it is done if there is no other way."""
    try:
        list(_online(changes, names, situation))
    except Unsafe:
        return []
    return changes


def _is_renamed_in_use(written: Written, situation: Situation) -> bool:
    online = written.kind == "sql_rename_column" and written.details.get("online")
    return bool(online) and not situation.is_new(written.table)


def _renamed(written: Written, names: Mapping[tuple[str, str], str], situation: Situation) -> list[Step]:
    try:
        return list(rename(written, names, situation))
    except Unsafe:
        if not situation.allowances.unsafe:
            raise
        return list(steps_of(written, situation))


def _foreign_key_names(statements: Sequence[Written]) -> dict[tuple[str, str], str]:
    """What Django calls the foreign keys of (quoted table, column) that it makes."""
    return {
        (one.table, unquoted(one.part("column"))): unquoted(one.part("name"))
        for one in statements
        if one.kind == "sql_create_fk"
    }


def _online(
    changes: Sequence[_TypeChange], names: Mapping[tuple[str, str], str], situation: Situation
) -> Iterator[Step]:
    pairs = [_pair(change, situation) for change in changes]
    if len(pairs) == 1 and can_swap_back(pairs[0], situation):
        yield from swap_back(pairs[0], situation)
        return
    yield from finish_leftovers([(pair.table, pair.column) for pair in pairs], situation)
    keep = any(change.written.details.get("keep") for change in changes)
    yield from change_types(pairs, names, situation, keep=keep)


def _pair(change: _TypeChange, situation: Situation) -> Pair:
    after = change.effect.after  # of a copy, which has no identity
    before = column_definition(situation.connection, situation.present(change.table), change.fragment.column)
    assert before is not None
    assert after is not None
    quote = situation.connection.ops.quote_name
    return Pair(
        situation.connection,
        change.table,
        change.fragment.column,
        before.type,
        after.type,
        collation=quote(after.collation) if after.collation else "",
        not_null=before.not_null,
        default=None if before.identity or before.generated else before.default,
        identity=before.identity,
    )


def _without(
    statements: Sequence[Written], changes: Sequence[_TypeChange], situation: Situation
) -> list[Written | None]:
    """The statements without what goes along with the changes: the types, the keys at their ends, and their sequences."""
    renamed = [one for one in statements if _is_renamed_in_use(one, situation)]
    columns = {(change.table, change.fragment.column) for change in changes}
    columns |= {(one.table, unquoted(one.part("new_column"))) for one in renamed}
    tables = {change.table for change in changes} | {one.table for one in renamed}
    rest: list[Written | None] = []
    for written in statements:
        mine = [change.fragment for change in changes if change.written is written]
        if mine:
            others = tuple(fragment for fragment in written.fragments if fragment not in mine)
            rest.append(replace(written, fragments=others) if others else None)
        elif (changes and written.kind == "sql_alter_sequence_type") or (
            written.kind in {"sql_delete_fk", "sql_create_fk"} and _at_an_end(written, columns, tables)
        ):
            rest.append(None)
        else:
            rest.append(written)
    return rest


def _at_an_end(written: Written, columns: set[tuple[str, str]], tables: set[str]) -> bool:
    if written.kind == "sql_delete_fk":
        return written.table in tables
    ends = (
        (written.table, unquoted(written.part("column"))),
        (written.part("to_table"), unquoted(written.part("to_column"))),
    )
    return any(end in columns for end in ends)
