"""What a statement is going to meet: the catalog as it is, what is pending before it, and what the user allows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.indexes import same_table
from django_safemigrate.catalog.query import Connection, value
from django_safemigrate.catalog.relations import partitions, relation_kind, table_size, unproved_not_null
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.sizes import Size

from .pending import Pending


@dataclass(frozen=True)
class Allowances:
    """What may happen to a live table although others would notice: ``small`` tables, and everything if ``unsafe``.

    ``new_tables`` (quoted) were made in this run, so that nobody uses them yet.
    """

    small: SmallTable = field(default_factory=SmallTable)
    unsafe: bool = False
    new_tables: Collection[str] = ()


@dataclass
class Situation:
    """``new_tables`` grows while an operation is compiled."""

    connection: Connection
    allowances: Allowances = field(default_factory=Allowances)
    pending: Pending = field(default_factory=Pending)

    def __post_init__(self) -> None:
        self.new_tables: set[str] = set(self.allowances.new_tables)
        # Names that the server would choose, and that steps before have taken already.
        self.claimed: set[str] = set()
        self._kinds: dict[str, str | None] = {}

    @cached_property
    def version(self) -> int:
        """The server's version, as 180001 for 18.1."""
        return int(self.connection.pg_version)  # type: ignore[attr-defined]

    def present(self, table: str) -> str:
        """The table's name in the catalog now."""
        return self.pending.table(table)

    def renamed(self, known: str) -> str:
        """The name that a table will have by now, from that in the catalog (quoted where needed)."""
        for new in self.pending.new_names():
            if self.same_table(known, new):
                return new
        return known

    def kind(self, table: str) -> str | None:
        """``r``, ``p`` for a partitioned table, None where there is no such table (yet)."""
        present = self.present(table)
        if present not in self._kinds:
            self._kinds[present] = relation_kind(self.connection, present)
        return self._kinds[present]

    def is_new(self, table: str) -> bool:
        """Whether nobody can be waiting for it: made in this run, or not there yet (a plan of several migrations)."""
        return table in self.new_tables or self.present(table) in self.new_tables or self.kind(table) is None

    def is_partitioned(self, table: str) -> bool:
        return self.kind(table) == "p"

    def has_rows(self, table: str) -> bool:
        """Whether a table has any row; asked of new tables only, since it takes ACCESS SHARE."""
        present = self.present(table)
        if relation_kind(self.connection, present) is None:
            return False
        return bool(value(self.connection, f"SELECT EXISTS (SELECT FROM {present})"))

    def has_column(self, table: str, column: str) -> bool:
        """Whether a column is there already (a leftover, or a step that is to be recognised as done)."""
        return column_definition(self.connection, self.present(table), column) is not None

    def is_not_null(self, table: str, column: str) -> bool:
        """Whether a column refuses NULL already, and has none."""
        present, known = self.present(table), self.pending.column(table, column)
        definition = column_definition(self.connection, present, known)
        if definition is None or not definition.not_null:
            return False
        return unproved_not_null(self.connection, present, known) is None

    def same_table(self, one: str, other: str) -> bool:
        """Whether two quoted names mean the same table."""
        return same_table(self.connection, one, self.present(other))

    def size(self, table: str) -> Size | None:
        """The size of a table, with its partitions."""
        return table_size(self.connection, self.present(table))

    def small(self, table: str) -> str:
        """Why a change that holds a lock for as long as the table is large may pass; empty where it may not."""
        size = self.size(table)
        if size is None or not self.allowances.small.allows(size.rows, size.bytes):
            return ""
        return f"the table is small ({size}), within the limit"

    def locks(self, table: str, mode: LockMode) -> tuple[RelationLock, ...]:
        """The lock on a table and, where it is partitioned, on its partitions."""
        found = partitions(self.connection, self.present(table)) if self.is_partitioned(table) else []
        return (RelationLock(table, mode), *(RelationLock(name, mode) for name in found))
