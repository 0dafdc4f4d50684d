"""Writers of a release: each with rows of its own, and a log of what these rows have to be."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.support.database import another_session, rows
from tests.support.waiting import wait_for

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Release:
    """How a version of the code writes ``shop_order``: its columns, and the one that is unique.

    ``values`` gives the columns of one row their values; no two numbers give one value to the unique one.
    """

    columns: tuple[str, ...]
    unique: str
    values: Callable[[int, random.Random], Row]


@dataclass
class Slot:
    """Some of the rows: what each has to be. Whoever writes them is the only one that does."""

    number: int
    log: dict[int, Row] = field(default_factory=dict)
    inserted: list[int] = field(default_factory=list)
    written: int = 0


# Each value that has to be unique is used once.
NUMBERS = itertools.count(10_000)


class Writer(threading.Thread):
    """Writes the rows of its slot in every way, one statement after the other, until it is stopped."""

    def __init__(self, release: Release, slot: Slot) -> None:
        super().__init__(daemon=True)
        self.release, self.slot = release, slot
        self.error: psycopg.Error | None = None
        self._over = threading.Event()

    def run(self) -> None:
        chance = random.Random(self.slot.number)
        try:
            with another_session(application_name="writer", prepare_threshold=None) as session:
                while not self._over.wait(0.001):
                    self._write(session, chance)
                    self.slot.written += 1
        except psycopg.Error as error:
            self.error = error

    def stop(self) -> None:
        self._over.set()
        self.join(60)
        assert not self.is_alive()

    def _write(self, session: psycopg.Connection[Any], chance: random.Random) -> None:
        columns, log = self.release.columns, self.slot.log
        values = self.release.values(next(NUMBERS), chance)
        key = chance.choice(list(log))
        kind = chance.choice(["insert", "insert", "update", "update", "one", "nothing", "conflict", "delete"])
        if kind == "insert":
            made = self._insert(session, values)
            log[made] = values
            self.slot.inserted.append(made)
        elif kind == "update":
            changes = ", ".join(f"{column} = %s" for column in columns)
            session.execute(f"UPDATE shop_order SET {changes} WHERE id = %s", [*values, key])
            log[key] = values
        elif kind == "one":
            place = chance.randrange(len(columns))
            session.execute(f"UPDATE shop_order SET {columns[place]} = %s WHERE id = %s", [values[place], key])
            log[key] = (*log[key][:place], values[place], *log[key][place + 1 :])
        elif kind == "nothing":
            session.execute(f"UPDATE shop_order SET {columns[0]} = {columns[0]} WHERE id = %s", [key])
        elif kind == "conflict":
            unique = columns.index(self.release.unique)
            again = (*values[:unique], log[key][unique], *values[unique + 1 :])
            changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
            found = self._insert(session, again, f"ON CONFLICT ({self.release.unique}) DO UPDATE SET {changes}")
            assert found == key
            log[key] = again
        elif self.slot.inserted:  # nothing refers to these
            gone = self.slot.inserted.pop()
            session.execute("DELETE FROM shop_order WHERE id = %s", [gone])
            del log[gone]

    def _insert(self, session: psycopg.Connection[Any], values: Row, more: str = "") -> int:
        marks = ", ".join(["%s"] * len(values))
        found = session.execute(
            f"INSERT INTO shop_order ({', '.join(self.release.columns)}) VALUES ({marks}) {more} RETURNING id", values
        ).fetchone()
        assert found
        return int(found[0])


class Traffic:
    """Slots with all rows of ``shop_order``, and the releases that write them just now."""

    def __init__(self, release: Release, slots: int = 3) -> None:
        self.slots = [Slot(number) for number in range(slots)]
        for key, *values in rows(f"SELECT id, {', '.join(release.columns)} FROM shop_order"):
            self.slots[key % slots].log[key] = tuple(values)
        self._writers: list[Writer] = []

    def written_by(self, *releases: Release) -> None:
        """From now on these write, each other slot; with none nobody does. Raises what a writer was refused."""
        self.stop()
        if releases:
            self._writers = [Writer(releases[slot.number % len(releases)], slot) for slot in self.slots]
            for writer in self._writers:
                writer.start()

    def goes_on(self, times: int = 50) -> None:
        """Wait until each slot was written so often from now on. Raises what a writer was refused."""
        before = [slot.written for slot in self.slots]
        wait_for(
            lambda: (
                any(writer.error for writer in self._writers)
                or all(slot.written >= since + times for slot, since in zip(self.slots, before, strict=True))
            )
        )
        if any(writer.error for writer in self._writers):
            self.stop()

    def stop(self) -> None:
        for writer in self._writers:
            writer.stop()
        for writer in self._writers:
            if writer.error is not None:
                raise writer.error
        self._writers = []

    def check(self, *columns: str) -> None:
        """Every row is what whoever wrote it last has written, read by these names; and there is no other."""
        assert not self._writers
        expected = {key: row for slot in self.slots for key, row in slot.log.items()}
        found = {key: tuple(row) for key, *row in rows(f"SELECT id, {', '.join(columns)} FROM shop_order")}
        assert found == expected
        assert all(slot.written for slot in self.slots)
