"""Where a step and PostgreSQL's grammar disagree about the step's own SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django_safemigrate.grammar.classify import statements
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import relation
from django_safemigrate.grammar.parse import DoesNotParse
from django_safemigrate.grammar.statements import Change, Statement, strongest
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Step, Work

_BUILDS = {Kind.ADD_UNIQUE, Kind.ADD_PRIMARY_KEY, Kind.ADD_EXCLUSION}
_SCANS = {Kind.ADD_CHECK, Kind.ADD_NOT_NULL}
_ANY = {Work.CATALOG, Work.BLOCKING_SCAN, Work.BLOCKING_BUILD, Work.REWRITE}
# Where it depends on the table; without an entry, what changes is the catalog alone.
_DEPENDS = {
    Kind.ADD_COLUMN: _ANY,
    Kind.ALTER_TYPE: _ANY,
    Kind.SET_EXPRESSION: _ANY,
    Kind.SET_TABLESPACE: _ANY,
    Kind.SET_LOGGED: _ANY,
    Kind.ADD_FOREIGN_KEY: {Work.CATALOG, Work.BLOCKING_SCAN},  # the catalog alone where the partitions have it already
    Kind.SET_NOT_NULL: {Work.CATALOG, Work.BLOCKING_SCAN},
    Kind.ATTACH_PARTITION: {Work.CATALOG, Work.BLOCKING_SCAN, Work.BLOCKING_BUILD},
    Kind.VALIDATE: {Work.BLOCKING_SCAN},  # beside another subcommand, whose lock is stronger
    Kind.REINDEX: {Work.BLOCKING_BUILD},
    Kind.ANALYZE: {Work.SCAN},
}


def disagreements(step: Step) -> list[str]:
    """A sentence for each; none for code that we cannot see into."""
    if step.work is Work.OPAQUE:
        return ["it is opaque, but has SQL"] if step.sql else []
    found = list(_texts(step))
    try:
        several = statements(step.sql)
    except DoesNotParse as error:
        return [*found, f"sql: {error}"]
    if not several:
        found.append(f"sql: 0 statements: {step.sql!r}")
    for statement in several:
        if not statement.known:
            return [*found, f"the grammar's table of locks does not have this statement: {step.sql}"]
        if statement.kinds != (Kind.SET,):
            found += [*_transaction(step, statement), *_work(step, statement)]
    return [*found, *_locks(step, several)]


def _texts(step: Step) -> Iterator[str]:
    for name, sql in (("undo", step.undo), ("offenders", step.offenders)):
        if sql is not None:
            try:
                kinds = [kind for statement in statements(sql) for kind in statement.kinds]
            except DoesNotParse as error:
                yield f"{name}: {error}"
            else:
                if not kinds:
                    yield f"{name}: 0 statements: {sql!r}"
                if name == "offenders" and kinds != [Kind.SELECT]:
                    yield f"offenders is not a SELECT: {sql}"


def _transaction(step: Step, statement: Statement) -> Iterator[str]:
    expected = not statement.concurrently and step.work is not Work.ROWS
    if step.transactional is not expected:
        yield f"transactional is {step.transactional}, but has to be {expected}"


def _locks(step: Step, several: Sequence[Statement]) -> Iterator[str]:
    """Of what the text names, the promise is exact; more than the text names may be promised."""
    named = strongest(item for one in several for item in (*one.locks.items(), *one.beside.items()))
    stronger = {mode for one in several for mode in _stronger(one)}
    promised = set()
    for lock in step.locks:
        try:
            table = relation(lock.relation)
        except DoesNotParse as error:
            yield f"locks: {error}"
            continue
        promised.add(table)
        if table in named and lock.mode not in {named[table], *stronger}:
            yield f"it promises {lock.mode.value} on {table}, but takes {named[table].value}"
    for table, mode in strongest(item for one in several for item in one.locks.items()).items():
        if table not in promised:
            yield f"it takes {mode.value} on {table}, and does not promise it"


def _stronger(statement: Statement) -> set[LockMode]:
    """What the text does not show: before PostgreSQL 18 a key of a partitioned table takes over those of its partitions,
    and drops their triggers on the table that they refer to. An identity goes with its sequence.
    """
    if Kind.DROP_IDENTITY in statement.kinds:
        return {LockMode.ACCESS_EXCLUSIVE}
    plain = [change for change in statement.changes if change.kind is Kind.ADD_FOREIGN_KEY and not change.not_valid]
    return {LockMode.ACCESS_EXCLUSIVE} if plain and not statement.only else set()


def _work(step: Step, statement: Statement) -> Iterator[str]:
    expected = _works(statement)
    if step.work not in expected:
        names = " or ".join(sorted(work.name for work in expected))
        yield f"its work is {step.work.name}, but has to be {names}"


def _works(statement: Statement) -> set[Work]:
    """What the work can be, as far as the text shows."""
    kinds = set(statement.kinds)
    if Kind.UPDATE in kinds:
        return {Work.ROWS}
    if kinds == {Kind.VALIDATE}:
        return {Work.SCAN}
    if statement.concurrently:
        return {Work.INDEX_DROP if kinds == {Kind.DROP_INDEX} else Work.INDEX_BUILD}
    each = [_work_of(change, statement) for change in statement.changes]
    works = set().union(*each)
    return works if all(Work.CATALOG in some for some in each) else works - {Work.CATALOG}


def _work_of(change: Change, statement: Statement) -> set[Work]:
    if change.kind is Kind.CREATE_INDEX:
        return {Work.CATALOG if statement.only else Work.BLOCKING_BUILD}
    if change.kind is Kind.ADD_PRIMARY_KEY and change.using_index:
        return {Work.CATALOG, Work.BLOCKING_SCAN}  # a scan where the column may be NULL
    if change.kind in _BUILDS and not change.using_index:
        # Of a partitioned table alone there is nothing to build.
        return {Work.BLOCKING_BUILD, Work.CATALOG} if statement.only else {Work.BLOCKING_BUILD}
    if change.kind in _SCANS and not change.not_valid:
        return {Work.BLOCKING_SCAN}
    return _DEPENDS.get(change.kind, {Work.CATALOG})
