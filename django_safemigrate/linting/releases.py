"""Tables that a release makes: no code uses them yet, so nobody waits for a lock on them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import Migration
from django.db.migrations.operations import AddField, CreateModel, RenameModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.operations import on_the_database
from django_safemigrate.values.tables import has_table, table_between, table_of

Key = tuple[str, str]


class Made:
    """The tables that one release has made so far, by their models, whatever they are called meanwhile."""

    def __init__(self) -> None:
        self._models: set[Key] = set()
        self._between: set[tuple[Key, str]] = set()

    def remember(self, migration: Migration) -> None:
        """What a migration makes."""
        for operation in on_the_database(migration.operations):
            self._remember(operation, migration.app_label)

    def _remember(self, operation: Operation, app_label: str) -> None:
        if isinstance(operation, CreateModel):
            self._models.add((app_label, operation.name_lower))
        elif isinstance(operation, RenameModel) and (app_label, operation.old_name_lower) in self._models:
            self._models.add((app_label, operation.new_name_lower))
        elif isinstance(operation, AddField) and operation.field.many_to_many:
            self._between.add(((app_label, operation.model_name_lower), operation.name))

    def tables(self, state: ProjectState) -> set[str]:
        """What they are called in a state."""
        made = [state.models[key] for key in self._models if key in state.models]
        tables = {table for model in made if has_table(model) for table in (table_of(model), *_between(model))}
        for key, name in self._between:
            if key in state.models:
                tables |= set(_between(state.models[key], name))
        return tables


def _between(model: ModelState, only: str = "") -> Iterator[str]:
    """The tables of its many-to-many fields."""
    for name, field in model.fields.items():
        if field.many_to_many and (not only or name == only):
            yield getattr(field, "db_table", None) or table_between(model, name)
