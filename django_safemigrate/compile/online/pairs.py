"""A column and the second one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django_safemigrate.catalog.indexes import qualified
from django_safemigrate.catalog.naming import relation_name
from django_safemigrate.catalog.query import Connection

from .naming import for_column, function_of, old_of, second_of, trigger_of


@dataclass(frozen=True)
class Pair:
    """``column`` of the (quoted) ``table`` is going to be of another type. All names are unquoted but the table's.

    The types are those that the server prints; ``collation`` is the new type's (quoted), empty where it is the usual one.
    """

    connection: Connection
    table: str
    column: str
    old_type: str
    new_type: str
    collation: str = ""
    not_null: bool = False
    default: str | None = None
    identity: str = ""

    @property
    def second(self) -> str:
        """The column beside it, until they are exchanged."""
        return second_of(self.column)

    @property
    def old(self) -> str:
        """The first column after that."""
        return old_of(self.column)

    def beside(self, name: str) -> str:
        """The name of what the second column has, from that of what the first one has."""
        return for_column(name, self.second)

    def replaced(self, name: str) -> str:
        """The name of what the first column has, after they were exchanged."""
        return for_column(name, self.old)

    @property
    def definition(self) -> str:
        """The second column's type with its collation."""
        return f"{self.new_type} COLLATE {self.collation}" if self.collation else self.new_type

    @property
    def converted(self) -> str:
        """The value that the second column has to have."""
        return f"{self.quoted(self.column)}::{self.new_type}"

    @property
    def retyped(self) -> str:
        """What would make the first column one like the second, behind ALTER COLUMN TYPE; empty where it is like it."""
        return f"{self.definition} USING {self.converted}"

    @property
    def named_after(self) -> str:
        """The column that the trigger and its function are named after."""
        return self.column

    @property
    def trigger(self) -> str:
        """Quoted."""
        return self.quoted(trigger_of(self.named_after))

    @cached_property
    def function(self) -> str:
        """Quoted, with its schema."""
        return self.in_schema(function_of(relation_name(self.connection, self.table)[0], self.named_after))

    def in_schema(self, name: str) -> str:
        """A name, quoted, in the schema of the table."""
        return qualified(self.connection, self.table, name)

    def quoted(self, name: str) -> str:
        """A name as SQL has it."""
        return str(self.connection.ops.quote_name(name))


@dataclass(frozen=True)
class NamePair(Pair):
    """The same column under another name, for code that knows only the one or the other.

    ``column`` is there; ``other`` is added beside it. ``new`` is the name that is to stay: one of the two.
    """

    other: str = ""
    new: str = ""

    @property
    def second(self) -> str:
        return self.other

    @property
    def old(self) -> str:
        return self.column if self.new == self.other else self.other

    @property
    def converted(self) -> str:
        return self.quoted(self.column)

    @property
    def retyped(self) -> str:
        return ""

    @property
    def named_after(self) -> str:
        return self.new
