"""What both versions have written and been told that it is written: what has to be in the database."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .lineage import Attribute, Entity

Row = dict[Attribute, Any]

# The keys of rows that a version leaves for the other one: by version and entity.
Left = dict[str, dict[Entity, list[Any]]]


@dataclass
class Ledger:
    """Rows by what they are rows of and by primary key, each with the values last written; the keys of deleted rows; the
    links of many-to-many fields. Written by several threads, each for rows of its own."""

    rows: dict[Entity, dict[Any, Row]] = field(default_factory=dict)
    gone: dict[Entity, set[Any]] = field(default_factory=dict)
    links: dict[Entity, set[tuple[Any, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    busy: set[tuple[Entity, Any]] = field(default_factory=set)
    writes: int = 0

    @contextlib.contextmanager
    def unsettled(self, entity: Entity, key: Any) -> Iterator[None]:
        """For the time of the context a row is being changed: what is read of it says nothing."""
        self.busy.add((entity, key))
        try:
            yield
        finally:
            self.busy.discard((entity, key))

    def wrote(self, entity: Entity, key: Any, values: Mapping[Attribute, Any]) -> None:
        """A row was created or updated, and these are the values written."""
        with self.lock:
            self.writes += 1
            self.gone.get(entity, set()).discard(key)  # SQLite counts anew in a table that was made anew
            self.rows.setdefault(entity, {}).setdefault(key, {}).update(values)

    def deleted(self, entity: Entity, keys: Iterable[Any]) -> None:
        with self.lock:
            for key in keys:
                self.writes += 1
                self.rows.get(entity, {}).pop(key, None)
                self.gone.setdefault(entity, set()).add(key)

    def forget(self, entity: Entity, keys: Iterable[Any]) -> None:
        """Nothing is expected of these rows any more."""
        with self.lock:
            for key in keys:
                self.rows.get(entity, {}).pop(key, None)

    def linked(self, entity: Entity, source: Any, targets: Iterable[Any] | None) -> None:
        """The links of a row are now these; None: nothing is expected of them."""
        with self.lock:
            kept = {link for link in self.links.get(entity, set()) if link[0] != source}
            self.links[entity] = kept | {(source, target) for target in targets or ()}

    def settle(self, entity: Entity, key: Any, values: Mapping[Attribute, Any]) -> None:
        """Expect these values from now on: a migration has filled what was NULL."""
        with self.lock:
            if key in self.rows.get(entity, {}):
                self.rows[entity][key].update(values)

    def only(self, known: Mapping[Entity, set[Attribute]]) -> None:
        """Forget what no remaining version knows: its columns and tables are about to go."""
        with self.lock:
            self.rows = {
                entity: {
                    key: {name: v for name, v in row.items() if name in known[entity]} for key, row in rows.items()
                }
                for entity, rows in self.rows.items()
                if entity in known
            }
            self.links = {entity: links for entity, links in self.links.items() if entity in known}
            self.gone = {entity: keys for entity, keys in self.gone.items() if entity in known}

    def snapshot(self, entity: Entity) -> dict[Any, Row]:
        with self.lock:
            return {key: dict(row) for key, row in self.rows.get(entity, {}).items()}


def empty_left() -> Left:
    return {"old": defaultdict(list), "new": defaultdict(list)}
