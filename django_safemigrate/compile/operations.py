"""One operation, compiled whole before any of it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.postgres import operations as postgres
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration

from django_safemigrate.values.errors import Refused, UsageError
from django_safemigrate.values.operations import opaque_because, runs_itself
from django_safemigrate.values.steps import Step, Work

from .advice import advice
from .binding import Binding, BoundOperation
from .editor import NotCompiled, StepEditor, step_editor
from .online.grouping import steps_of_all
from .reads import only_reads
from .simplify import indexes_first, simplified
from .situation import Allowances, Situation
from .statements import knows
from .unsafe import Unsafe
from .written import Written


@dataclass
class Compiler:
    """Compiles the operations of one migration, one after the other.

    ``allowances`` is what may happen to live tables. Foreign keys and indexes that Django keeps for the end of a migration
    are made at the end of their operation, unless something is renamed later in the same migration: then at its end, so that
    their names are those that stock Django gives.
    """

    migration: Migration
    connection: BaseDatabaseWrapper
    allowances: Allowances = field(default_factory=Allowances)
    backwards: bool = False

    def __post_init__(self) -> None:
        self._deferred: list[Any] = []
        self.created: set[str] = set()

    def compile(self, bound: BoundOperation) -> list[Step]:
        """The steps of an operation, against the catalog as it is now; one opaque step where nobody can see into it.

        Nothing is changed; takes no locks but those of reading the catalog. Raises ``Refused`` where there is no safe way,
        ``UsageError`` where the operation names a field that is not there.
        """
        reason = opaque_because(bound.operation)
        if reason:
            return [opaque_step(bound, reason, self.migration)]
        try:
            with self._in_words(bound):
                statements = self._written(bound, lambda editor: bound.run(editor))
                return self._steps(statements)
        except NotCompiled as why:
            return [opaque_step(bound, str(why), self.migration)]

    def at_end(self) -> list[Step]:
        """The steps of what was kept for the end of the migration."""
        if not self._deferred:
            return []
        return self._steps(self._written(None, lambda editor: editor.flush_deferred()))

    def skip(self, bound: BoundOperation) -> None:
        """An operation that has run already (in a run that was interrupted): only what it leaves for the end counts."""
        if not opaque_because(bound.operation):
            with contextlib.suppress(NotCompiled, ValueError, FieldError):
                self._written(bound, lambda editor: bound.run(editor))

    def _written(self, bound: BoundOperation | None, work: Callable[[StepEditor], None]) -> list[Written]:
        situation = Situation(self.connection, self.allowances)
        editor = step_editor(situation)
        editor.deferred_sql = list(self._deferred)  # an operation that turns out not to compile adds nothing
        with only_reads(self.connection), _knowing(bound, editor):
            work(editor)
            if bound is not None and not bound.among_renames():
                editor.flush_deferred()
        self._deferred = editor.deferred_sql
        for written in editor.written:
            if written.kind == "sql_create_table":
                self.created.add(written.table)
            elif written.kind == "sql_rename_table" and self._is_new(written.part("old_table")):
                self.created.add(written.part("new_table"))
        for written in editor.written:
            if not knows(written.kind):
                raise NotCompiled(f"there are no steps for its {written.kind}")
        return editor.written

    def _is_new(self, table: str) -> bool:
        return table in self.created or table in self.allowances.new_tables

    def _steps(self, statements: list[Written]) -> list[Step]:
        """Translated in a situation of their own, in which each statement has run before the next."""
        situation = Situation(self.connection, self.allowances)
        return list(steps_of_all(indexes_first(simplified(statements, situation)), situation))

    @contextlib.contextmanager
    def _in_words(self, bound: BoundOperation) -> Iterator[None]:
        try:
            yield
        except Unsafe as unsafe:
            what = bound.operation.describe()
            raise Refused(
                f"{self.migration}: {what}\n{unsafe.fact}",
                unsafe.reason,
                advice(bound, unsafe, str(self.migration)),
                certain=unsafe.certain,
            ) from unsafe
        except FieldDoesNotExist as missing:
            raise _of_no_field(bound, str(missing), self.migration) from missing


def _of_no_field(bound: BoundOperation, missing: str, migration: Migration) -> UsageError:
    """An operation that names a field which is not there at its place in the file, whatever the database is like."""
    what = bound.operation.describe()
    if not bound.backwards:
        return UsageError(
            f"{migration}: {what}\n{missing}.",
            "No operation before it adds that field, or one takes it away.",
            "Correct the order of the operations in the file, and run the same command again.",
        )
    return UsageError(
        f"{migration}: {what} cannot be undone.\n{missing}.",
        "The migration takes the field away first, and then what has an index or a constraint on it. On the way back that "
        "would be there before the field. Django has no way back from it, either.",
        "Write RemoveIndex or RemoveConstraint above the RemoveField in the file, which comes to the same end and may be "
        "done when it has run already. Then run the same command again.",
    )


def opaque_step(bound: BoundOperation | None, reason: str, migration: Migration) -> Step:
    """A step for what runs as its author wrote it. Its locks are known to nobody."""
    return Step(
        description=bound.operation.describe() if bound else f"Run {migration}",
        sql="",
        locks=(),
        work=Work.OPAQUE,
        transactional=migration.atomic or bool(bound and bound.operation.atomic),
        remark=f"It runs as it is written, because {reason}.",
    )


def _knowing(bound: BoundOperation | None, editor: StepEditor) -> contextlib.AbstractContextManager[None]:
    """What the statements of an operation are that Django writes from no template."""
    operation = bound.operation if bound else None
    if isinstance(operation, postgres.ValidateConstraint):
        assert bound is not None
        model = bound.from_state.apps.get_model(bound.app_label, operation.model_name)
        table, name = editor.quote_name(model._meta.db_table), editor.quote_name(operation.name)
        return editor.knowing(kind="validate", table=table, name=name)
    if isinstance(operation, postgres.CollationOperation):
        return editor.knowing(kind="collation", description=operation.describe())
    return contextlib.nullcontext()


def compile_migration(
    migration: Migration,
    state: Any,
    connection: BaseDatabaseWrapper,
    allowances: Allowances | None = None,
    *,
    backwards: bool = False,
) -> list[tuple[BoundOperation | None, list[Step]]]:
    """Each operation of a migration with its steps, against the catalog as it is now: for looking at, not for running.

    Steps behind the first operation may look different once those before them have run. The last pair, without an
    operation, is what is kept for the end. Raises ``Refused``; ``NotCompiled`` when the migration overrides ``apply``.
    """
    if runs_itself(migration, backwards=backwards):
        raise NotCompiled(f"the migration overrides {'unapply' if backwards else 'apply'}()")
    compiler = Compiler(migration, connection, allowances or Allowances(), backwards)
    compiled: list[tuple[BoundOperation | None, list[Step]]] = [
        (bound, compiler.compile(bound)) for bound in Binding(migration, state, backwards=backwards)
    ]
    return [*compiled, (None, compiler.at_end())]


def tables_made(
    migration: Migration,
    state: Any,
    connection: BaseDatabaseWrapper,
    allowances: Allowances,
    *,
    backwards: bool = False,
) -> set[str]:
    """Compile a migration for nothing but its refusals; returns the (quoted) tables that it makes.

    Raises ``Refused``, and what compiling an operation raises as long as those before it have not run.
    """
    if runs_itself(migration, backwards=backwards):
        return set()
    compiler = Compiler(migration, connection, allowances, backwards)
    for bound in Binding(migration, state, backwards=backwards):
        compiler.compile(bound)
        compiler.allowances = replace(allowances, new_tables={*allowances.new_tables, *compiler.created})
    return compiler.created
