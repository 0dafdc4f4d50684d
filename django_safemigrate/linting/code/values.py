"""What a name in a migration's code stands for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .located import Located


class Value:
    """Something of which nothing is known."""


UNKNOWN = Value()


class Known(Value):
    """Something whose methods mean something."""


@dataclass(frozen=True)
class Apps(Known):
    """The registry of models as they are at this point of the history."""


@dataclass(frozen=True)
class Editor(Known):
    """The schema editor."""


@dataclass(frozen=True)
class Connection(Known):
    """A connection; ``default``: that of the default database, whichever is migrated."""

    default: bool = False


@dataclass(frozen=True)
class Cursor(Known):
    """A cursor, or whatever else runs SQL."""

    default: bool = False


@dataclass(frozen=True)
class Real(Known):
    """An object that is there: a module, a class, a constant."""

    value: Any


@dataclass(frozen=True)
class NotLoaded(Value):
    """A name of a module that is only imported when the code runs, dotted."""

    name: str


@dataclass(frozen=True)
class Defined(Value):
    """A function that is defined inside another one; ``names``: those around it."""

    function: Located
    names: dict[str, Value] = field(hash=False, compare=False)


@dataclass(frozen=True)
class Model(Value):
    """``direct``: imported as it is now, not as it is at this point of the history."""

    app_label: str
    name: str
    direct: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.app_label, self.name.lower()


# Fields with what a row has that has nothing there: NULL, or an empty text.
Nothing = frozenset[tuple[str, str | None]]


@dataclass(frozen=True)
class Query(Known):
    """Rows of a model. ``narrowed``: by a condition, or to so many of them; ``where``: its conditions, as they are written.

    ``nothing``: those conditions that ask for rows which have nothing in one of some fields. ``streamed``: the rows are not
    kept in memory; ``aliased``: the code says in which database.
    """

    model: Model
    narrowed: bool = False
    where: tuple[str, ...] = ()
    nothing: tuple[Nothing, ...] = ()
    streamed: bool = False
    aliased: bool = False

    def but(self, **changes: Any) -> Query:
        """The same with something else."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Row(Known):
    """An instance; ``of``: the query that gives it, None for one that is new."""

    model: Model
    of: Query | None = None

    @property
    def is_any(self) -> bool:
        """Whether it stands for every row of the table."""
        return self.of is not None and not self.of.narrowed


class Items(Known):
    """A list that the code makes; ``row``: one that stands for what is put into it."""

    def __init__(self, row: Row | None = None) -> None:
        self.row = row


@dataclass(frozen=True)
class Method(Value):
    """An attribute of something that is known, about to be called."""

    of: Value
    name: str
