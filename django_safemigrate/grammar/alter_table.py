"""``ALTER TABLE`` and its likes: each subcommand's kind and lock.

Locks: PostgreSQL's AlterTableGetLockLevel (tablecmds.c), held to the server by the tests. The statement takes the strongest.
"""

from __future__ import annotations

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.grammar.statements import Change, Locks, Statement, strongest
from django_safemigrate.values.locks import LockMode

# Those with a lock of their own; all others take ACCESS EXCLUSIVE.
_LOCKS = {
    Kind.ADD_FOREIGN_KEY: LockMode.SHARE_ROW_EXCLUSIVE,
    Kind.CHANGE_TRIGGERS: LockMode.SHARE_ROW_EXCLUSIVE,
    Kind.VALIDATE: LockMode.SHARE_UPDATE_EXCLUSIVE,
    Kind.SET_STATISTICS: LockMode.SHARE_UPDATE_EXCLUSIVE,
    Kind.SET_COLUMN_OPTIONS: LockMode.SHARE_UPDATE_EXCLUSIVE,
    Kind.SET_PARAMETERS: LockMode.SHARE_UPDATE_EXCLUSIVE,
    Kind.ATTACH_PARTITION: LockMode.SHARE_UPDATE_EXCLUSIVE,
    Kind.ATTACH_INDEX: LockMode.SHARE_UPDATE_EXCLUSIVE,
}
_KINDS = {
    "AT_AddColumn": Kind.ADD_COLUMN,
    "AT_DropColumn": Kind.DROP_COLUMN,
    "AT_AlterColumnType": Kind.ALTER_TYPE,
    "AT_SetNotNull": Kind.SET_NOT_NULL,
    "AT_DropNotNull": Kind.DROP_NOT_NULL,
    "AT_AddIdentity": Kind.ADD_IDENTITY,
    "AT_SetIdentity": Kind.SET_IDENTITY,
    "AT_DropIdentity": Kind.DROP_IDENTITY,
    "AT_SetExpression": Kind.SET_EXPRESSION,
    "AT_DropExpression": Kind.DROP_EXPRESSION,
    "AT_SetStatistics": Kind.SET_STATISTICS,
    "AT_SetOptions": Kind.SET_COLUMN_OPTIONS,
    "AT_ResetOptions": Kind.SET_COLUMN_OPTIONS,
    "AT_SetStorage": Kind.SET_STORAGE,
    "AT_SetCompression": Kind.SET_COMPRESSION,
    "AT_ValidateConstraint": Kind.VALIDATE,
    "AT_AlterConstraint": Kind.ALTER_CONSTRAINT,
    "AT_DropConstraint": Kind.DROP_CONSTRAINT,
    "AT_SetTableSpace": Kind.SET_TABLESPACE,
    "AT_SetRelOptions": Kind.SET_PARAMETERS,
    "AT_ResetRelOptions": Kind.SET_PARAMETERS,
    "AT_SetLogged": Kind.SET_LOGGED,
    "AT_SetUnLogged": Kind.SET_LOGGED,
    "AT_ChangeOwner": Kind.CHANGE_OWNER,
    "AT_ReplicaIdentity": Kind.REPLICA_IDENTITY,
    "AT_EnableRowSecurity": Kind.ROW_SECURITY,
    "AT_DisableRowSecurity": Kind.ROW_SECURITY,
    "AT_ForceRowSecurity": Kind.ROW_SECURITY,
    "AT_NoForceRowSecurity": Kind.ROW_SECURITY,
    "AT_DetachPartition": Kind.DETACH_PARTITION,
    "AT_AddInherit": Kind.INHERIT,
    "AT_DropInherit": Kind.NO_INHERIT,
    "AT_EnableTrig": Kind.CHANGE_TRIGGERS,
    "AT_EnableAlwaysTrig": Kind.CHANGE_TRIGGERS,
    "AT_EnableReplicaTrig": Kind.CHANGE_TRIGGERS,
    "AT_EnableTrigAll": Kind.CHANGE_TRIGGERS,
    "AT_EnableTrigUser": Kind.CHANGE_TRIGGERS,
    "AT_DisableTrig": Kind.CHANGE_TRIGGERS,
    "AT_DisableTrigAll": Kind.CHANGE_TRIGGERS,
    "AT_DisableTrigUser": Kind.CHANGE_TRIGGERS,
}
_CONSTRAINTS = {
    "CONSTR_CHECK": Kind.ADD_CHECK,
    "CONSTR_FOREIGN": Kind.ADD_FOREIGN_KEY,
    "CONSTR_UNIQUE": Kind.ADD_UNIQUE,
    "CONSTR_PRIMARY": Kind.ADD_PRIMARY_KEY,
    "CONSTR_EXCLUSION": Kind.ADD_EXCLUSION,
    "CONSTR_NOTNULL": Kind.ADD_NOT_NULL,
}
# Parameters that plans or the format of pages depend on; the others need no more than SHARE UPDATE EXCLUSIVE.
_STRONG_PARAMETERS = {
    "user_catalog_table",
    "fastupdate",
    "buffering",
    "gin_pending_list_limit",
    "pages_per_range",
    "autosummarize",
    "security_barrier",
    "security_invoker",
    "check_option",
}
_TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW"}
_BESIDE = {"OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_VIEW"}


def alter_table(tree: Tree) -> Statement:
    """The statement, with the strongest lock of its subcommands."""
    of = tree["objtype"]
    if of not in _TABLES | _BESIDE:
        return Statement((Change(Kind.OTHER),))
    subcommands = [command["alter_table_cmd"] for command in tree["cmds"]]
    changes = tuple(_change(command, of) for command in subcommands)
    concurrently = any(_partition(command).get("concurrent", False) for command in subcommands)
    altered = from_range_var(tree["relation"])
    locks = strongest(
        lock
        for change, command in zip(changes, subcommands, strict=True)
        for lock in ((altered, _lock(change, command)), *_others(change, command))
    )
    return Statement(
        changes,
        locks=locks if of in _TABLES else {},
        beside=locks if of in _BESIDE else {},
        concurrently=concurrently,
        only="inh" not in tree["relation"],
    )


def constraint(tree: Tree) -> Change | None:
    """A constraint, of a table or of a column; None for what is none, such as a default."""
    if not (kind := _CONSTRAINTS.get(tree["contype"])):
        return None
    return Change(
        kind,
        tree.get("conname", ""),
        not_valid=tree.get("skip_validation", False),
        using_index="indexname" in tree,
    )


def inline(column: Tree) -> tuple[Change, ...]:
    """The constraints in the definition of a column."""
    found = (constraint(item["constraint"]) for item in column.get("constraints", ()))
    return tuple(change for change in found if change)


def referenced(tree: Tree) -> Locks:
    """The tables that a constraint, or one in the definition of a column, refers to: triggers are put on them."""
    kind, fields = node(tree)
    constraints = [fields] if kind == "constraint" else [item["constraint"] for item in fields.get("constraints", ())]
    for each in constraints:
        if "pktable" in each:
            yield from_range_var(each["pktable"]), LockMode.SHARE_ROW_EXCLUSIVE


def _change(command: Tree, of: str) -> Change:
    subtype, definition = command["subtype"], command.get("def", {})
    name = command.get("name", "")
    if subtype == "AT_AddConstraint":
        return constraint(definition["constraint"]) or Change(Kind.OTHER)
    if subtype == "AT_AddColumn":
        column = definition["column_def"]
        return Change(Kind.ADD_COLUMN, column["colname"], inline=inline(column))
    if subtype == "AT_AlterConstraint":
        return Change(Kind.ALTER_CONSTRAINT, definition["atalter_constraint"]["conname"])
    if subtype == "AT_ColumnDefault":
        return Change(Kind.SET_DEFAULT if definition else Kind.DROP_DEFAULT, name)
    if subtype == "AT_AttachPartition":
        return Change(Kind.ATTACH_INDEX if of == "OBJECT_INDEX" else Kind.ATTACH_PARTITION)
    return Change(_KINDS.get(subtype, Kind.OTHER), name)


def _lock(change: Change, command: Tree) -> LockMode:
    """The lock on the table that is altered."""
    if change.kind is Kind.SET_PARAMETERS:
        names = {item["def_elem"]["defname"] for item in command["def"]["list"]["items"]}
        if names & _STRONG_PARAMETERS:
            return LockMode.ACCESS_EXCLUSIVE
    if _partition(command).get("concurrent"):
        return LockMode.SHARE_UPDATE_EXCLUSIVE
    return _LOCKS.get(change.kind, LockMode.ACCESS_EXCLUSIVE)


def _others(change: Change, command: Tree) -> Locks:
    """The locks on other tables that a subcommand names."""
    definition = command.get("def", {})
    if change.kind in {Kind.ADD_COLUMN, Kind.ADD_FOREIGN_KEY}:
        yield from referenced(definition)
    elif change.kind in {Kind.ATTACH_PARTITION, Kind.DETACH_PARTITION, Kind.ATTACH_INDEX}:
        yield from_range_var(_partition(command)["name"]), LockMode.ACCESS_EXCLUSIVE
    elif change.kind is Kind.INHERIT:
        yield from_range_var(definition["range_var"]), LockMode.SHARE_UPDATE_EXCLUSIVE
    elif change.kind is Kind.NO_INHERIT:
        yield from_range_var(definition["range_var"]), LockMode.ACCESS_SHARE


def _partition(command: Tree) -> Tree:
    found: Tree = command.get("def", {}).get("partition_cmd", {})
    return found
