"""What an operation creates, deletes, alters and uses: enough to tell whether two of them may change places.

``Operation.reduce(other) is True`` is not that: it knows no table, column or index names, and it refuses most pairs of
index operations. Resources are names: of models, fields, tables, columns in a table, indexes and constraints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTableComment,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AlterTogetherOptionOperation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from .triggers import added, removed, replaced

Resource = tuple[str, ...]


@dataclass
class Footprint:
    """``seizes``: nobody knows what is done to these, so that no other operation may even use them before or after.
    ``everything``: nor to what, so it changes places with no other.
    """

    creates: set[Resource] = field(default_factory=set)
    deletes: set[Resource] = field(default_factory=set)
    alters: set[Resource] = field(default_factory=set)
    uses: set[Resource] = field(default_factory=set)
    seizes: set[Resource] = field(default_factory=set)
    everything: bool = False

    @property
    def touches(self) -> set[Resource]:
        return self.creates | self.deletes | self.alters | self.uses | self.seizes


def commutes(first: Footprint, second: Footprint) -> bool:
    """Whether ``second``, which comes after ``first``, may as well come before it."""
    if first.everything or second.everything:
        return False
    return not (
        first.deletes & second.creates
        or first.creates & (second.uses | second.alters | second.deletes | second.creates)
        or first.alters & (second.alters | second.deletes | second.creates)
        or (first.uses | first.alters) & second.deletes
        or first.seizes & second.touches
        or first.touches & second.seizes
    )


def carried_out(operation: Operation, app_label: str, state: ProjectState) -> Footprint:
    """The footprint of an operation on a state, which is changed by it."""
    # Footprints compare no other model, and copies of all would cost more than all else.
    models = dict(state.models)
    own = model_key(operation, app_label)
    if own in models:
        models[own] = models[own].clone()
    before = ProjectState(models, real_apps=state.real_apps)
    operation.state_forwards(app_label, state)
    return footprint(operation, app_label, before, state)


def model_key(operation: Operation, app_label: str) -> tuple[str, str] | None:
    """The model that an operation works on, if it says so."""
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    return (app_label, name.lower()) if isinstance(name, str) else None


def footprint(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """The footprint of an operation between two states."""
    if isinstance(operation, CreateModel | DeleteModel):
        return _model(operation, app_label, before, after)
    if isinstance(operation, AddField | RemoveField | AlterField):
        return _field(operation, app_label, before, after)
    if isinstance(operation, AlterModelOptions | AlterModelManagers | AlterModelTableComment):
        model = (app_label, operation.name_lower)
        return Footprint(alters={("options", type(operation).__name__, *model)}, uses={("model", *model)})
    if isinstance(operation, AlterTogetherOptionOperation):
        model = (app_label, operation.name_lower)
        return Footprint(alters={("together", operation.option_name, *model)}, uses=_model_and_fields(after, model))
    if isinstance(operation, RenameField):
        return _renamed_field(operation, app_label, before, after)
    return _named(operation, app_label, before, after)


def _named(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """Indexes and constraints, whose names are unique in a schema."""
    model = (app_label, str(getattr(operation, "model_name", "")).lower())
    if isinstance(operation, AddIndex):
        return Footprint(creates={("name", operation.index.name)}, uses=_model_and_fields(after, model))
    if isinstance(operation, AddConstraint):
        return Footprint(creates={("name", operation.constraint.name)}, uses=_model_and_fields(after, model))
    if isinstance(operation, RemoveIndex | RemoveConstraint):
        return Footprint(deletes={("name", operation.name)}, uses=_model_and_fields(before, model))
    if isinstance(operation, RenameIndex) and operation.old_name:
        return Footprint(
            creates={("name", operation.new_name)},
            deletes={("name", operation.old_name)},
            uses=_model_and_fields(after, model),
        )
    return _unknown(operation, app_label, before, after)


def _unknown(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """What can be seen of a class that is not Django's: which trigger of which model it is about, or at least which model."""
    model_name = getattr(operation, "model_name", None)
    if not isinstance(model_name, str) or type(operation).__module__.startswith("django."):
        return Footprint(everything=True)
    key = (app_label, model_name.lower())
    name = added(operation) or removed(operation) or replaced(operation)
    if name:
        fields = _model_and_fields(before if removed(operation) else after, key)
        return Footprint(alters={("trigger", app_label, *name)}, uses=fields)
    return Footprint(seizes={("model", *key)})


def _model(
    operation: CreateModel | DeleteModel, app_label: str, before: ProjectState, after: ProjectState
) -> Footprint:
    key = (app_label, operation.name_lower)
    creating = isinstance(operation, CreateModel)
    model = (after if creating else before).models.get(key)
    if model is None:
        return Footprint(everything=True)
    things = {("model", *key), ("table", _table(model))}
    uses: set[Resource] = set()
    family = _inherited if creating else _inheritable
    for name, its_field in model.fields.items():
        things |= {("field", *key, name), *_column(model, name, its_field)}
        things |= family(after if creating else before, key, name)
        uses |= _targets(its_field, model)
    for option in ("indexes", "constraints"):
        things |= {("name", item.name) for item in model.options.get(option) or ()}
    uses |= {("model", *base.lower().split(".", 1)) for base in model.bases if isinstance(base, str)}
    uses -= things  # a relation to itself
    return Footprint(creates=things, uses=uses) if creating else Footprint(deletes=things, uses=uses)


def _field(
    operation: AddField | RemoveField | AlterField, app_label: str, before: ProjectState, after: ProjectState
) -> Footprint:
    key = (app_label, operation.model_name_lower)
    own: Resource = ("field", *key, operation.name)
    old = before.models[key].fields.get(operation.name) if key in before.models else None
    new = after.models[key].fields.get(operation.name) if key in after.models else None
    result = Footprint(uses={("model", *key)})
    if isinstance(operation, AddField):
        result.creates = (
            {own} | _column(after.models[key], operation.name, new) | _inherited(after, key, operation.name)
        )
    elif isinstance(operation, RemoveField):
        result.deletes = {own} | _column(before.models[key], operation.name, old)
        result.deletes |= _inheritable(before, key, operation.name)
    else:
        result.alters = {own}
        old_column, new_column = (
            _column(before.models[key], operation.name, old),
            _column(after.models[key], operation.name, new),
        )
        result.creates, result.deletes = new_column - old_column - {own}, old_column - new_column - {own}
    for its_field in (old, new):
        if its_field is not None:
            result.uses |= _targets(its_field, after.models.get(key) or before.models[key])
            if its_field.generated:
                result.uses |= _model_and_fields(before, key)
    result.uses -= {own}
    return result


def _renamed_field(operation: RenameField, app_label: str, before: ProjectState, after: ProjectState) -> Footprint:
    """As a field that goes and another that comes; lists of fields in the model's options follow."""
    key = (app_label, operation.model_name_lower)
    old, new = before.models[key], after.models[key]
    old_name, new_name = operation.old_name, operation.new_name
    return Footprint(
        creates={("field", *key, new_name)}
        | _column(new, new_name, new.fields.get(new_name))
        | _inherited(after, key, new_name),
        deletes={("field", *key, old_name)}
        | _column(old, old_name, old.fields.get(old_name))
        | _inheritable(before, key, old_name),
        alters={("together", option, *key) for option in ("unique_together", "index_together")},
        uses={("model", *key)},
    )


def _inheritable(state: ProjectState, key: tuple[str, str], name: str) -> set[Resource]:
    """A field that goes frees its name for parents and children (multi-table inheritance); see ``_inherited``."""
    return {("above", *key, name)} | {("below", *parent, name) for parent in _parents(state, key)}


def _inherited(state: ProjectState, key: tuple[str, str], name: str) -> set[Resource]:
    """A field that comes needs its name free in all parents and all children, but not in those beside it."""
    return {("below", *key, name)} | {("above", *parent, name) for parent in _parents(state, key)}


def _parents(state: ProjectState, key: tuple[str, str]) -> set[tuple[str, str]]:
    """The models that a model inherits from, at any distance."""
    found: set[tuple[str, str]] = set()
    waiting = [key]
    while waiting:
        model = state.models.get(waiting.pop())
        bases = [resolve_relation(base) for base in (model.bases if model else ()) if isinstance(base, str)]
        waiting += [base for base in bases if base not in found]
        found |= set(bases)
    return found


def _model_and_fields(state: ProjectState, key: tuple[str, str]) -> set[Resource]:
    model = state.models.get(key)
    return {("model", *key)} | {("field", *key, name) for name in (model.fields if model else ())}


def _table(model: ModelState) -> str:
    return str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}")


def _column(model: ModelState, name: str, its_field: Any) -> set[Resource]:
    """The column of a field and what goes with it: the attribute of a key, and that a key may refer to it.

    Of an implicit many-to-many, its model and its table.
    """
    if its_field is None:
        return set()
    if its_field.many_to_many:
        if its_field.remote_field.through:
            return set()
        table = getattr(its_field, "db_table", None) or f"{_table(model)}_{name}"
        return {("table", table), ("model", model.app_label, f"{model.name_lower}_{name}".lower())}
    attribute = f"{name}_id" if its_field.is_relation else name
    column = its_field.db_column or attribute
    key = (model.app_label, model.name_lower)
    found: set[Resource] = {("column", _table(model), column), ("field", *key, attribute)}
    return found | {("unique", *key, name)} if its_field.unique else found


def _targets(its_field: Any, model: ModelState) -> set[Resource]:
    """The models that a field refers to, and the fields of theirs that it names, which have to be unique."""
    related = related_models(its_field, model.app_label, model.name_lower)
    named = [name for name in getattr(its_field, "to_fields", ()) if name and name != "self"]
    fields = {(what, *key, name) for what in ("field", "unique") for key in related for name in named}
    return {("model", *key) for key in related} | fields


def related_models(its_field: Any, app_label: str, model_name: str) -> set[tuple[str, str]]:
    """The models that a field of the named model refers to."""
    if not its_field.is_relation or its_field.remote_field is None:
        return set()
    relations = [its_field.remote_field.model, getattr(its_field.remote_field, "through", None)]
    return {resolve_relation(relation, app_label, model_name) for relation in relations if relation}
