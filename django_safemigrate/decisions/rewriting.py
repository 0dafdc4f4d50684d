"""What takes several operations to say and is nothing in the database: written so that it is nothing in the migrations, too.

The autodetector knows of a model that keeps its table neither when it is renamed nor when it moves to another app: it renames
the table away and back, or creates a model and deletes another. Nor does it know that an index stays what it is when a field
gets another name. Rules see one operation at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.migrations import Migration
from django.db.migrations.operations import (
    AlterModelTable,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.relations import Key
from django_safemigrate.values.tables import table_of
from django_safemigrate.values.ways_back import with_ways_back

from .moves import in_state_alone, moves_of
from .renamed_fields import with_new_names

Sources = Mapping[Key, Sequence[Operation]]


def rewritten(sources: Sources, before: ProjectState) -> dict[Key, list[Operation]]:
    """The operations of each migration, by app and name, in the order in which these run. Nothing given is changed."""
    found = _ways_back(_options_first(_tables_kept(sources, before), before))
    moves = moves_of(found, before)
    if moves:
        found = in_state_alone(found, before, moves)
    return with_new_names(found, before)


def _tables_kept(sources: Sources, before: ProjectState) -> dict[Key, list[Operation]]:
    """Row M3: that a renamed model names its old table is said before it is renamed, when it is true already."""
    result = {key: list(operations) for key, operations in sources.items()}
    for (app_label, name), operations in sources.items():
        for operation in operations:
            model = before.models.get((app_label, getattr(operation, "old_name_lower", "")))
            if not isinstance(operation, RenameModel) or model is None:
                continue
            for later in [key for key in result if key[0] == app_label]:
                for table in result[later]:
                    if (
                        isinstance(table, AlterModelTable)
                        and table.name_lower == operation.new_name_lower
                        and table.table == table_of(model)
                    ):
                        result[later].remove(table)
                        here = result[app_label, name]
                        here.insert(here.index(operation), AlterModelTable(operation.old_name, table.table))
                        break
    return result


def _options_first(sources: Sources, before: ProjectState) -> dict[Key, list[Operation]]:
    """Indexes and constraints of a model that goes are taken away before its fields, as Django 6.0 and later writes it.

    Otherwise they come back with the model, before the fields.
    """
    flat = [(app_label, one) for (app_label, _), operations in sources.items() for one in operations]
    doomed = {(app_label, one.name_lower) for app_label, one in flat if isinstance(one, DeleteModel)}
    removed = {one.name for _, one in flat if isinstance(one, RemoveIndex | RemoveConstraint)}
    result: dict[Key, list[Operation]] = {key: [] for key in sources}
    for source, operations in sources.items():
        for operation in operations:
            if isinstance(operation, RemoveField):
                key = (source[0], operation.model_name_lower)
                if key in doomed and key in before.models:
                    doomed.remove(key)
                    result[source] += [one for one in _options_taken(before.models[key]) if one.name not in removed]
            result[source].append(operation)
    return result


def _options_taken(model: ModelState) -> Iterator[RemoveIndex | RemoveConstraint]:
    for index in model.options.get("indexes") or ():
        yield RemoveIndex(model.name_lower, index.name)
    for constraint in model.options.get("constraints") or ():
        yield RemoveConstraint(model.name_lower, constraint.name)


def _ways_back(sources: Sources) -> dict[Key, list[Operation]]:
    """What is taken away before a field of a migration before it goes into that one."""
    keys = list(sources)
    result: dict[Key, list[Operation]] = {key: [] for key in keys}
    for app_label in dict.fromkeys(key[0] for key in keys):
        sourced = [(keys.index(key), one) for key in keys if key[0] == app_label for one in sources[key]]
        source = len(keys)
        for number in reversed(with_ways_back([operation for _, operation in sourced])):
            own, operation = sourced[number]
            source = min(source, own)
            result[keys[source]].insert(0, operation)
    return result


def name_from_state(migration: Migration) -> str:
    """What Django calls a migration, with the operations on the state alone as if they were ones of its own."""
    operations: list[Operation] = []
    for operation in migration.operations:
        state_alone = isinstance(operation, SeparateDatabaseAndState) and not operation.database_operations
        operations += operation.state_operations if state_alone else [operation]  # type: ignore[attr-defined]
    attributes = {"operations": operations, "initial": migration.initial}
    flat: Migration = type("Migration", (Migration,), attributes)(migration.name, migration.app_label)
    return flat.suggest_name()
