"""A column and the second one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django_safemigrate.catalog.indexes import qualified
from django_safemigrate.catalog.naming import relation_name
from django_safemigrate.catalog.query import Connection

from .naming import function_of, new_of, old_of, trigger_of


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
    def new(self) -> str:
        """The second column until the swap."""
        return new_of(self.column)

    @property
    def old(self) -> str:
        """The first column after the swap."""
        return old_of(self.column)

    @property
    def new_definition(self) -> str:
        """The new type with its collation."""
        return f"{self.new_type} COLLATE {self.collation}" if self.collation else self.new_type

    @property
    def converted(self) -> str:
        """The value that the second column has to have."""
        return f"{self.quoted(self.column)}::{self.new_type}"

    @property
    def trigger(self) -> str:
        """Quoted."""
        return self.quoted(trigger_of(self.column))

    @cached_property
    def function(self) -> str:
        """Quoted, with its schema."""
        return self.in_schema(function_of(relation_name(self.connection, self.table)[0], self.column))

    def in_schema(self, name: str) -> str:
        """A name, quoted, in the schema of the table."""
        return qualified(self.connection, self.table, name)

    def quoted(self, name: str) -> str:
        """A name as SQL has it."""
        return str(self.connection.ops.quote_name(name))
