"""Each named change once per test run: its steps, one after the other, held to their promises."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from django_safemigrate.catalog.goals import reached
from django_safemigrate.compile.binding import Binding
from django_safemigrate.compile.online import grouping
from django_safemigrate.compile.operations import Compiler
from django_safemigrate.compile.situation import Allowances, Situation
from django_safemigrate.compile.statements import steps_of
from django_safemigrate.compile.written import Written
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.steps import Step, Work
from tests.compile.changes import CHANGES
from tests.compile.promises import Facts, broken, observe
from tests.compile.shop import SHOP, SHOP_ROWS, Change
from tests.support.database import execute, rows

BACK = ", backwards"


def names() -> list[str]:
    """Of the changes that this server can do."""
    version = connection.pg_version // 10_000  # type: ignore[attr-defined]
    return [name for name, change in changes().items() if change.since <= version]


def every_name() -> list[str]:
    return list(changes())


@functools.cache
def changes() -> dict[str, Change]:
    found: dict[str, Change] = {}
    for change in CHANGES:
        assert change.name not in found, change.name
        found[change.name] = change
        if change.back:
            found[change.name + BACK] = change
    return found


@dataclass(frozen=True)
class Observed:
    """A step with what the server did; ``problems`` are the promises that it has not kept."""

    step: Step
    facts: Facts
    problems: tuple[str, ...]


# The kinds of Django's statements that the changes made so far have had.
KINDS: set[str] = set()


def _steps_of(written: Written, situation: Situation) -> Iterator[Step]:
    KINDS.add(written.kind)
    return steps_of(written, situation)


@functools.cache
def observed(name: str) -> list[Observed]:
    """The steps of a named change on tables with rows, in the connection's database, which is emptied before.

    As far as they can be undone they are undone in the end.
    """
    change = changes()[name]
    backwards = name.endswith(BACK)
    state, migration = prepared(change, backwards=backwards)
    allowances = Allowances(small=SmallTable() if change.small else SmallTable(rows=0), unsafe=change.unsafe)
    compiler = Compiler(migration, connection, allowances, backwards)
    found: list[Observed] = []
    before: list[set[str]] = []
    with patch.object(grouping, "steps_of", _steps_of):
        for bound in Binding(migration, state, backwards=backwards):
            _run(compiler.compile(bound), found, before)
        _run(compiler.at_end(), found, before)
    return _undone(found, before)


def executed(change: Change, *, backwards: bool = False) -> list[Step]:
    """The steps of a change, run one after the other."""
    state, migration = prepared(change, backwards=backwards)
    compiler = Compiler(migration, connection, Allowances(unsafe=change.unsafe), backwards)
    done: list[Step] = []
    for bound in Binding(migration, state, backwards=backwards):
        for step in compiler.compile(bound):
            execute(step.sql)
            done.append(step)
    for step in compiler.at_end():
        execute(step.sql)
        done.append(step)
    return done


def _run(steps: list[Step], found: list[Observed], before: list[set[str]]) -> None:
    for step in steps:
        before.append(catalog())
        problems = ["its goal is reached before it runs"] if _reached(step) else []
        facts = observe(step)
        problems += broken(step, facts)
        if _reached(step) is False:
            problems.append("its goal is not reached after it")
        found.append(Observed(step, facts, tuple(problems)))


def _undone(found: list[Observed], before: list[set[str]]) -> list[Observed]:
    """Take the last steps back, up to one that has no way back. What was only read or filled in needs none."""
    number = len(found)
    while number and ((step := found[number - 1].step).undo is not None or step.work in {Work.SCAN, Work.ROWS}):
        number -= 1
        if step.undo is not None:
            for first in step.undo_first:
                execute(first.sql)
            execute(step.undo)
    if number == len(found):
        return found
    differences = sorted(before[number] ^ catalog())
    last = found[number]
    problems = (*last.problems, *(f"undo from the end up to here leaves {one}" for one in differences))
    return [*found[:number], Observed(last.step, last.facts, problems), *found[number + 1 :]]


def prepared(change: Change, *, backwards: bool = False) -> tuple[ProjectState, Migration]:
    """The tables of the shop with rows; backwards, after the change as Django makes it."""
    empty()
    migration = type("Migration", (Migration,), {"operations": list(change.operations)})("0002_change", "shop")
    state = ProjectState()
    state = _by_django([*SHOP, *change.before], state)
    execute(SHOP_ROWS)
    if change.rows:
        execute(change.rows)
    if backwards:
        _by_django(change.operations, state)
    return state, migration


def empty() -> None:
    """No schemas but an empty ``public``."""
    schemas = [name for [name] in rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")]
    execute(f"DROP SCHEMA {', '.join(schemas)} CASCADE; CREATE SCHEMA public")


def _by_django(operations: object, state: ProjectState) -> ProjectState:
    migration = type("Migration", (Migration,), {"operations": operations})("0001_before", "shop")
    with connection.schema_editor() as editor:
        return migration.apply(state.clone(), editor)


def _reached(step: Step) -> bool | None:
    return None if step.goal is None or step.work is Work.OPAQUE else reached(step.goal, connection)


def catalog() -> set[str]:
    """Tables, columns, constraints, indexes, sequences and comments, each as a line; without what only scans show."""
    return {_plain(line) for [line] in rows(CATALOG)}


def _plain(line: str) -> str:
    return re.sub(r" NOT VALID\b", "", line)


OURS = "(SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)')"
CATALOG = f"""
SELECT format('relation %s %s %s', oid::regclass, relkind, obj_description(oid, 'pg_class')) FROM pg_class
    WHERE relnamespace IN {OURS}
UNION ALL
SELECT format('column %s.%s %s not null %s default %s identity %s generated %s collation %s comment %s',
    attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity,
    attgenerated, attcollation::regcollation, col_description(attrelid, attnum))
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace IN {OURS} AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace IN {OURS}
UNION ALL
SELECT format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index
    JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace IN {OURS}
"""


def problems(name: str) -> Iterator[str]:
    for one in observed(name):
        yield from (f"{one.step.sql}: {problem}" for problem in one.problems)
