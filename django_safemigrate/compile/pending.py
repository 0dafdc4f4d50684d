"""What the statements written so far are going to change, for whoever asks the catalog before they have run.

Django asks it half-way through an operation, when an earlier statement has renamed a table or dropped a constraint. We
compile an operation before any of it runs; so the questions are put in the names that the database knows now, and what is
going to be dropped does not count any more.
"""

from __future__ import annotations

from .names import unquoted
from .written import Written


class Pending:
    """Renames and drops that have been written and not executed. Tables are quoted, columns and constraints are not."""

    def __init__(self) -> None:
        self._tables: dict[str, str] = {}
        self._columns: dict[tuple[str, str], str] = {}
        self._dropped: set[tuple[str, str]] = set()
        self._renamed: dict[tuple[str, str], str] = {}
        self._without_identity: set[tuple[str, str]] = set()
        self._gone: set[str] = set()
        self._added: dict[str, list[tuple[str, str]]] = {}
        self._empty: set[tuple[str, str]] = set()

    def is_gone(self, table: str) -> bool:
        """Whether a table is going to be dropped."""
        return self.table(table) in self._gone

    def table(self, table: str) -> str:
        """The name by which the database knows a table."""
        return self._tables.get(table, table)

    def new_names(self) -> list[str]:
        """The names of the tables that are going to be renamed, as they will be."""
        return list(self._tables)

    def column(self, table: str, column: str) -> str:
        """The name by which the database knows a column of a table (by its new name)."""
        return self._columns.get((self.table(table), column), column)

    def names(self, table: str, found: list[str]) -> list[str]:
        """Of the constraints and indexes found in the catalog those that will still be there, by their new names."""
        known = self.table(table)
        return [self._renamed.get((known, name), name) for name in found if (known, name) not in self._dropped]

    def dropped(self, table: str) -> set[str]:
        """The constraints and indexes of a table that are going to be dropped, by the names that they have now."""
        known = self.table(table)
        return {name for owner, name in self._dropped if owner == known}

    def added(self, table: str) -> list[tuple[str, str]]:
        """The columns (quoted) of a table that are going to be added, each with its type."""
        return self._added.get(self.table(table), [])

    def is_empty(self, table: str, column: str) -> bool:
        """Whether a column (quoted) is going to be added, and no row will have a value in it."""
        return (self.table(table), column) in self._empty

    def has_identity(self, table: str, column: str) -> bool:
        """Whether an identity (or serial) of a column is left alone."""
        return (self.table(table), column) not in self._without_identity

    def add(self, written: Written) -> None:
        """A statement has been written."""
        table = self.table(written.table)
        match written.kind:
            case "sql_rename_table":
                self._tables[written.part("new_table")] = self._tables.pop(written.part("old_table"), table)
            case "sql_delete_table":
                self._gone.add(table)
            case "sql_create_column":
                column = (written.part("column"), written.details.get("type", ""))
                self._added.setdefault(table, []).append(column)
                if written.details.get("empty"):
                    self._empty.add((table, written.part("column")))
            case "sql_rename_column":
                old, new = unquoted(written.part("old_column")), unquoted(written.part("new_column"))
                self._columns[table, new] = self._columns.pop((table, old), old)
            case "sql_drop_indentity" | "sql_drop_identity":
                self._without_identity.add((table, unquoted(written.part("column"))))
            case "sql_rename_index":
                old, new = unquoted(written.part("old_name")), unquoted(written.part("new_name"))
                self._renamed[table, old] = new
            case kind if kind.startswith("sql_delete_") and "name" in written.parts:
                self._dropped.add((table, unquoted(written.part("name"))))
