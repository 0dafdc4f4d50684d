"""Loops over all rows of a table, and whether they write for each of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .facts import Fact, Kind
from .instead import of_loop
from .values import Row


@dataclass
class Loop:
    """``streamed``: the rows are not kept in memory, or were put there before. ``writes``: what is done for each.

    ``own``: all of that to the row of the loop. ``picks``: by how many conditions this place is for some of the rows only.
    """

    row: Row
    node: ast.AST
    path: Path
    streamed: bool
    writes: str = ""
    own: bool = True
    picks: int = 0


class Loops:
    """Those that the reader is in, also where they call a function that writes."""

    def __init__(self) -> None:
        self.inside: list[Loop] = []

    def enter(self, loop: Loop) -> None:
        self.inside.append(loop)

    @contextmanager
    def only_some(self, row: Row) -> Iterator[None]:
        """What happens to this row of a loop happens to some of them."""
        picked = [loop for loop in self.inside if loop.row is row]
        for loop in picked:
            loop.picks += 1
        yield
        for loop in picked:
            loop.picks -= 1

    def wrote(self, what: str, row: Row | None = None) -> None:
        """Something writes; ``row``: that which it writes to, where it is one of the loop."""
        for loop in self.inside:
            if loop.picks:
                continue
            loop.own = loop.own and row is not None and row.model.key == loop.row.model.key
            loop.writes = loop.writes or what

    def leave(self) -> list[Fact]:
        """What the innermost one has been found to do."""
        loop = self.inside.pop()
        about, nothing = (loop.node, loop.path, loop.row.model), loop.row.of.nothing if loop.row.of is not None else ()
        if loop.writes:
            instead = of_loop(loop.node, loop.row.of) if loop.own and loop.row.of is not None else ""
            return [Fact(Kind.WRITES_EACH, *about, loop.writes, instead, nothing)]
        return [] if loop.streamed else [Fact(Kind.LOADS, *about, "a loop", nothing=nothing)]
