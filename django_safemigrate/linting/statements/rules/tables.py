"""Tables: written anew, locked, refreshed."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import Relation, from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work

AX = LockMode.ACCESS_EXCLUSIVE


def _rewritten(table: Relation, what: str, instead: str) -> Seen:
    return Seen(
        codes.REWRITE,
        f"{what} writes the whole of {table.name} anew.",
        table,
        AX,
        Work.REWRITE,
        instead=instead,
        counts_when_small=False,
    )


@subcommand("AT_SetTableSpace", "AT_SetLogged", "AT_SetUnLogged", "AT_SetAccessMethod")
def set_storage(command: Tree, around: Around) -> Iterator[Seen]:
    words = {
        "AT_SetTableSpace": "SET TABLESPACE",
        "AT_SetLogged": "SET LOGGED",
        "AT_SetUnLogged": "SET UNLOGGED",
        "AT_SetAccessMethod": "SET ACCESS METHOD",
    }
    table = from_range_var(command["relation"])
    if not around.is_new(table):
        yield _rewritten(
            table,
            words[command["subtype"]],
            "Do it by hand in a moment in which the table may stand still, or move the rows to a new table in batches.",
        )


@rule("vacuum_stmt")
def vacuumed_full(tree: Tree, around: Around) -> Iterator[Seen]:
    options = {item["def_elem"]["defname"] for item in tree.get("options", ())}
    if "full" not in options:
        return
    tables = [from_range_var(item["vacuum_relation"]["relation"]) for item in tree.get("rels", ())]
    for table in tables or [Relation("every table")]:
        if not around.is_new(table):
            yield _rewritten(
                table, "VACUUM FULL", "Run a plain VACUUM, or pg_repack or pg_squeeze; not in a migration."
            )


@rule("cluster_stmt")
def clustered(tree: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(tree["relation"]) if "relation" in tree else Relation("every clustered table")
    if not around.is_new(table):
        yield _rewritten(table, "CLUSTER", "Run pg_repack, which does it beside reads and writes; not in a migration.")


@rule("refresh_mat_view_stmt")
def refreshed(tree: Tree, around: Around) -> Iterator[Seen]:
    view = from_range_var(tree["relation"])
    if not tree.get("concurrent") and not tree.get("skip_data") and not around.is_new(view):
        yield Seen(
            codes.REFRESH,
            f"The materialized view {view.name} is refreshed without CONCURRENTLY.",
            view,
            AX,
            why="The lock is held for as long as its query takes.",
            instead=f"REFRESH MATERIALIZED VIEW CONCURRENTLY {plain(view)};\nIt needs a unique index on the view.",
        )


@rule("lock_stmt")
def locked(tree: Tree, around: Around) -> Iterator[Seen]:
    mode = list(LockMode)[tree["mode"] - 1]
    if not mode.makes_others_wait:
        return
    for item in tree["relations"]:
        table = from_range_var(item["range_var"])
        if not around.is_new(table):
            yield Seen(
                codes.LOCK,
                f"LOCK TABLE {table.name} keeps {mode.value} until the end of the transaction.",
                table,
                mode,
                instead="Let the statements take the locks that they need, each in a transaction of its own.",
            )


@subcommand("AT_ReplicaIdentity")
def identified(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if not around.is_new(table):
        yield Seen(
            codes.REPLICA,
            f"The replica identity of {table.name} changes.",
            table,
            AX,
            why="It decides what subscribers get: with FULL every old row goes into the log, with NOTHING the server refuses "
            "UPDATE and DELETE of a published table.",
            instead="Use the primary key, or a unique index: REPLICA IDENTITY USING INDEX ...",
        )
