"""What is wrong with statements together, since they run in one transaction; and what cannot run in one."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation
from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.grammar.statements import Statement
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work

_NEVER_INSIDE = {
    "createdb_stmt": "CREATE DATABASE",
    "dropdb_stmt": "DROP DATABASE",
    "create_table_space_stmt": "CREATE TABLESPACE",
    "drop_table_space_stmt": "DROP TABLESPACE",
    "alter_system_stmt": "ALTER SYSTEM",
}


def never_inside(tree: Tree, statement: Statement) -> str:
    """What a statement is called that the server refuses inside a transaction; empty for all others."""
    kind, fields = node(tree)
    if statement.concurrently and Kind.OTHER not in statement.kinds:
        return f"{statement.kinds[0].value} CONCURRENTLY"
    if kind == "vacuum_stmt" and fields.get("is_vacuumcmd"):
        return "VACUUM"
    if kind == "reindex_stmt" and "relation" not in fields:
        return str(fields["kind"]).replace("_OBJECT_", " ")
    return _NEVER_INSIDE.get(kind, "")


def refused(tree: Tree, statement: Statement, *, several: bool) -> Seen | None:
    """``several``: the transaction is one because there are several statements in one text."""
    words = never_inside(tree, statement)
    if not words:
        return None
    table = next(iter(statement.locks), None)
    because = (
        "Several statements in one string are one transaction for the server, whatever the migration says."
        if several
        else "An atomic migration runs in a transaction."
    )
    return Seen(
        codes.IN_TRANSACTION,
        f"{words} stands in a transaction, where the server refuses it.",
        table,
        why=because,
        instead="Give the migration atomic = False, and the statement a string (or an item of the list) of its own.",
    )


@dataclass
class Transaction:
    """One transaction, statement by statement. ``strong``: the locks so far that make others wait, on tables in use."""

    strong: dict[Relation, LockMode] = field(default_factory=dict)
    required: set[tuple[Relation, str]] = field(default_factory=set)
    told: bool = False

    def validated(self, statement: Statement) -> Seen | None:
        """A constraint that is proved while the lock is held with which it, or anything else, was added."""
        if Kind.VALIDATE not in statement.kinds:
            return None
        for table in statement.locks:
            mode = self.strong.get(table)
            if mode is not None:
                name = next(change.name for change in statement.changes if change.kind is Kind.VALIDATE)
                return Seen(
                    codes.VALIDATE,
                    f"Constraint {name} of {table.name} is validated in the transaction that has locked the table.",
                    table,
                    mode,
                    Work.BLOCKING_SCAN,
                    why="NOT VALID is for nothing: the lock is kept until the transaction is over.",
                    instead="Validate it in a transaction of its own: in the next migration, or with atomic = False.",
                    counts_when_small=False,
                )
        return None

    def several(self, statement: Statement, around: Around) -> Seen | None:
        """The second table that gets a strong lock; said once."""
        if any(around.is_new(table) for table in statement.locks) or Kind.CREATE_TABLE in statement.kinds:
            return None  # what refers to other tables, and has no rows to prove
        before = set(self.strong)
        for table, mode in statement.locks.items():
            if mode.makes_others_wait and not around.is_new(table):
                self.strong[table] = max(mode, self.strong.get(table, mode), key=list(LockMode).index)
        new = [table for table in self.strong if table not in before]
        if not before or not new or self.told:
            return None
        self.told = True
        names = ", ".join(table.name for table in sorted(before))
        return Seen(
            codes.SEVERAL,
            f"The lock on {new[0].name} is asked for while that on {names} is held.",
            new[0],
            why=f"While it waits for {new[0].name}, everybody waits for {names}, too. With code that uses them the other way "
            "round, it is a deadlock.",
            instead="Put them into migrations of their own, or give this one atomic = False.",
        )

    def without_default(self, statement: Statement, around: Around) -> Seen | None:
        """A NOT NULL column whose default, with which the rows were filled, is dropped again: what Django writes."""
        for table in statement.locks:
            for change in statement.changes:
                if change.kind is Kind.ADD_COLUMN and not around.is_new(table):
                    if any(one.kind is Kind.ADD_NOT_NULL for one in change.inline):
                        self.required.add((table, change.name))
                elif change.kind is Kind.DROP_DEFAULT and (table, change.name) in self.required:
                    return Seen(
                        codes.REQUIRED,
                        f"The new column {table.name}.{change.name} is NOT NULL and loses its default at once.",
                        table,
                        why="The running release does not know the column: its INSERTs fail from that moment on.",
                        instead="Leave the default where it is, and drop it after the deploy:\n"
                        f"ALTER TABLE {plain(table)} ALTER COLUMN {change.name} DROP DEFAULT;",
                        operation="Give the field a db_default, which stays in the database, or null=True. safemigrate "
                        "keeps the default until the deploy is over.",
                    )
        return None
