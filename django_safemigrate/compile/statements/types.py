"""ALTER COLUMN TYPE: the server is asked, on an empty copy, what it would rewrite."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.indexes import IndexOn, indexes_named, qualified
from django_safemigrate.catalog.relations import Constraint, checks_on_column, foreign_keys_of, objects_on_column
from django_safemigrate.catalog.triggers import triggers_on_column
from django_safemigrate.catalog.twins import effect_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import NotThereYet, Unsafe
from django_safemigrate.compile.written import Fragment
from django_safemigrate.values.goals import IndexAbsent, IndexValid
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step, Work

from . import AX, SUE, permitted, step
from .checks import validate_check
from .statistics import count


def change_type(table: str, fragment: Fragment, situation: Situation) -> Iterator[Step]:
    """A change of type or collation.

    Nothing, where neither changes (Django writes one for a comment). Catalog only where the server keeps table and indexes.
    Where it would rebuild partial or functional indexes (it cannot tell that they stay the same, ``CheckIndexCompatible``),
    these are dropped and rebuilt concurrently. CHECKs would be proved again under the lock: they are replaced by NOT VALID
    ones in the same statement and validated after it. A rewrite is refused unless the table is small.
    """
    present, known = situation.present(table), situation.pending.column(table, fragment.column)
    if situation.is_new(table) or situation.kind(table) == "f":
        yield _alter(table, fragment, situation, Work.REWRITE)
        return
    if column_definition(situation.connection, present, known) is None:
        raise NotThereYet(f"{unquoted(table)} has no column {known} yet")
    _refuse_dependents(table, fragment, situation)
    try:
        effect = effect_of(
            situation.connection,
            present,
            fragment.column,
            lambda twin: f"ALTER TABLE {twin} {fragment.sql}",
            known_as=known,
            without=situation.pending.dropped(table),
        )
    except Error as error:
        raise Unsafe(
            f"Column {fragment.column} of table {unquoted(table)} cannot get its new type.",
            f"The server says: {str(error).strip().splitlines()[0]}",
            "Correct the type, or give the column up for a new one: add it, fill it, and remove the old one later.",
            certain=False,
            allowable=False,
        ) from error
    if effect.before == effect.after:
        return
    if effect.rewritten:
        remark = permitted(situation, table, _rewrite(table, fragment))
        yield _alter(table, fragment, situation, Work.REWRITE, remark)
        return
    rebuilt = indexes_named(situation.connection, effect.rebuilt)
    concurrently = not situation.is_partitioned(table) and not any(
        index.unique or index.constraint for index in rebuilt
    )
    if rebuilt and not concurrently:
        remark = permitted(situation, table, _rebuild(table, fragment, rebuilt))
        yield _alter(table, fragment, situation, Work.BLOCKING_BUILD, remark)
        return
    yield from _without_indexes(table, fragment, situation, rebuilt)


def _without_indexes(table: str, fragment: Fragment, situation: Situation, rebuilt: list[IndexOn]) -> Iterator[Step]:
    present, known = situation.present(table), situation.pending.column(table, fragment.column)
    for index in rebuilt:
        yield step(
            f"Drop index {index.relname} of {unquoted(table)}, which would be rebuilt under the lock",
            f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}",
            situation.locks(table, SUE),
            work=Work.INDEX_DROP,
            goal=IndexAbsent(index.name),
            undo=index.concurrently,
            remark="Queries that use this index are slow until it is back.",
        )
    checks = checks_on_column(situation.connection, present, known)
    yield _alter(table, fragment, situation, Work.CATALOG, checks=checks)
    for check in checks:
        if check.validated:
            yield validate_check(situation, table, situation.connection.ops.quote_name(check.name))
    for index in rebuilt:
        yield step(
            f"Build index {index.relname} on {unquoted(table)} again",
            index.concurrently,
            (RelationLock(qualified(situation.connection, present, unquoted(table)), SUE),),
            work=Work.INDEX_BUILD,
            goal=IndexValid(present, index.relname),
            undo=f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}",
        )
        if index.comment:
            comment = situation.connection.ops.compose_sql("%s", [index.comment])  # type: ignore[attr-defined]
            yield step(
                f"Comment on index {index.relname}",
                f"COMMENT ON INDEX {index.name} IS {comment}",
                (RelationLock(index.name, SUE),),
                undo="",
            )
    yield count(
        situation,
        table,
        fragment.column,
        f"Count {unquoted(table)}.{fragment.column} again for the planner, whose statistics the change has dropped",
    )


def _alter(
    table: str,
    fragment: Fragment,
    situation: Situation,
    work: Work,
    remark: str = "",
    checks: list[Constraint] | None = None,
) -> Step:
    quote = situation.connection.ops.quote_name
    drops = [f"DROP CONSTRAINT {quote(check.name)}" for check in checks or []]
    adds = [
        f"ADD CONSTRAINT {quote(check.name)} {check.definition}"
        + ("" if "NOT VALID" in check.definition else " NOT VALID")
        for check in checks or []
    ]
    alter = f"ALTER TABLE {table} {', '.join([*drops, fragment.sql, *adds])}"
    triggers = triggers_on_column(
        situation.connection, situation.present(table), situation.pending.column(table, fragment.column)
    )
    made = [statement for trigger in triggers for statement in trigger.create]
    if triggers:
        names = ", ".join(trigger.name for trigger in triggers)
        remark = f"{remark} Triggers that look at it go and come back in the same transaction: {names}.".strip()
    return step(
        f"Change the type of {unquoted(table)}.{fragment.column} to {fragment.details['type']}",
        "; ".join([*(trigger.drop for trigger in triggers), alter, *made]),
        (*situation.locks(table, AX), *_other_tables(table, fragment, situation)),
        work=work,
        remark=remark,
    )


def _other_tables(table: str, fragment: Fragment, situation: Situation) -> tuple[RelationLock, ...]:
    """The tables at the other ends of the column's foreign keys, which the server locks to look at these again."""
    present, known = situation.present(table), situation.pending.column(table, fragment.column)
    others: dict[str, None] = {}
    for key in foreign_keys_of(situation.connection, present):
        columns, other = (key.columns, key.referenced) if key.outgoing else (key.referenced_columns, key.table)
        if known in columns and situation.pending.names(key.table, [key.name]) and key.table != key.referenced:
            others[other] = None
    return tuple(lock for other in others for lock in situation.locks(other, AX))


def _refuse_dependents(table: str, fragment: Fragment, situation: Situation) -> None:
    """Views, rules, policies, generated columns, publications: the server refuses, and we know before anything is done.

    Not triggers, which are dropped and created again in the same transaction.
    """
    present, known = situation.present(table), situation.pending.column(table, fragment.column)
    back = {trigger.described for trigger in triggers_on_column(situation.connection, present, known)}
    found = [
        described for described in objects_on_column(situation.connection, present, known) if described not in back
    ]
    if found:
        raise Unsafe(
            f"The type of column {fragment.column} of table {unquoted(table)} cannot change.",
            f"These depend on it: {', '.join(found)}.",
            "Drop them in a migration before this one, and create them again in one behind it (RunSQL).",
            certain=False,
            allowable=False,
        )


def _what(table: str, fragment: Fragment) -> str:
    if fragment.details["type"] == fragment.details["old_type"]:
        return f"the collation of column {fragment.column} of table {unquoted(table)}"
    return f"the type of column {fragment.column} of table {unquoted(table)} to {fragment.details['type']}"


def _rewrite(table: str, fragment: Fragment) -> Unsafe:
    return Unsafe(
        f"It changes {_what(table, fragment)}, which rewrites the table.",
        "Nobody can read or write it meanwhile.",
        f"Add a second field of the new type beside {fragment.column}, let the application write both, fill the old rows in "
        "batches, read the new one, and remove the old one.",
    )


def _rebuild(table: str, fragment: Fragment, rebuilt: list[IndexOn]) -> Unsafe:
    names = ", ".join(index.relname for index in rebuilt)
    unique = any(index.unique or index.constraint for index in rebuilt)
    return Unsafe(
        f"It changes {_what(table, fragment)}, for which the server rebuilds these indexes: {names}.",
        "Nobody can read or write the table meanwhile; and dropped before and built again after it, "
        + ("unique ones would let duplicates in." if unique else "those of a partitioned table would lock it as long."),
        f"Add a second field of the new type beside {fragment.column} with the same constraints, let the application write "
        "both, fill the old rows in batches, read the new one, and remove the old one.",
        certain=False,
    )
