"""In which phase a migration belongs that does not say so, judged by its operations.

Each operation is put to the rules, as ``makemigrations`` puts what it finds. What a rule splits is safe in neither phase as
it stands; what runs code of its author's cannot be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from django.contrib.postgres.operations import CreateExtension
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterUniqueTogether,
    CreateModel,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import AlterFieldOnline, Backfill, BackfillDefault, FinishAlterField
from django_safemigrate.values.fields import database_changes
from django_safemigrate.values.operations import is_django, opaque_because, runs_itself
from django_safemigrate.values.states import unrendered

from .choices import SAFE
from .footprints import model_key
from .forbidden import Forbidden
from .rules import Answer, Level, Part, Question, Refusal, answer_of, has_rule
from .rules.alter_unique_together import in_between
from .triggers import added, removed, replaced

Key = tuple[str, str]

# Whether an operation of an app does anything on the database at hand, given the state before it.
Touches = Callable[[Operation, str, ProjectState], bool]


class Place(Enum):
    """Where an operation belongs; ``UNKNOWN``: only its author can say."""

    BEFORE = "before deploy"
    AFTER = "after deploy"
    EITHER = "in either phase"
    BOTH = "partly before and partly after deploy"
    NEITHER = "in neither phase"
    UNKNOWN = "not known"


NEEDED = "new code needs it"
IN_USE = "old code may still need what it takes away, or breaks its rule"
NOTHING = "nobody who is running notices it"
STAYS = "it forbids nothing that was not forbidden before"
NEW_TABLE = "its table is new: no code uses it yet"
NEW_APP = "its app is new on this database: no code uses it yet"
NOT_HERE = "it does nothing on this database"


@dataclass(frozen=True)
class Judged:
    """An operation, where it belongs and why. ``remedy``: what to do about one that belongs nowhere.

    ``leans``: where more speaks for it of one that belongs to both phases, since what it is named after happens there.
    """

    operation: Operation
    place: Place
    why: str
    remedy: str = ""
    leans: Place | None = None

    def __str__(self) -> str:
        return f"{self.operation.describe()}: {self.place.value} ({self.why})"


@dataclass(frozen=True)
class Inferred:
    """The operations of a migration with their places; the database operations of a SeparateDatabaseAndState stand for it."""

    operations: tuple[Judged, ...]

    @property
    def places(self) -> set[Place]:
        """Those that decide: what belongs in either phase goes with the others."""
        return {one.place for one in self.operations} - {Place.EITHER}

    @property
    def unknown(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.operations if one.place is Place.UNKNOWN)

    @property
    def is_mixed(self) -> bool:
        """Whether it is safe in neither phase as a whole, whatever is to be said of what is unknown."""
        places = self.places
        return bool(places & {Place.BOTH, Place.NEITHER}) or {Place.BEFORE, Place.AFTER} <= places


def everywhere(operation: Operation, app_label: str, before: ProjectState) -> bool:
    """On one database, without swapped models, every operation does something."""
    return True


class Judge:
    """Judges migrations one after the other, in an order in which they can run.

    ``state`` is the state before the first of them, and is not changed. ``known_apps``: the labels of those of whose
    migrations some are applied; None where nobody knows.
    """

    def __init__(
        self, state: ProjectState, *, known_apps: Collection[str] | None = None, touches: Touches = everywhere
    ) -> None:
        self._state, self._known, self._touches = unrendered(state), known_apps, touches
        # Models whose tables these migrations make.
        self._fresh: set[Key] = set()
        self._forbidden = Forbidden((), "", self._state)

    def go_on(self, state: ProjectState) -> None:
        """Others have run meanwhile: ``state`` is that before the next migration to be judged, which changes it."""
        self._state = state

    def judge(self, migration: Migration) -> Inferred:
        """Where its operations belong; after it, the state is that after the migration. Nothing is raised.

        Operations that do not fit the models before them cannot be judged, and end in an error when they run.
        """
        if runs_itself(migration):
            place, why = self._unseen(migration, "it is applied by code of its own")
            self._forwards(migration.operations, migration.app_label)
            return Inferred(tuple(Judged(operation, place, why) for operation in migration.operations))
        self._forbidden = Forbidden(migration.operations, migration.app_label, self._state)
        return Inferred(tuple(one for operation in migration.operations for one in self._run(migration, operation)))

    def _run(self, migration: Migration, operation: Operation) -> Iterator[Judged]:
        app_label = migration.app_label
        if isinstance(operation, SeparateDatabaseAndState) and is_django(operation):
            yield from self._separate(migration, operation)
        else:
            yield self._judge(migration, operation, self._state)
            self._remember(operation, app_label, self._state)
        self._forwards([operation], app_label)

    def _separate(self, migration: Migration, operation: SeparateDatabaseAndState) -> Iterator[Judged]:
        """By its database operations, on a state that they alone change."""
        if not operation.database_operations:
            yield Judged(operation, Place.EITHER, "it changes Python's view only")
            return
        state = unrendered(self._state)
        for inner in operation.database_operations:
            yield self._judge(migration, inner, state)
            self._remember(inner, migration.app_label, state)
            _forwards(inner, migration.app_label, state)

    def _judge(self, migration: Migration, operation: Operation, before: ProjectState) -> Judged:
        app_label = migration.app_label
        if not self._touches(operation, app_label, before):
            return Judged(operation, Place.EITHER, NOT_HERE)
        if isinstance(operation, SeparateDatabaseAndState):  # one in another: nobody writes that
            return Judged(operation, *self._unseen(migration, "it is inside another one"))
        if _does_nothing(operation, app_label, before):
            return Judged(operation, Place.EITHER, NOTHING)
        if isinstance(operation, CreateExtension):
            return Judged(operation, Place.BEFORE, NEEDED)
        if not has_rule(operation) and not _is_of_a_trigger(operation):
            reason = opaque_because(operation)
            if reason:
                return Judged(operation, *self._unseen(migration, reason))
        if model_key(operation, app_label) in self._fresh:
            return Judged(operation, Place.BEFORE, NEW_TABLE)
        try:
            if self._forbidden.stays(operation, before) and _is_only_about_that(operation, app_label, before):
                return Judged(operation, Place.EITHER, STAYS)
            return _judged(operation, self._answer(operation, app_label, before))
        except Exception as error:  # whatever a rule trips over that asks for what is not in the state
            return Judged(operation, Place.UNKNOWN, f"it does not fit the models before it: {error!r}")

    def _answer(self, operation: Operation, app_label: str, before: ProjectState) -> Answer:
        """As its rule says; what was unique before the migration is taken for something that stays."""
        if type(operation) is AlterUniqueTogether:
            model = before.models[app_label, operation.name_lower]
            return in_between(operation, model, was=self._forbidden.unique_sets(operation))
        answer = answer_of(operation, app_label, before)
        if isinstance(answer, Question) and self._forbidden.adds_nothing(operation, before):
            return answer.options[-1].parts
        return answer

    def _unseen(self, migration: Migration, why: str) -> tuple[Place, str]:
        """Code that nobody can see into. In an app that is new here, it fills what nobody uses yet."""
        if self._known is not None and migration.app_label not in self._known:
            return Place.BEFORE, NEW_APP
        return Place.UNKNOWN, why

    def _remember(self, operation: Operation, app_label: str, before: ProjectState) -> None:
        self._forbidden.follow(operation, before)
        if isinstance(operation, CreateModel):
            self._fresh.add((app_label, operation.name_lower))
        elif isinstance(operation, RenameModel) and (app_label, operation.old_name_lower) in self._fresh:
            self._fresh.add((app_label, operation.new_name_lower))

    def _forwards(self, operations: Sequence[Operation], app_label: str) -> None:
        for operation in operations:
            _forwards(operation, app_label, self._state)


def _forwards(operation: Operation, app_label: str, state: ProjectState) -> None:
    try:
        operation.state_forwards(app_label, state)
    except Exception:
        # It will end in Django's own error when it runs; what comes after it is judged as well as it can be.
        return


def _is_only_about_that(operation: Operation, app_label: str, before: ProjectState) -> bool:
    """Whether an operation changes nothing but what rows are allowed."""
    if not isinstance(operation, AlterField):
        return True
    old = before.models[app_label, operation.model_name_lower].fields[operation.name]
    return database_changes(old, operation.field) == {"unique"}


def _judged(operation: Operation, answer: Answer) -> Judged:
    if isinstance(answer, Question):
        answer = answer.options[SAFE.answer(answer)].parts
    if isinstance(answer, Refusal):
        return Judged(operation, Place.NEITHER, answer.fact.rstrip("."), answer.remedy)
    parts = _as_it_stands(operation, answer)
    levels = {part.level for part in parts if not part.demotable or _is_of_a_trigger(operation)}
    remark = "; ".join(part.remark for part in answer if part.remark)
    if not levels:
        return Judged(operation, Place.EITHER, remark or NOTHING)
    if levels == {Level.EXPAND}:
        return Judged(operation, Place.BEFORE, remark or NEEDED)
    if levels == {Level.CONTRACT}:
        return Judged(operation, Place.AFTER, remark or IN_USE)
    why = f"as it stands it disturbs one of the two releases; in parts: {_in_parts(answer)}"
    return Judged(operation, Place.BOTH, why, leans=_leaning(operation, answer))


def _as_it_stands(operation: Operation, parts: Sequence[Part]) -> list[Part]:
    """The parts that count. A column whose type changes in place leaves nothing to finish, and whether that goes on beside
    reads and writes is a question of its size. A new column that accepts NULL has it in old code's rows, with a default or
    without, and nothing fails."""
    if isinstance(operation, AddField) and operation.field.null:
        return [part for part in parts if part.level is Level.EXPAND]
    if not isinstance(operation, AlterField) or isinstance(operation, AlterFieldOnline):
        return list(parts)
    return [
        part for part in parts if not (isinstance(part.operation, FinishAlterField) and part.operation.column is None)
    ]


def _leaning(operation: Operation, parts: Sequence[Part]) -> Place:
    own = [part for part in parts if part.operation is operation] or [
        part for part in reversed(parts) if isinstance(part.operation, type(operation))
    ]
    return Place.AFTER if own and own[0].level is Level.CONTRACT else Place.BEFORE


def _is_of_a_trigger(operation: Operation) -> bool:
    """Other packages' operations of which it is known what they do. They have a phase, although they may wait for others."""
    return bool(added(operation) or removed(operation) or replaced(operation))


def _in_parts(parts: Sequence[Part]) -> str:
    return ", ".join(f"{part.operation.describe()} {part.level.words}" for part in parts)


def _does_nothing(operation: Operation, app_label: str, before: ProjectState) -> bool:
    """Code that is empty, and models that have no table of their own."""
    if isinstance(operation, RunPython):
        return operation.code is RunPython.noop
    if isinstance(operation, RunSQL):
        return not operation.sql
    if isinstance(operation, Backfill | BackfillDefault):  # a value where there is none is what both releases expect
        return True
    if isinstance(operation, CreateModel):
        return not _has_table(operation.options)
    key = model_key(operation, app_label)
    model = before.models.get(key) if key else None
    return model is not None and not _has_table(model.options)


def _has_table(options: dict[str, object]) -> bool:
    return bool(options.get("managed", True)) and not options.get("proxy", False)
