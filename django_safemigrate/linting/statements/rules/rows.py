"""Statements that change rows."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.expressions import picks_one
from django_safemigrate.linting.statements.rules import rule
from django_safemigrate.linting.statements.seen import Around, Seen
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work


@rule("update_stmt")
def updated(tree: Tree, around: Around) -> Iterator[Seen]:
    yield from _changed(tree, around, "UPDATE")


@rule("delete_stmt")
def deleted(tree: Tree, around: Around) -> Iterator[Seen]:
    yield from _changed(tree, around, "DELETE")


def _changed(tree: Tree, around: Around, words: str) -> Iterator[Seen]:
    """With a WHERE that may hold for many rows it counts only where the table is known to be large."""
    table = from_range_var(tree["relation"])
    where = tree.get("where_clause")
    if around.is_new(table) or (where is not None and picks_one(where)):
        return
    yield Seen(
        codes.ROWS,
        f"One {words} changes all rows of {table.name}."
        if where is None
        else f"One {words} with a condition changes as many rows of {table.name} as there are.",
        table,
        LockMode.ROW_EXCLUSIVE,
        Work.ROWS,
        why="Each row stays locked until the transaction is over, and every old version stays until a vacuum.",
        instead="Change the rows in batches, each in a transaction: django_safemigrate.operations.Backfill.",
        counts_when_small=False,
        only_when_large=where is not None,
    )


@rule("truncate_stmt")
def truncated(tree: Tree, around: Around) -> Iterator[Seen]:
    tables = [from_range_var(item["range_var"]) for item in tree["relations"]]
    cascade = tree.get("behavior") == "DROP_CASCADE"
    for table in tables:
        if not around.is_new(table):
            others = " and of every table that refers to it" if cascade else ""
            yield Seen(
                codes.TRUNCATE,
                f"TRUNCATE{' CASCADE' if cascade else ''} removes all rows of {table.name}{others}.",
                table,
                LockMode.ACCESS_EXCLUSIVE,
                why="The running release still reads them.",
                instead="Delete the rows in batches, after the deploy of the release that does not need them any more.",
            )
