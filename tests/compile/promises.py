"""One step on a real server: which locks it takes, which files it replaces, and what the server says of scans.

For the locks ``pg_locks`` is read by another session before the commit, for rewrites ``pg_relation_filenode`` of tables and
indexes is compared, and for scans the server's debug messages are read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection
from django.db.transaction import atomic

from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Step, Work
from tests.support.database import another_session, execute, rows, value
from tests.support.traffic import holding

RELATIONS = """
SELECT oid, oid::regclass::text, relname, relkind, CASE WHEN relkind IN ('r', 'i') THEN pg_relation_filenode(oid) END
FROM pg_class
WHERE relkind IN ('r', 'p', 'i', 'I', 'S') AND relnamespace NOT IN
    (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
"""
# What the server says at debug1 when it reads a table or writes one anew (tablecmds.c, index.c).
WORK_DONE = re.compile(
    r'(?P<what>rewriting table|verifying table|building index|validating foreign key constraint) "(?P<name>[^"]*)"'
    r'(?: on table "(?P<table>[^"]*)")?'
)
ORDER = list(LockMode)


@dataclass(frozen=True)
class Relation:
    """A table, index or sequence before a step."""

    name: str
    relname: str
    kind: str
    file: int | None
    has_rows: bool


@dataclass(frozen=True)
class Facts:
    """What the server did: the strongest lock on each relation (by oid), and what it read or wrote under them.

    ``said`` are pairs of what was done and the oid of the table, for tables that were there before.
    """

    before: Mapping[int, Relation]
    promised: Mapping[int | None, LockMode]
    locks: Mapping[int, LockMode]
    said: tuple[tuple[str, int], ...]
    replaced: frozenset[int]

    def tables(self) -> dict[int, LockMode]:
        return {oid: mode for oid, mode in self.locks.items() if self.before[oid].kind in "rp"}

    def shown(self) -> list[str]:
        """The locks on tables, and those that are promised on anything else, a phrase for each mode."""
        shown = {oid: mode for oid, mode in self.locks.items() if self.before[oid].kind in "rp" or oid in self.promised}
        found = []
        for mode in reversed(ORDER):
            names = sorted(self.before[oid].name for oid, held in shown.items() if held is mode)
            found += [f"{mode.value} on {', '.join(names)}"] if names else []
        return found


def observe(step: Step) -> Facts:
    """Run a step, and look at the server meanwhile."""
    before = relations()
    promised = strongest((value("SELECT to_regclass(%s)::oid", [lock.relation]), lock.mode) for lock in step.locks)
    said: list[str] = []
    run = _in_transaction if step.transactional or step.work is Work.ROWS else _concurrently
    held, done = run(step, said)
    after = relations()
    replaced = {oid for oid, one in before.items() if oid in after and after[oid].file != one.file}
    return Facts(
        before,
        promised,
        {oid: mode for oid, mode in strongest(held).items() if oid in before},
        tuple(
            (what, oid)
            for what, names in done
            for oid, one in before.items()
            if one.kind in "rp" and names & {one.relname, str(oid)}
        ),
        frozenset(replaced),
    )


def relations() -> dict[int, Relation]:
    found = rows(RELATIONS)
    filled = {oid: value(f"SELECT EXISTS (SELECT FROM {name})") for oid, name, _, kind, _ in found if kind in "rp"}
    return {
        oid: Relation(name, relname, kind, file, filled.get(oid, False)) for oid, name, relname, kind, file in found
    }


def strongest(held: Any) -> dict[Any, LockMode]:
    """Of each relation the strongest mode."""
    best: dict[Any, LockMode] = {}
    for relation, mode in held:
        best[relation] = max(mode, best.get(relation, mode), key=ORDER.index)
    return best


def locks_of(pid: int) -> list[tuple[int, LockMode]]:
    """What a session holds, as another one sees it."""
    with another_session() as session:
        found = session.execute(
            "SELECT relation, mode FROM pg_locks WHERE pid = %s AND granted AND relation IS NOT NULL", [pid]
        )
        return [(int(oid), mode) for oid, name in found if (mode := LockMode.from_catalog(name))]


@contextmanager
def listening(raw: psycopg.Connection[Any], said: list[str]) -> Iterator[None]:
    def listen(diagnostic: Any) -> None:
        said.append(diagnostic.message_primary)

    raw.add_notice_handler(listen)
    try:
        yield
    finally:
        raw.remove_notice_handler(listen)


Done = list[tuple[str, set[str]]]


def _in_transaction(step: Step, said: list[str]) -> tuple[list[tuple[int, LockMode]], Done]:
    connection.ensure_connection()
    raw = connection.connection
    with atomic(), listening(raw, said):
        execute("SET LOCAL client_min_messages = debug1")
        execute(step.sql)
        execute("SET LOCAL client_min_messages = warning")
        held = locks_of(raw.info.backend_pid)
        return held, _done(said, rows)


def _concurrently(step: Step, said: list[str]) -> tuple[list[tuple[int, LockMode]], Done]:
    """Stop it half-way by a transaction that writes to the table, and look at what it holds."""
    with ExitStack() as stack:
        session = stack.enter_context(another_session())
        session.execute("SET client_min_messages = debug1")
        stack.enter_context(listening(session, said))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        blockers = [
            stack.enter_context(holding(f"LOCK TABLE {lock.relation} IN ROW EXCLUSIVE MODE")) for lock in step.locks
        ]
        running = pool.submit(session.execute, step.sql)  # type: ignore[call-overload]
        while not running.done() and not _waits(session.info.backend_pid):
            time.sleep(0.002)
        held = locks_of(session.info.backend_pid)
        for blocker in blockers:
            blocker.rollback()
        running.result()
    return held, _done(said, rows)


def _waits(pid: int) -> bool:
    found = value("SELECT wait_event_type = 'Lock' AND state = 'active' FROM pg_stat_activity WHERE pid = %s", [pid])
    return bool(found)


def _done(said: list[str], ask: Callable[..., list[tuple[Any, ...]]]) -> Done:
    """What was done to which table (names, or an oid as text)."""
    done: Done = []
    for match in filter(None, map(WORK_DONE.match, said)):
        what, name = match["what"], match["name"]
        if what == "validating foreign key constraint":
            found = ask("SELECT conrelid::text::oid::text FROM pg_constraint WHERE conname = %s", [name])
            done.append((what, {oid for [oid] in found}))
        else:
            done.append((what, {match["table"] or name}))
    return done


def broken(step: Step, facts: Facts) -> list[str]:
    """A sentence for each promise that the step has not kept."""
    return [*_locks(facts), *_work(step, facts)]


def _locks(facts: Facts) -> Iterator[str]:
    for oid, mode in facts.promised.items():
        held = facts.locks.get(oid) if oid is not None else None
        if held is not mode:
            name = facts.before[oid].name if oid in facts.before else "a relation that is not there"
            yield f"it promises {mode.value} on {name}, but takes {held.value if held else 'none'}"
    for oid, held in facts.tables().items():
        if oid not in facts.promised:
            yield f"it takes {held.value} on {facts.before[oid].name}, and does not promise it"


def _work(step: Step, facts: Facts) -> Iterator[str]:
    what = {done for done, _ in facts.said}
    noticed = {f"{done} {facts.before[oid].name}" for done, oid in facts.said if facts.before[oid].has_rows}
    tables = {oid for oid in facts.replaced if facts.before[oid].kind == "r"}
    weak = {LockMode.ACCESS_SHARE, LockMode.ROW_SHARE, LockMode.ROW_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE}
    names = sorted(facts.before[oid].name for oid in facts.replaced)
    if facts.replaced and step.work not in {Work.REWRITE, Work.BLOCKING_BUILD}:
        yield f"it replaces the files of {names}, as {step.work.name}"
    if tables and step.work is not Work.REWRITE:
        yield f"it rewrites the table, as {step.work.name}"
    if step.work is Work.CATALOG and noticed:
        yield f"{sorted(noticed)}, as CATALOG"
    if step.work in {Work.SCAN, Work.INDEX_BUILD, Work.INDEX_DROP, Work.ROWS} and set(facts.locks.values()) - weak:
        yield f"others wait for {facts.shown()}, as {step.work.name}"
    if step.work is Work.REWRITE and not tables:
        yield "it rewrites nothing, as REWRITE"
    if step.work is Work.BLOCKING_BUILD and not (facts.replaced or "building index" in what):
        yield "it builds nothing, as BLOCKING_BUILD"
    if step.work is Work.BLOCKING_SCAN and not what & {"verifying table", "validating foreign key constraint"}:
        yield "it reads nothing, as BLOCKING_SCAN"
