"""Splits autodetected migrations by phase: one expand and one contract migration where Django writes one.

Every operation is split by its rule. A part may come before everything of a later phase that it commutes with; what would
have to come after a contract part although it belongs before deploy cannot be split, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.db.migrations import Migration
from django.db.migrations.operations import (
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AlterTogetherOptionOperation
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import FinishAlterField, FinishRenameField
from django_safemigrate.values.states import unrendered

from .choices import SAFE, Choices
from .commuting import Footprint, commutes, takes_the_name_of
from .dependencies import Dependencies, Key, in_order
from .effects import effect_of
from .footprints import carried_out, model_key
from .rewriting import name_from_state, rewritten
from .rules import Answer, Level, Part, Question, Refusal, answer_of
from .triggers import with_replacements
from .uniqueness import Uniqueness

NOT_SAFE = "not safe"

# The ends of changes that go by way of a second column.
_FINISHES = (FinishAlterField, FinishRenameField)

Changes = dict[str, list[Migration]]


@dataclass(frozen=True)
class Conflict:
    """Two operations that no order of two phases suits: ``later`` has to run before deploy, and needs ``earlier`` done."""

    app_label: str
    earlier: Operation
    later: Operation

    @property
    def refusal(self) -> Refusal:
        """The same for people."""
        earlier, later = self.earlier.describe(), self.later.describe()
        remedy = (
            f'Make two releases of it, and leave "{later}" for the second one.'
            if isinstance(self.earlier, _FINISHES)
            else "Give what is new another name (also another db_column, db_table or index name), so that both can be there "
            "at once; or make two releases of it: in the first one remove the old, in the second one add the new."
        )
        return Refusal(
            f'{self.app_label}: "{later}" only works after "{earlier}".',
            f'"{later}" has to run before deploy, because new code needs it; "{earlier}" has to run after deploy, because '
            "old code needs what it takes away.",
            remedy,
            (self.earlier, self.later),
        )


@dataclass
class Piece:
    """A part on its way into a migration."""

    source: Key
    part: Part
    footprint: Footprint
    effect: str
    level: Level


@dataclass
class Split:
    """``changes`` have one migration per app, level and source, with dependencies, ready to be named.

    ``levels``, ``notes`` (lines for people), ``footprints`` and ``effects`` (one for each operation) and ``reasons`` (a line
    on why it depends on what it does) are by the identity of the migration. ``refusals`` are of changes that are written
    nonetheless, in the phase that the author insists on, or before deploy.
    """

    changes: Changes
    levels: dict[int, Level] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    footprints: dict[int, list[Footprint]] = field(default_factory=dict)
    effects: dict[int, list[str]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


def split(
    changes: Changes,
    from_state: ProjectState,
    pending: Sequence[Footprint] = (),
    lasts: Mapping[str, Key] = MappingProxyType({}),
    choices: Choices = SAFE,
) -> Split | Conflict:
    """Split what the autodetector found. ``from_state`` (before the changes) is not changed, nor are the migrations.

    ``lasts``: the last migration of each app that has one. ``choices``: what the author has decided.
    ``pending``: what earlier contracts do, which may not have run. What needs them waits for the contract, if it can wait.
    """
    sources = {(app, migration.name): migration for app, migrations in changes.items() for migration in migrations}
    order = in_order(sources)
    operations = rewritten({key: sources[key].operations for key in order}, from_state)
    maker = _Maker(from_state, pending, choices, operations)
    conflict = maker.make()
    if conflict:
        return conflict
    result = _assemble(changes, sources, order, maker.pieces, lasts)
    result.refusals = maker.refusals
    return result


def with_what_they_need(changes: Changes, apps: Iterable[str]) -> Changes:
    """The changes of these apps, and of those that they depend on."""
    needed, more = set(), set(apps)
    while more:
        needed |= more
        found = [dep[0] for app in more for migration in changes.get(app, ()) for dep in migration.dependencies]
        more = set(found) - needed
    return {app: migrations for app, migrations in changes.items() if app in needed}


def _doomed(migrations: Mapping[Key, Sequence[Operation]]) -> set[Key]:
    """The models that go in this change."""
    operations = [(app_label, operation) for (app_label, _), its in migrations.items() for operation in its]
    return {(app, operation.name_lower) for app, operation in operations if isinstance(operation, DeleteModel)}


# What Django takes away from a model before it deletes it. Old code may need it until the model goes.
_BELONGINGS = (AlterTogetherOptionOperation, RemoveConstraint, RemoveIndex)


class _Maker:
    """Makes pieces of migrations, one operation after the other."""

    def __init__(
        self,
        from_state: ProjectState,
        pending: Sequence[Footprint],
        choices: Choices,
        migrations: Mapping[Key, Sequence[Operation]],
    ) -> None:
        self._state, self._pending, self._choices = unrendered(from_state), pending, choices
        self._migrations = migrations
        self._doomed, self._unique = _doomed(migrations), Uniqueness(migrations, from_state)
        self._fresh: set[Key] = set()
        self.pieces: list[Piece] = []
        self.refusals: list[Refusal] = []

    def make(self) -> Conflict | None:
        """Fill ``pieces`` and ``refusals``; what is in the way, if something is."""
        all_of_them = ((source, operation) for source, its in self._migrations.items() for operation in its)
        for source, operation in with_replacements(all_of_them):
            for part in self._parts(self._answer(operation, source[0])):
                conflict = self._add(source, source[0], part)
                if conflict:
                    return conflict
        return None

    def _answer(self, operation: Operation, app_label: str) -> Answer:
        """On a model that is created in the same change, everything is as safe as Django writes it: nobody uses it yet."""
        model = model_key(operation, app_label)
        if isinstance(operation, CreateModel) and model is not None:
            self._fresh.add(model)
        if model in self._doomed and isinstance(operation, _BELONGINGS):
            return [Part(Level.CONTRACT, operation)]
        if model is None or model not in self._fresh or isinstance(operation, CreateModel | DeleteModel):
            return self._ruled(operation, app_label)
        return [Part(Level.EXPAND, operation)]

    def _ruled(self, operation: Operation, app_label: str) -> Answer:
        """By its rule; what is unique in both versions is built first and dropped last, and not asked about."""
        if type(operation) is AlterUniqueTogether:
            return self._unique.together(operation, app_label, self._state)
        answer = answer_of(operation, app_label, self._state)
        if isinstance(answer, Question) and self._unique.stays(operation, app_label, self._state):
            return answer.options[-1].parts
        return answer

    def _parts(self, answer: Answer) -> Sequence[Part]:
        if isinstance(answer, Question):
            option = answer.options[self._choices.answer(answer)]
            return option.parts
        if isinstance(answer, Refusal):
            self.refusals.append(answer)
            level = self._choices.insist or Level.EXPAND
            return [Part(level, operation, remark=f"{NOT_SAFE}: {answer.fact}") for operation in answer.parts]
        return answer

    def _add(self, source: Key, app_label: str, part: Part) -> Conflict | None:
        effect = effect_of(part.operation, app_label, self._state)
        print_ = carried_out(part.operation, app_label, self._state)
        waits = part.demotable and not all(commutes(earlier, print_) for earlier in self._pending)
        level = Level.CONTRACT if waits else part.level
        for earlier in self.pieces:
            if earlier.level > part.level and not commutes(earlier.footprint, print_):
                if not part.demotable:
                    return Conflict(app_label, earlier.part.operation, part.operation)
                level = earlier.level
            if earlier.level < level and takes_the_name_of(earlier.footprint, print_):
                return Conflict(app_label, part.operation, earlier.part.operation)
        self.pieces.insert(self._place(part.operation, print_, level), Piece(source, part, print_, effect, level))
        return None

    def _place(self, operation: Operation, print_: Footprint, level: Level) -> int:
        """What finishes a change comes before what else there is: its trigger does not outlive the columns that it writes."""
        place = len(self.pieces)
        if not isinstance(operation, _FINISHES):
            return place
        for earlier in reversed(self.pieces):
            stays = isinstance(earlier.part.operation, _FINISHES) or not commutes(earlier.footprint, print_)
            if earlier.level is level and stays:
                break
            place -= 1
        return place


def _assemble(
    changes: Changes,
    sources: Mapping[Key, Migration],
    order: list[Key],
    pieces: list[Piece],
    lasts: Mapping[str, Key],
) -> Split:
    groups: dict[tuple[Level, Key], list[Piece]] = {}
    for piece in pieces:
        groups.setdefault((piece.level, piece.source), []).append(piece)
    for source in order:  # one without operations (as --empty makes it) stays
        if not sources[source].operations:
            groups[Level.EXPAND, source] = []
    position = {source: number for number, source in enumerate(order)}
    keys = sorted(groups, key=lambda key: (key[0], position[key[1]]))
    names = {key: (key[1][0], f"auto_{number}") for key, number in _numbered(keys)}
    parts_before = Dependencies(sources, names, lasts)
    result = Split({app: [] for app in changes})
    last: dict[str, Key] = {}
    for key in keys:
        level, source = key
        dependencies = parts_before.of(source, level) - {names[key]}
        if source[0] in last:
            dependencies.add(last[source[0]])
        operations = [piece.part.operation for piece in groups[key]]
        migration = _migration(names[key], sources[source], operations, sorted(dependencies, key=str), level)
        last[source[0]] = names[key]
        result.changes[source[0]].append(migration)
        result.levels[id(migration)] = level
        result.notes[id(migration)] = [piece.part.remark for piece in groups[key] if piece.part.remark]
        result.effects[id(migration)] = [piece.effect for piece in groups[key]]
        result.footprints[id(migration)] = [piece.footprint for piece in groups[key]]
    return result


def _numbered(keys: list[tuple[Level, Key]]) -> Iterable[tuple[tuple[Level, Key], int]]:
    count: dict[str, int] = {}
    for key in keys:
        app = key[1][0]
        count[app] = count.get(app, 0) + 1
        yield key, count[app]


def _migration(
    name: Key, source: Migration, operations: list[Operation], dependencies: list[Key], level: Level
) -> Migration:
    initial = source.initial if level is Level.EXPAND else False
    attributes = {
        **{"operations": operations, "dependencies": dependencies, "initial": initial},
        "suggest_name": name_from_state,
    }
    migration: Migration = type("Migration", (Migration,), attributes)(name[1], name[0])
    return migration
