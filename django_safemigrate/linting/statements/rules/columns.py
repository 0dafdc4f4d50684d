"""Columns: added, altered, dropped."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import Relation, from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.expressions import volatile_in
from django_safemigrate.linting.statements.rules import subcommand
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.linting.statements.types import SERIALS, kept_as_it_is, named, type_of_text
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work


@subcommand("AT_AddColumn")
def added(command: Tree, around: Around) -> Iterator[Seen]:
    table, column = from_range_var(command["relation"]), command["def"]["column_def"]
    if around.is_new(table):
        return
    name = column["colname"]
    constraints = {item["constraint"]["contype"]: item["constraint"] for item in column.get("constraints", ())}
    because = _rewritten_because(column, constraints)
    if because:
        yield Seen(
            codes.ADD_COLUMN,
            f"The new column {table.name}.{name} {because}: every row is written anew.",
            table,
            LockMode.ACCESS_EXCLUSIVE,
            Work.REWRITE,
            instead="Add the column without it, set the default in a second statement (it counts for new rows only), and "
            "fill the old rows in batches.",
            operation="Add the field with null=True, fill it with django_safemigrate.operations.Backfill, and set NOT NULL "
            "in a later release.",
            counts_when_small=False,
        )
    default = constraints.get("CONSTR_DEFAULT")
    has_value = because or (default is not None and not _is_null(default))
    if {"CONSTR_NOTNULL", "CONSTR_PRIMARY"} & constraints.keys() and not has_value:
        yield Seen(
            codes.REQUIRED,
            f"The new column {table.name}.{name} is NOT NULL and has no default.",
            table,
            why="The server refuses it where the table has rows; and where it has none, the running release, which does not "
            "know the column, cannot insert any.",
            instead=f"ALTER TABLE {plain(table)} ADD COLUMN {name} ... NOT NULL DEFAULT <a constant>;",
            operation="Give the field a db_default, which stays in the database, or null=True.",
        )


def _rewritten_because(column: Tree, constraints: dict[str, Tree]) -> str:
    """Why adding a column writes the table anew; empty where it does not (PostgreSQL 11 and later keep constants aside)."""
    if named(column.get("type_name", {})) in SERIALS:
        return "is a serial, whose numbers come from a sequence"
    if "CONSTR_IDENTITY" in constraints:
        return "is an identity, whose numbers come from a sequence"
    generated = constraints.get("CONSTR_GENERATED")
    if generated is not None and generated.get("generated_kind", "s") == "s":
        return "is generated and stored"
    default = constraints.get("CONSTR_DEFAULT")
    function = volatile_in(default["raw_expr"]) if default is not None else None
    if function is None:
        return ""
    if function.certain:
        return f"has the default {function.name}(), another value in every row"
    return f"has the default {function.name}(), which is volatile unless it was made STABLE or IMMUTABLE"


def _is_null(default: Tree) -> bool:
    value = default["raw_expr"]
    while "type_cast" in value:
        value = value["type_cast"]["arg"]
    return bool(value.get("a_const", {}).get("isnull", False))


@subcommand("AT_AlterColumnType")
def changed_type(command: Tree, around: Around) -> Iterator[Seen]:
    table, definition = from_range_var(command["relation"]), command["def"]["column_def"]
    if around.is_new(table):
        return
    name, new = command["name"], definition["type_name"]
    known = around.types.type_of(table.name, name)
    old = type_of_text(known) if known else None
    if old is not None and not _computes(definition.get("raw_default")) and kept_as_it_is(old, new):
        if "coll_clause" in definition and around.types.is_indexed(table.name, name):
            yield _indexes_built_again(table, name)
        return
    from_what = f" from {known}" if known else ""
    unless = (
        ""
        if old is not None
        else "Only where the old type is one that the server takes as it is, such as a shorter \
varchar, it leaves the rows alone."
    )
    yield Seen(
        codes.TYPE,
        f"The type of {table.name}.{name} changes{from_what} to {named(new)}: every row is written anew.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.REWRITE,
        why=unless,
        instead="Add a column of the new type, keep it in step with a trigger, fill it in batches, and let it take the place "
        "of the old one.",
        operation="Add a second field of the new type, fill it, and remove the first one in a later release. "
        "safemigrate does so by itself.",
        counts_when_small=False,
    )


def _indexes_built_again(table: Relation, name: str) -> Seen:
    """Another collation is nothing to the rows, but the order of an index."""
    return Seen(
        codes.REINDEX,
        f"The collation of {table.name}.{name} changes: each index with the column is built anew.",
        table,
        LockMode.ACCESS_EXCLUSIVE,
        Work.BLOCKING_BUILD,
        instead=f"Drop the indexes first, and build them again behind it: CREATE INDEX CONCURRENTLY. Or give an index the "
        f'collation, and the column not: CREATE INDEX CONCURRENTLY ... ON {plain(table)} ({name} COLLATE "C").',
        operation="safemigrate does it by way of a second column.",
        counts_when_small=False,
    )


def _computes(using: Tree | None) -> bool:
    """Whether USING is anything but the column itself, cast to the new type as it would be without."""
    while using is not None and "type_cast" in using:
        using = using["type_cast"]["arg"]
    return using is not None and "column_ref" not in using


@subcommand("AT_SetExpression")
def changed_expression(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if not around.is_new(table):
        yield Seen(
            codes.TYPE,
            f"The expression of {table.name}.{command['name']} changes: every row is written anew.",
            table,
            LockMode.ACCESS_EXCLUSIVE,
            Work.REWRITE,
            instead="Add another generated column, and drop this one in a later release.",
            counts_when_small=False,
        )


@subcommand("AT_DropColumn")
def dropped(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if around.is_new(table) or around.after_deploy:
        return
    cascade = command.get("behavior") == "DROP_CASCADE"
    yield Seen(
        codes.DROP_COLUMN,
        f"Column {table.name}.{command['name']} is dropped" + (" with all that depends on it." if cascade else "."),
        table,
        why="The running release names it in every SELECT and INSERT of its model, which fail from that moment on.",
        instead="Remove the field from the models in one release, and drop the column after its deploy: "
        "safe = Safe.after_deploy().",
    )
