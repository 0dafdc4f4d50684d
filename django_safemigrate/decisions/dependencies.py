"""What comes after what: the migrations of a change among themselves, and their parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from django.db.migrations import Migration

from .rules import Level

Key = tuple[str, str]


def _key(dependency: Iterable[str]) -> Key:
    app_label, name = dependency
    return app_label, name


def in_order(sources: Mapping[Key, Migration]) -> list[Key]:
    """The migrations in an order in which they can run."""
    graph: TopologicalSorter[Key] = TopologicalSorter()
    previous: dict[str, Key] = {}
    for key, migration in sources.items():
        graph.add(key, *(inside for dep in migration.dependencies if (inside := _key(dep)) in sources))
        if migration.app_label in previous:
            graph.add(key, previous[migration.app_label])
        previous[migration.app_label] = key
    return list(graph.static_order())


@dataclass
class Dependencies:
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
