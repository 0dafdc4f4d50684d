"""What RunSQL does to the tables of models, statement by statement, until the end of its migration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.migrations.operations import AddField, AlterField, RemoveField, RenameField, RunSQL
from django.db.migrations.operations.base import Operation

from django_safemigrate.grammar.names import Relation, from_range_var, from_strings, strings
from django_safemigrate.grammar.parse import DoesNotParse, Tree, node, parse
from django_safemigrate.linting.sql.texts import texts_of


@dataclass(frozen=True)
class Event:
    """What the operation at a place has done last to a table (``column`` is empty) or a column: ``words`` say it.

    ``there``: whether it exists now; ``is_new``: it was made as such. ``type``: what a column has got, as the grammar has it;
    ``null``: whether it accepts NULL now; None where nothing was said. ``new_name``: what it is called now.
    """

    path: str
    table: str
    column: str
    words: str
    there: bool
    is_new: bool = False
    type: Tree | None = None
    null: bool | None = None
    new_name: str = ""

    @property
    def alters(self) -> str:
        """What of a column that stays."""
        return "type" if self.type is not None else "null" if self.null is not None else ""


class Events:
    """What has happened last to each table and column, to its type and to its NULL. What Django's own operations do
    afterwards, the models know.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], dict[str, Event]] = {}

    def __iter__(self) -> Iterator[Event]:
        return (event for its in self._last.values() for event in its.values())

    def sql(self, path: str, operation: RunSQL) -> None:
        """Raises ``RuntimeError`` where PostgreSQL's parser is not installed."""
        for text in texts_of(operation):
            try:
                trees = [] if text.misfit else parse(text.sql)
            except DoesNotParse:  # which is a finding itself
                continue
            for tree in trees:
                self._remember(path, tree)

    def django(self, operation: Operation, table: str) -> None:
        """One that has the field, or the model, whose table this is."""
        names: list[str] = []
        if isinstance(operation, AddField | AlterField | RemoveField):
            names = [operation.name]
        elif isinstance(operation, RenameField):
            names = [operation.old_name, operation.new_name]
        gone = {(table, column) for name in names for column in (name, f"{name}_id")}
        if not names:
            gone = {key for key in self._last if key[0] == table}
        for key in gone:
            self._last.pop(key, None)

    def _remember(self, path: str, tree: Tree) -> None:
        for event in _events(path, tree):
            its = self._last.setdefault((event.table, event.column), {})
            if event.alters:
                its[event.alters] = event
            else:
                its.clear()
                its[""] = event


def _events(path: str, tree: Tree) -> Iterator[Event]:
    kind, fields = node(tree)
    if kind == "alter_table_stmt" and fields["objtype"] == "OBJECT_TABLE":
        table = _name(from_range_var(fields["relation"]))
        for command in fields["cmds"] if table else ():
            yield from _of_column(path, table, command["alter_table_cmd"])
    elif kind == "rename_stmt" and fields.get("rename_type") == "OBJECT_TABLE":
        old, new = _name(from_range_var(fields["relation"])), fields["newname"]
        yield Event(path, old, "", f"renames table {old} to {new}", there=False, new_name=new)
        yield Event(path, new, "", f"renames table {old} to {new}", there=True)
    elif kind == "rename_stmt" and fields.get("rename_type") == "OBJECT_COLUMN":
        table, old, new = _name(from_range_var(fields["relation"])), fields["subname"], fields["newname"]
        words = f"renames column {table}.{old} to {new}"
        yield Event(path, table, old, words, there=False, new_name=new)
        yield Event(path, table, new, words, there=True)
    elif kind == "drop_stmt" and fields["remove_type"] == "OBJECT_TABLE":
        for item in fields["objects"]:
            table = _name(from_strings(strings(item)))
            yield Event(path, table, "", f"drops table {table}", there=False)
    elif kind in {"create_stmt", "create_table_as_stmt"}:
        made = fields["relation"] if kind == "create_stmt" else fields["into"]["rel"]
        table = _name(from_range_var(made))
        yield Event(path, table, "", f"makes table {table}", there=True)


def _name(relation: Relation) -> str:
    """Empty for one in another schema than that of the models, which do not say theirs."""
    return relation.name if relation.schema in {"", "public"} else ""


def _of_column(path: str, table: str, command: Tree) -> Iterator[Event]:
    match command.get("subtype"):
        case "AT_AddColumn":
            column = command["def"]["column_def"]["colname"]
            yield Event(path, table, column, f"adds column {table}.{column}", there=True, is_new=True)
        case "AT_DropColumn":
            column = command["name"]
            yield Event(path, table, column, f"drops column {table}.{column}", there=False)
        case "AT_AlterColumnType":
            column = command["name"]
            of = command["def"]["column_def"]["type_name"]
            yield Event(path, table, column, f"gives column {table}.{column} another type", there=True, type=of)
        case "AT_SetNotNull" | "AT_DropNotNull" as subtype:
            column, null = command["name"], subtype == "AT_DropNotNull"
            words = f"lets column {table}.{column} accept NULL" if null else f"makes column {table}.{column} NOT NULL"
            yield Event(path, table, column, words, there=True, null=null)
