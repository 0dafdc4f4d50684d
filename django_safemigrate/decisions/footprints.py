"""What an operation creates, deletes, alters and uses, between two states of the models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.postgres.operations import CollationOperation, CreateCollation, CreateExtension, ValidateConstraint
from django.db.migrations import operations
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AlterTogetherOptionOperation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.operations import (
    AlterFieldOnline,
    Backfill,
    BackfillDefault,
    DropOrderDefault,
    FinishAlterField,
    FinishRenameField,
    KeepOrderDefault,
    RenameFieldOnline,
)
from django_safemigrate.values.fields import AnyField, column_of, database_changes
from django_safemigrate.values.relations import Key
from django_safemigrate.values.states import unrendered
from django_safemigrate.values.tables import has_table, table_of

from .commuting import Footprint
from .resources import (
    ORDER,
    Resource,
    column,
    inheritable,
    inherited,
    model_and_fields,
    order_column,
    sources,
    table_and_columns,
    targets,
)
from .triggers import added, removed, replaced

# Django 6.0 and later.
_ALTER_CONSTRAINT = getattr(operations, "AlterConstraint", ())

# Changes of a field under which a column that is computed from it stays what it is.
_NOT_OF_THE_TYPE = {"db_comment", "db_constraint", "db_default", "db_index", "null", "unique"}


def carried_out(operation: Operation, app_label: str, state: ProjectState) -> Footprint:
    """The footprint of an operation on a state, which is changed by it."""
    if isinstance(operation, SeparateDatabaseAndState):
        before = unrendered(state)
    else:
        # Footprints compare no other model, and copies of all would cost more than all else.
        models = dict(state.models)
        own = model_key(operation, app_label)
        if own in models:
            models[own] = models[own].clone()
        before = ProjectState(models, real_apps=state.real_apps)
    operation.state_forwards(app_label, state)
    return footprint(operation, app_label, before, state)


def model_key(operation: Operation, app_label: str) -> Key | None:
    """The model that an operation works on, if it says so."""
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    return (app_label, name.lower()) if isinstance(name, str) else None


def footprint(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """The footprint of an operation between two states."""
    if isinstance(operation, SeparateDatabaseAndState):
        return _separate(operation, app_label, before)
    if isinstance(operation, CreateModel | DeleteModel | RenameModel):
        return _model(operation, app_label, before, after)
    if isinstance(operation, AddField | RemoveField | AlterField):
        found = _field(operation, app_label, before, after)
        return _with_old_column(found) if isinstance(operation, AlterFieldOnline) else found
    if isinstance(operation, RenameField):
        found = _renamed_field(operation, app_label, before, after)
        return _with_old_column(found) if isinstance(operation, RenameFieldOnline) else found
    key = model_key(operation, app_label)
    if key is not None and key in before.models and key in after.models:
        return _of_model(operation, key, before, after)
    if isinstance(operation, CreateExtension):
        return Footprint(creates={("extension", operation.name)})
    if isinstance(operation, CollationOperation):
        collation: set[Resource] = {("collation", operation.name)}
        return Footprint(creates=collation) if isinstance(operation, CreateCollation) else Footprint(deletes=collation)
    return _unknown(operation, app_label, before, after)


def _of_model(operation: Operation, key: Key, before: ProjectState, after: ProjectState) -> Footprint:
    """What changes something about a model that stays."""
    own: set[Resource] = {("model", *key)}
    if isinstance(operation, AlterModelOptions | AlterModelManagers | AlterModelTableComment):
        return Footprint(alters={("options", type(operation).__name__, *key)}, uses=own)
    if isinstance(operation, AlterModelTable):
        old, new = (table_and_columns(state.models[key]) for state in (before, after))
        return Footprint(new - old, old - new, {("options", "AlterModelTable", *key)}, own)
    if isinstance(operation, AlterTogetherOptionOperation):
        return Footprint(alters={("together", operation.option_name, *key)}, uses=model_and_fields(after, key))
    if isinstance(operation, AlterOrderWithRespectTo):
        return _order(key, before, after)
    if isinstance(operation, KeepOrderDefault | DropOrderDefault):
        return Footprint(alters={("field", *key, ORDER)}, uses=own)
    if isinstance(operation, Backfill):
        return Footprint(alters={("rows", *key, name) for name in operation.fields}, uses=model_and_fields(after, key))
    if isinstance(operation, BackfillDefault):
        return Footprint(alters={("rows", *key, operation.name)}, uses={*own, ("field", *key, operation.name)})
    if isinstance(operation, FinishAlterField | FinishRenameField):
        return _finished(operation, before.models[key])
    return _named(operation, key, before, after)


def _with_old_column(found: Footprint) -> Footprint:
    """That of what leaves the column there under its old name."""
    return replace(found, deletes={resource for resource in found.deletes if resource[0] != "column"})


def _finished(operation: FinishAlterField | FinishRenameField, model: ModelState) -> Footprint:
    """The old column goes; where it has no name of its own, only whoever changes the field as well may notice it."""
    key = (model.app_label, model.name_lower)
    if isinstance(operation, FinishAlterField):
        name, old = operation.name, operation.column
    else:
        name = operation.new_name
        old = column_of(model.fields[name], operation.old_name) if name in model.fields else None
    deletes: set[Resource] = {("column", table_of(model), old)} if old is not None and has_table(model) else set()
    return Footprint(deletes=deletes, alters={("field", *key, name)}, uses={("model", *key)})


def _order(key: Key, before: ProjectState, after: ProjectState) -> Footprint:
    old, new = before.models[key], after.models[key]
    had, has = (model.options.get("order_with_respect_to") for model in (old, new))
    result = Footprint(alters={("options", "AlterOrderWithRespectTo", *key)}, uses={("model", *key)})
    result.uses |= {("field", *key, name) for name in (had, has) if name}
    if has and not had:
        result.creates = order_column(new) | inherited(after, key, ORDER)
    elif had and not has:
        result.deletes = order_column(old) | inheritable(before, key, ORDER)
    return result


def _named(operation: Operation, key: Key, before: ProjectState, after: ProjectState) -> Footprint:
    """Indexes and constraints, whose names are unique in a schema."""
    uses = model_and_fields(before, key) & model_and_fields(after, key)
    if isinstance(operation, AddIndex):
        return Footprint(creates={("name", operation.index.name)}, uses=uses)
    if isinstance(operation, AddConstraint):
        return Footprint(creates={("name", operation.constraint.name)}, uses=uses)
    if isinstance(operation, RemoveIndex | RemoveConstraint):
        return Footprint(deletes={("name", operation.name)}, uses=uses)
    if isinstance(operation, _ALTER_CONSTRAINT):
        return Footprint(alters={("name", operation.name)}, uses=uses)
    if isinstance(operation, ValidateConstraint):
        return Footprint(uses={*uses, ("name", operation.name)})
    if isinstance(operation, RenameIndex) and operation.old_name:
        return Footprint({("name", operation.new_name)}, {("name", operation.old_name)}, uses=uses)
    if isinstance(operation, RenameIndex):  # the unnamed one of index_together
        return Footprint({("name", operation.new_name)}, alters={("together", "index_together", *key)}, uses=uses)
    return _unknown(operation, key[0], before, after)


def _unknown(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """What can be seen of a class that is not Django's: which trigger of which model it is about, or at least which model."""
    model_name = getattr(operation, "model_name", None)
    if not isinstance(model_name, str) or type(operation).__module__.startswith("django."):
        return Footprint(everything=True)
    key = (app_label, model_name.lower())
    name = added(operation) or removed(operation) or replaced(operation)
    if name:
        fields = model_and_fields(before if removed(operation) else after, key)
        return Footprint(alters={("trigger", app_label, *name)}, uses=fields)
    return Footprint(seizes={("model", *key)})


def _separate(operation: SeparateDatabaseAndState, app_label: str, before: ProjectState) -> Footprint:
    """All that its operations do; those on the state alone change no name in the database."""
    result = Footprint()
    state = unrendered(before)
    for inner in operation.database_operations:
        result = result.and_also(carried_out(inner, app_label, state))
    state = unrendered(before)
    for inner in operation.state_operations:
        found = carried_out(inner, app_label, state)
        result = result.and_also(found.of_the_state())
    return result


def _model(
    operation: CreateModel | DeleteModel | RenameModel, app_label: str, before: ProjectState, after: ProjectState
) -> Footprint:
    """A renamed one goes under its old name and comes under the new one."""
    old = None if isinstance(operation, CreateModel) else before.models.get((app_label, operation.name_lower))
    name = operation.new_name_lower if isinstance(operation, RenameModel) else operation.name_lower
    new = None if isinstance(operation, DeleteModel) else after.models.get((app_label, name))
    if old is None and new is None:
        return Footprint(everything=True)
    goes = _things(old, before, inheritable) if old else set()
    comes = _things(new, after, inherited) if new else set()
    uses: set[Resource] = set()
    for model in filter(None, (old, new)):
        uses |= {used for its_field in model.fields.values() for used in targets(its_field, model)}
        uses |= {("model", *base.lower().split(".", 1)) for base in model.bases if isinstance(base, str)}
    uses -= goes | comes  # a relation to itself
    return Footprint(creates=comes - goes, deletes=goes - comes, uses=uses)


def _things(
    model: ModelState, state: ProjectState, family: Callable[[ProjectState, Key, str], set[Resource]]
) -> set[Resource]:
    """All that comes with a model, or goes with it."""
    key = (model.app_label, model.name_lower)
    found = {("model", *key), *table_and_columns(model)}
    for name in model.fields:
        found |= {("field", *key, name)} | family(state, key, name)
    for option in ("indexes", "constraints"):
        found |= {("name", item.name) for item in model.options.get(option) or ()}
    return found


def _field(
    operation: AddField | RemoveField | AlterField, app_label: str, before: ProjectState, after: ProjectState
) -> Footprint:
    key = (app_label, operation.model_name_lower)
    own: Resource = ("field", *key, operation.name)
    old = before.models[key].fields.get(operation.name) if key in before.models else None
    new = after.models[key].fields.get(operation.name) if key in after.models else None
    result = Footprint(uses={("model", *key)})
    if isinstance(operation, AddField):
        result.creates = {own} | column(after.models[key], operation.name, new) | inherited(after, key, operation.name)
    elif isinstance(operation, RemoveField):
        result.deletes = {own} | column(before.models[key], operation.name, old)
        result.deletes |= inheritable(before, key, operation.name)
    else:
        result.alters = {own}
        if old is None or new is None or not _same_type(old, new):
            result.alters.add(("type", *key, operation.name))
        old_column, new_column = (
            column(before.models[key], operation.name, old),
            column(after.models[key], operation.name, new),
        )
        result.creates, result.deletes = new_column - old_column - {own}, old_column - new_column - {own}
    for its_field in (old, new):
        if its_field is not None:
            result.uses |= targets(its_field, after.models.get(key) or before.models[key])
            for source in sources(its_field, before, key):
                result.uses.add(("field", *key, source))
                result.alters.add(("type", *key, source))  # no type changes under it
    result.uses -= {own}
    return result


def _same_type(old: AnyField, new: AnyField) -> bool:
    changes = database_changes(old, new)
    return changes is not None and changes <= _NOT_OF_THE_TYPE


def _renamed_field(operation: RenameField, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """As a field that goes and another that comes; lists of fields in the model's options follow."""
    key = (app_label, operation.model_name_lower)
    old, new = before.models[key], after.models[key]
    old_name, new_name = operation.old_name, operation.new_name
    return Footprint(
        creates={("field", *key, new_name)}
        | column(new, new_name, new.fields.get(new_name))
        | inherited(after, key, new_name),
        deletes={("field", *key, old_name)}
        | column(old, old_name, old.fields.get(old_name))
        | inheritable(before, key, old_name),
        alters={("together", option, *key) for option in ("unique_together", "index_together")},
        uses={("model", *key)},
    )
