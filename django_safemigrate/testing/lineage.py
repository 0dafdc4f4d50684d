"""Which model and which field of one version is which of the other, renames included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.migrations.operations import (
    AddField,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ModelKey = tuple[str, str]

# What stays the same for a model or a field, whatever it is called: its place in the old version, or in the new one.
Entity = str
Attribute = str


@dataclass
class Lineage:
    """The names of one version, each with what it stands for. ``models``: by app and name in small letters; ``fields``: by
    that and the field's name."""

    models: dict[ModelKey, Entity] = field(default_factory=dict)
    fields: dict[tuple[str, str, str], Attribute] = field(default_factory=dict)

    def entity(self, app_label: str, model: str) -> Entity:
        return self.models.get((app_label, model.lower()), f"{app_label}.{model.lower()}")

    def attribute(self, app_label: str, model: str, name: str) -> Attribute:
        return self.fields.get((app_label, model.lower(), name), name)


def lineages(before: ProjectState, operations: Iterable[tuple[str, Operation]]) -> tuple[Lineage, Lineage]:
    """Of the old version and of the new one, given the operations (each with its app) that lead from the one to the other."""
    old = Lineage()
    for (app, name), model in before.models.items():
        old.models[app, name] = f"{app}.{name}"
        old.fields.update({(app, name, its): its for its in model.fields})
    new = Lineage(dict(old.models), dict(old.fields))
    for number, (app, operation) in enumerate(operations):
        _follow(new, app, operation, str(number))
    return old, new


def _follow(new: Lineage, app: str, operation: Operation, mark: str) -> None:
    if isinstance(operation, SeparateDatabaseAndState):
        for part in operation.state_operations:
            _follow(new, app, part, mark)
    elif isinstance(operation, CreateModel):
        new.models[app, operation.name_lower] = f"{app}.{operation.name_lower}+{mark}"
        new.fields.update({(app, operation.name_lower, name): name for name, _ in operation.fields})
    elif isinstance(operation, DeleteModel):
        new.models.pop((app, operation.name_lower), None)
        _drop(new, app, operation.name_lower)
    elif isinstance(operation, RenameModel):
        new.models[app, operation.new_name_lower] = new.entity(app, operation.old_name)
        new.models.pop((app, operation.old_name_lower), None)
        for (_, _, name), attribute in _drop(new, app, operation.old_name_lower).items():
            new.fields[app, operation.new_name_lower, name] = attribute
    elif isinstance(operation, AddField):
        new.fields[app, operation.model_name_lower, operation.name] = f"{operation.name}+{mark}"
    elif isinstance(operation, RemoveField):
        new.fields.pop((app, operation.model_name_lower, operation.name), None)
    elif isinstance(operation, RenameField):
        attribute = new.attribute(app, operation.model_name, operation.old_name)
        new.fields.pop((app, operation.model_name_lower, operation.old_name), None)
        new.fields[app, operation.model_name_lower, operation.new_name] = attribute


def _drop(lineage: Lineage, app: str, model: str) -> dict[tuple[str, str, str], Attribute]:
    found = {key: attribute for key, attribute in lineage.fields.items() if key[:2] == (app, model)}
    for key in found:
        del lineage.fields[key]
    return found
