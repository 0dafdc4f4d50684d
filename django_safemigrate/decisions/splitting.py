"""Splits autodetected migrations by phase: one expand and one contract migration where Django writes one.

Every operation is split by its rule. A part may come before everything of a later phase that it commutes with; what would
have to come after a contract part although it belongs before deploy cannot be split, and then nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from types import MappingProxyType

from django.db.migrations import Migration
from django.db.migrations.operations import CreateModel, DeleteModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.states import unrendered

from .footprints import Footprint, carried_out, commutes, model_key, related_models
from .rules import Level, Part, parts_of
from .rules.others import NOT_YET

Changes = dict[str, list[Migration]]
Key = tuple[str, str]


@dataclass(frozen=True)
class Conflict:
    """Two operations that no order of two phases suits: ``later`` has to run before deploy, and needs ``earlier`` done."""

    app_label: str
    earlier: Operation
    later: Operation

    def __str__(self) -> str:
        return (
            f'{self.app_label}: "{self.later.describe()}" has to run before deploy, but only works after '
            f'"{self.earlier.describe()}", which has to run after deploy'
        )


@dataclass
class Piece:
    """A part on its way into a migration."""

    source: Key
    part: Part
    footprint: Footprint
    level: Level


@dataclass
class Split:
    """``changes`` have one migration per app, level and source, with dependencies, ready to be named.

    ``levels``, ``notes`` (lines for people), ``footprints`` (one for each operation) and ``reasons`` (a line on why it
    depends on what it does) are by the identity of the migration.
    """

    changes: Changes
    levels: dict[int, Level] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    footprints: dict[int, list[Footprint]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)


def split(
    changes: Changes,
    from_state: ProjectState,
    pending: Sequence[Footprint] = (),
    lasts: Mapping[str, Key] = MappingProxyType({}),
) -> Split | Conflict:
    """Split what the autodetector found. ``from_state`` (before the changes) is not changed, nor are the migrations.

    ``lasts``: the last migration of each app that has one.
    ``pending``: what earlier contracts do, which may not have run. What needs them waits for the contract, if it can wait.
    """
    sources = {(app, migration.name): migration for app, migrations in changes.items() for migration in migrations}
    order = _in_order(sources)
    pieces = _pieces([(key, sources[key]) for key in order], from_state, pending)
    if isinstance(pieces, Conflict):
        return pieces
    return _assemble(changes, sources, order, pieces, lasts)


def _key(dependency: Iterable[str]) -> Key:
    app_label, name = dependency
    return app_label, name


def _in_order(sources: Mapping[Key, Migration]) -> list[Key]:
    """The migrations in an order in which they can run."""
    graph: TopologicalSorter[Key] = TopologicalSorter()
    previous: dict[str, Key] = {}
    for key, migration in sources.items():
        graph.add(key, *(inside for dep in migration.dependencies if (inside := _key(dep)) in sources))
        if migration.app_label in previous:
            graph.add(key, previous[migration.app_label])
        previous[migration.app_label] = key
    return list(graph.static_order())


def _pieces(
    migrations: Iterable[tuple[Key, Migration]], from_state: ProjectState, pending: Sequence[Footprint]
) -> list[Piece] | Conflict:
    state = unrendered(from_state)
    fresh: set[Key] = set()
    pieces: list[Piece] = []
    for source, migration in migrations:
        for operation in migration.operations:
            for part in _parts(operation, migration.app_label, state, fresh):
                print_ = carried_out(part.operation, migration.app_label, state)
                waits = part.demotable and not all(commutes(earlier, print_) for earlier in pending)
                level = Level.CONTRACT if waits else part.level
                for earlier in pieces:
                    if earlier.level > part.level and not commutes(earlier.footprint, print_):
                        if not part.demotable:
                            return Conflict(migration.app_label, earlier.part.operation, part.operation)
                        level = earlier.level
                pieces.append(Piece(source, part, print_, level))
    return pieces


def _parts(operation: Operation, app_label: str, state: ProjectState, fresh: set[Key]) -> list[Part]:
    """On a model that is created in the same change, everything is as safe as Django writes it: nobody uses it yet.

    Except for a relation to a model that somebody uses: its constraint locks that table, too.
    """
    model = model_key(operation, app_label)
    if isinstance(operation, CreateModel) and model is not None:
        fresh.add(model)
    if model is None or model not in fresh or isinstance(operation, DeleteModel):
        return parts_of(operation, app_label, state)
    fields = (
        dict(operation.fields).values() if isinstance(operation, CreateModel) else [getattr(operation, "field", None)]
    )
    related = {key for its_field in fields if its_field is not None for key in related_models(its_field, *model)}
    return [Part(Level.EXPAND, operation, unsafe="" if related <= fresh else NOT_YET)]


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
        if not any(key == source for _, key in groups):
            groups[Level.EXPAND, source] = []
    position = {source: number for number, source in enumerate(order)}
    keys = sorted(groups, key=lambda key: (key[0], position[key[1]]))
    names = {key: (key[1][0], f"auto_{number}") for key, number in _numbered(keys)}
    parts_before = _Dependencies(sources, names, lasts)
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
        result.notes[id(migration)] = [note for piece in groups[key] for note in piece.part.notes]
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
    attributes = {"operations": operations, "dependencies": dependencies, "initial": initial}
    migration: Migration = type("Migration", (Migration,), attributes)(name[1], name[0])
    return migration


@dataclass
class _Dependencies:
    """What the parts depend on. ``names`` are those of the parts, ``lasts`` the last migrations of the apps."""

    sources: Mapping[Key, Migration]
    names: Mapping[tuple[Level, Key], Key]
    lasts: Mapping[str, Key]

    def of(self, source: Key, level: Level) -> set[Key]:
        found: set[Key] = set()
        for dependency in self.sources[source].dependencies:
            inside = _key(dependency)
            found |= self._last_part(inside, level) if inside in self.sources else {dependency}
        return found

    def _last_part(self, inside: Key, level: Level) -> set[Key]:
        """Of a migration inside the change its last part up to this level; if it has none, what it comes after itself."""
        part = next(
            (self.names[own, inside] for own in reversed(Level) if own <= level and (own, inside) in self.names), None
        )
        if part:
            return {part}
        of_app = [key for key in self.sources if key[0] == inside[0]]
        earlier = of_app[: of_app.index(inside)][-1:]
        last = {self.lasts[inside[0]]} if inside[0] in self.lasts else set()
        return self.of(inside, level) | (self._last_part(earlier[0], level) if earlier else last)
