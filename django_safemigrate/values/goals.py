"""How the catalog shows that a step is done: by definition, not by name alone.

Plain data; ``django_safemigrate.catalog.goals`` answers whether a goal is reached.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnPresent:
    """``table`` has ``column``, with the definition that ``definition`` would give it.

    ``with_default=False`` leaves the column's default out of the comparison: a later step of the same operation drops it.
    """

    table: str
    column: str
    definition: str
    with_default: bool = True


@dataclass(frozen=True)
class ColumnAbsent:
    """``table`` has no ``column`` (or there is no such table)."""

    table: str
    column: str


@dataclass(frozen=True)
class DefaultPresent:
    """The default of ``column`` is what ``definition`` (type and DEFAULT clause) gives."""

    table: str
    column: str
    definition: str


@dataclass(frozen=True)
class DefaultAbsent:
    """``column`` has no default in the database."""

    table: str
    column: str


@dataclass(frozen=True)
class NullAllowed:
    """``column`` accepts NULL."""

    table: str
    column: str


@dataclass(frozen=True)
class IndexPresent:
    """A valid index ``name`` exists on ``table``, of the definition that ``scratch_sql`` gives on a copy of the table.

    ``scratch_sql`` creates the index on a table named ``scratch``, under the same name.
    """

    table: str
    name: str
    scratch_sql: str
    scratch: str


@dataclass(frozen=True)
class IndexValid:
    """A valid index ``name`` exists in the schema of ``table``: one that we have dropped ourselves is back."""

    table: str
    name: str


@dataclass(frozen=True)
class IndexAttached:
    """The index ``name`` (quoted, with its schema) is a part of the index of a partitioned table."""

    name: str


@dataclass(frozen=True)
class IndexAbsent:
    """There is no index ``name`` (quoted, with its schema where it is not on the search path)."""

    name: str


@dataclass(frozen=True)
class ConstraintAbsent:
    """``table`` has no constraint ``name``."""

    table: str
    name: str


@dataclass(frozen=True)
class NoRows:
    """No row of ``table`` meets ``condition`` (SQL over its columns): a scan, for the end of a fill."""

    table: str
    condition: str


Goal = (
    ColumnPresent
    | ColumnAbsent
    | DefaultPresent
    | DefaultAbsent
    | NullAllowed
    | IndexPresent
    | IndexValid
    | IndexAttached
    | IndexAbsent
    | ConstraintAbsent
    | NoRows
)
