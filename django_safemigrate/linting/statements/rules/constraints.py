"""Constraints: proved under a lock, or NOT VALID first and proved later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django_safemigrate.grammar.names import Relation, from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work

_LATER = "in a transaction of its own (atomic = False, or the next migration)"


@subcommand("AT_AddConstraint")
def added(command: Tree, around: Around) -> Iterator[Seen]:
    table, tree = from_range_var(command["relation"]), command["def"]["constraint"]
    if not around.is_new(table):
        yield from _constraint(table, tree, around, "")
    elif "pktable" in tree:
        yield from _referring(table, [from_range_var(tree["pktable"])], around)


@subcommand("AT_AddColumn")
def in_a_new_column(command: Tree, around: Around) -> Iterator[Seen]:
    """A foreign key on a column that is empty has nothing to prove; the server proves a CHECK nevertheless."""
    table, column = from_range_var(command["relation"]), command["def"]["column_def"]
    if around.is_new(table):
        return
    constraints = [item["constraint"] for item in column.get("constraints", ())]
    filled = any(one["contype"] in {"CONSTR_DEFAULT", "CONSTR_GENERATED"} for one in constraints)
    for one in constraints:
        if one["contype"] != "CONSTR_FOREIGN" or filled:
            yield from _constraint(table, one, around, column["colname"])


def _constraint(table: Relation, tree: Tree, around: Around, column: str) -> Iterator[Seen]:
    """``column``: the one in whose definition it stands."""
    kind = tree["contype"]
    if kind == "CONSTR_CHECK" and not tree.get("skip_validation"):
        yield _check(table, tree, column)
    elif kind == "CONSTR_FOREIGN" and not tree.get("skip_validation"):
        yield _foreign_key(table, tree, column)
    elif kind == "CONSTR_NOTNULL" and not tree.get("skip_validation") and not column:
        yield not_null(table, tree["keys"][0]["string"]["sval"])
    elif kind in {"CONSTR_UNIQUE", "CONSTR_PRIMARY"} and "indexname" not in tree:
        yield _unique(table, tree, column)
    elif kind == "CONSTR_EXCLUSION":
        yield _exclusion(table, tree)


def _name(tree: Tree, table: Relation, column: str, label: str) -> str:
    """A constraint's name, or the one that it gets from the server."""
    own = str(tree.get("conname", ""))
    if own or not column:
        return own or f"{table.name}_{label}"
    return f"{table.name}_{column}_{label}"


def _check(table: Relation, tree: Tree, column: str) -> Seen:
    name = _name(tree, table, column, "check")
    return Seen(
        codes.CHECK,
        f"CHECK {name} on {table.name} is added without NOT VALID.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.BLOCKING_SCAN,
        instead=f"ALTER TABLE {plain(table)} ADD CONSTRAINT {name} CHECK (...) NOT VALID;\n"
        f"and {_LATER}:\nALTER TABLE {plain(table)} VALIDATE CONSTRAINT {name};",
        operation="Use AddConstraintNotValid and then, in a migration of its own, ValidateConstraint "
        "(django.contrib.postgres.operations).",
        counts_when_small=False,
    )


def _foreign_key(table: Relation, tree: Tree, column: str) -> Seen:
    name, other = _name(tree, table, column, "fkey"), from_range_var(tree["pktable"])
    return Seen(
        codes.FOREIGN_KEY,
        f"Foreign key {name} from {table.name} to {other.name} is added without NOT VALID.",
        table,
        LockMode.SHARE_ROW_EXCLUSIVE,
        Work.BLOCKING_SCAN,
        why=f"The same lock is on {other.name}.",
        instead=f"ALTER TABLE {plain(table)} ADD CONSTRAINT {name} FOREIGN KEY (...) REFERENCES {plain(other)} NOT VALID;\n"
        f"and {_LATER}:\nALTER TABLE {plain(table)} VALIDATE CONSTRAINT {name};",
        operation="Add the field with db_constraint=False, and the constraint as RunSQL: NOT VALID first, and VALIDATE in "
        "a migration of its own. safemigrate does so by itself.",
        counts_when_small=False,
    )


def _unique(table: Relation, tree: Tree, column: str) -> Seen:
    primary = tree["contype"] == "CONSTR_PRIMARY"
    words = "PRIMARY KEY" if primary else "UNIQUE"
    name = _name(tree, table, "" if primary else column, "pkey" if primary else "key")
    columns = column or ", ".join(item["string"]["sval"] for item in tree.get("keys", ()))
    return Seen(
        codes.UNIQUE,
        f"{words} {name} on {table.name} ({columns}) builds its index while it is added.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.BLOCKING_BUILD,
        instead=f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {plain(table)} ({columns});\n"
        f"and then:\nALTER TABLE {plain(table)} ADD CONSTRAINT {name} {words} USING INDEX {name};",
        operation="Build the index first, as RunSQL in a migration with atomic = False, and take it over with USING INDEX; "
        "SeparateDatabaseAndState keeps Django's view. safemigrate does so by itself.",
        counts_when_small=False,
    )


def _exclusion(table: Relation, tree: Tree) -> Seen:
    name = tree.get("conname", "an exclusion constraint")
    return Seen(
        codes.EXCLUDE,
        f"EXCLUDE {name} on {table.name} builds its index while it is added.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.BLOCKING_BUILD,
        why="PostgreSQL has no way to add it to a table in use without that lock.",
        instead="Add it to a new table and move the rows, or plan a moment in which the table may stand still; and suppress "
        "this with the reason.",
        counts_when_small=False,
    )


@subcommand("AT_SetNotNull")
def set_not_null(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if not around.is_new(table) and table not in around.proved:
        yield not_null(table, command["name"])


def not_null(table: Relation, column: str) -> Seen:
    check = f"{table.name}_{column}_not_null"
    return Seen(
        codes.NOT_NULL,
        f"NOT NULL is set on {table.name}.{column} without a CHECK that proves it.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.BLOCKING_SCAN,
        instead=f"ALTER TABLE {plain(table)} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID;\n"
        f"and {_LATER}:\nALTER TABLE {plain(table)} VALIDATE CONSTRAINT {check};\n"
        f"ALTER TABLE {plain(table)} ALTER COLUMN {column} SET NOT NULL;\n"
        f"ALTER TABLE {plain(table)} DROP CONSTRAINT {check};",
        operation="Prove it with a CHECK first, as RunSQL (see the page of this code). safemigrate does so by itself.",
        counts_when_small=False,
    )


@rule("create_stmt")
def of_a_new_table(tree: Tree, around: Around) -> Iterator[Seen]:
    """Its foreign keys put triggers on the other table."""
    new = from_range_var(tree["relation"])
    found: list[Relation] = []
    for element in tree.get("table_elts", ()):
        (fields,) = element.values()
        constraints = [fields, *(item["constraint"] for item in fields.get("constraints", ()))]
        for one in constraints:
            if "pktable" in one:
                found.append(from_range_var(one["pktable"]))
    yield from _referring(new, found, around)


def _referring(new: Relation, others: Iterable[Relation], around: Around) -> Iterator[Seen]:
    for other in dict.fromkeys(others):
        if other != new and not around.is_new(other):
            yield Seen(
                codes.REFERENCES,
                f"The new table {new.name} refers to {other.name}, which is in use.",
                other,
                LockMode.SHARE_ROW_EXCLUSIVE,
                instead="Add the foreign key in a statement of its own, behind all that takes long in the same transaction, "
                "with a lock_timeout.",
            )
