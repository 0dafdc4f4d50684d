"""Tables: dropped, renamed, written anew, locked, and with them triggers and partitions."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import Relation, from_range_var, from_strings, strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work

AX = LockMode.ACCESS_EXCLUSIVE


@rule("drop_stmt")
def dropped(tree: Tree, around: Around) -> Iterator[Seen]:
    cascade = " CASCADE" if tree.get("behavior") == "DROP_CASCADE" else ""
    if tree["remove_type"] == "OBJECT_SCHEMA":
        names = ", ".join(strings(item)[-1] for item in tree["objects"])
        yield drops_all(f"DROP SCHEMA{cascade} {names} takes everything in it along.")
    if tree["remove_type"] != "OBJECT_TABLE" or around.after_deploy:
        return
    for item in tree["objects"]:
        table = from_strings(strings(item))
        if not around.is_new(table):
            yield Seen(
                codes.DROP_TABLE,
                f"Table {table.name} is dropped" + (" with all that depends on it." if cascade else "."),
                table,
                why="The running release reads and writes it, and fails from that moment on.",
                instead="Remove the model in one release, and drop its table after its deploy: safe = Safe.after_deploy().",
            )


def drops_all(fact: str) -> Seen:
    return Seen(
        codes.DROP_ALL,
        fact,
        why="Nothing brings it back, and a migration runs in every environment.",
        instead="Do it by hand, where you have looked at what it takes along.",
    )


@rule("dropdb_stmt")
def dropped_database(tree: Tree, around: Around) -> Iterator[Seen]:
    yield drops_all(f"DROP DATABASE {tree['dbname']}.")


@rule("drop_owned_stmt")
def dropped_owned(tree: Tree, around: Around) -> Iterator[Seen]:
    yield drops_all("DROP OWNED drops everything that a role owns.")


_RENAMED = {
    "OBJECT_TABLE": "Table",
    "OBJECT_VIEW": "View",
    "OBJECT_MATVIEW": "Materialized view",
    "OBJECT_FOREIGN_TABLE": "Foreign table",
}


@rule("rename_stmt")
def renamed(tree: Tree, around: Around) -> Iterator[Seen]:
    of = tree["rename_type"]
    if of == "OBJECT_SCHEMA":
        yield _rename(f"Schema {tree['subname']} is renamed to {tree['newname']}.", None)
    if "relation" not in tree:
        return
    table = from_range_var(tree["relation"])
    if around.is_new(table):
        around.new.add(tree["newname"])
    elif of in _RENAMED:
        yield _rename(f"{_RENAMED[of]} {table.name} is renamed to {tree['newname']}.", table)
    elif of == "OBJECT_COLUMN":
        yield _rename(f"Column {table.name}.{tree['subname']} is renamed to {tree['newname']}.", table)


@rule("alter_object_schema_stmt")
def moved(tree: Tree, around: Around) -> Iterator[Seen]:
    if tree["object_type"] == "OBJECT_TABLE" and not around.is_new(table := from_range_var(tree["relation"])):
        yield _rename(f"Table {table.name} moves to the schema {tree['newschema']}.", table)


@rule("alter_enum_stmt")
def renamed_value(tree: Tree, around: Around) -> Iterator[Seen]:
    if "old_val" in tree:
        name = from_strings([item["string"]["sval"] for item in tree["type_name"]]).name
        yield _rename(f"The value {tree['old_val']!r} of the type {name} is renamed to {tree['new_val']!r}.", None)


def _rename(fact: str, table: Relation | None) -> Seen:
    return Seen(
        codes.RENAME,
        fact,
        table,
        why="The running release uses the old name, the next one the new: one of them fails, whichever way the deploy goes.",
        instead="Keep the name in the database (db_column, db_table), or add the new one beside the old one, keep both in "
        "step, and drop the old one after the deploy.",
        operation="Keep the name in the database (db_column, db_table). safemigrate renames in two phases: makemigrations "
        "writes them.",
    )


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


@rule("create_trig_stmt")
def with_trigger(tree: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(tree["relation"])
    if not around.is_new(table):
        yield Seen(
            codes.TRIGGER,
            f"Trigger {tree['trigname']} is put on {table.name}.",
            table,
            LockMode.SHARE_ROW_EXCLUSIVE,
            why="From that moment on it fires for what the running release writes, too.",
            instead="See that it does no harm to what the running release writes; then suppress this with the reason.",
        )


@subcommand(
    *("AT_EnableTrig", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_EnableTrigAll", "AT_EnableTrigUser"),
    *("AT_DisableTrig", "AT_DisableTrigAll", "AT_DisableTrigUser"),
)
def switched_trigger(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if around.is_new(table):
        return
    on = command["subtype"].startswith("AT_Enable")
    which = command.get("name") or "all triggers"
    everything = not on and command["subtype"] == "AT_DisableTrigAll"
    yield Seen(
        codes.TRIGGER,
        f"{which} of {table.name}: {'enabled' if on else 'disabled'}.",
        table,
        LockMode.SHARE_ROW_EXCLUSIVE,
        why="Foreign keys are triggers: nothing is checked meanwhile, and nobody checks it afterwards."
        if everything
        else "What the running release writes meanwhile is treated otherwise than before.",
        instead="Set session_replication_role in your own session, or let the triggers fire.",
    )


@subcommand("AT_AttachPartition")
def attached(command: Tree, around: Around) -> Iterator[Seen]:
    parent = from_range_var(command["relation"])
    child = from_range_var(command["def"]["partition_cmd"]["name"])
    if not around.is_new(child) and child not in around.proved:
        yield Seen(
            codes.PARTITION,
            f"{child.name} is attached to {parent.name} without a CHECK that proves its bounds.",
            child,
            AX,
            Work.BLOCKING_SCAN,
            instead=f"ALTER TABLE {plain(child)} ADD CONSTRAINT bounds CHECK (...) NOT VALID;\n"
            f"ALTER TABLE {plain(child)} VALIDATE CONSTRAINT bounds;\nand then ATTACH PARTITION, which believes it.",
            counts_when_small=False,
        )


@subcommand("AT_DetachPartition")
def detached(command: Tree, around: Around) -> Iterator[Seen]:
    partition = command["def"]["partition_cmd"]
    parent, child = from_range_var(command["relation"]), from_range_var(partition["name"])
    if not partition.get("concurrent") and not around.is_new(parent):
        yield Seen(
            codes.PARTITION,
            f"{child.name} is detached from {parent.name} without CONCURRENTLY.",
            parent,
            AX,
            instead=f"ALTER TABLE {plain(parent)} DETACH PARTITION {plain(child)} CONCURRENTLY;\n"
            "It cannot run in a transaction.",
        )


@rule("create_stmt")
def new_partition(tree: Tree, around: Around) -> Iterator[Seen]:
    if "partbound" not in tree:
        return
    parent, child = from_range_var(tree["inh_relations"][0]["range_var"]), from_range_var(tree["relation"])
    if not around.is_new(parent):
        yield Seen(
            codes.PARTITION,
            f"{child.name} is made as a partition of {parent.name}, which is in use.",
            parent,
            AX,
            why="A default partition is read under the lock.",
            instead=f"CREATE TABLE {plain(child)} (LIKE {plain(parent)} INCLUDING ALL);\n"
            f"ALTER TABLE {plain(parent)} ATTACH PARTITION {plain(child)} ...;\n"
            f"which lets reads and writes of {parent.name} go on.",
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
