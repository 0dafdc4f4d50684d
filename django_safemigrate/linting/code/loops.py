"""Loops over all rows of a table, and whether they write for each of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from .facts import Fact, Kind
from .instead import of_loop
from .values import Row


@dataclass
class Loop:
    """``streamed``: the rows are not kept in memory, or were put there before. ``writes``: what is done for each."""

    row: Row
    node: ast.AST
    path: Path
    streamed: bool
    writes: str = ""
    own: bool = True


class Loops:
    """Those that the reader is in, also where they call a function that writes."""

    def __init__(self) -> None:
        self.inside: list[Loop] = []

    def enter(self, loop: Loop) -> None:
        self.inside.append(loop)

    def wrote(self, what: str, row: Row | None = None) -> None:
        """Something writes; ``row``: that which it writes to, where it is one of the loop."""
        for loop in self.inside:
            loop.own = loop.own and row is not None and row.model.key == loop.row.model.key
            loop.writes = loop.writes or what

    def leave(self) -> list[Fact]:
        """What the innermost one has been found to do."""
        loop = self.inside.pop()
        if loop.writes:
            instead = of_loop(loop.node, loop.row.of) if loop.own and loop.row.of is not None else ""
            return [Fact(Kind.WRITES_EACH, loop.node, loop.path, loop.row.model, loop.writes, instead)]
        return [] if loop.streamed else [Fact(Kind.LOADS, loop.node, loop.path, loop.row.model, "a loop")]
