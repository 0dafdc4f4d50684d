"""BackfillDefault: every row without a value gets the field's default, called once for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections, router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import Case, Model, Value, When
from django.db.models.functions import Cast

BATCH = 500  # rows


class BackfillDefault(Operation):
    """Fill ``name`` of ``model_name`` where it is NULL, in short statements of 500 rows each.

    Stock Django calls a default once and writes that value into all rows (``Field.get_default`` in ``AddField`` and in
    ``AlterField`` to NOT NULL). ``default``, a callable without arguments, stands in for the field's own where the field has
    none. Takes ROW EXCLUSIVE on the table, and the locks of the rows of one batch. What runs twice fills nothing twice. On
    the way back it does nothing.
    """

    reduces_to_sql = False
    reversible = True
    # For the runner: not one transaction, even in a migration that is.
    in_batches = True
    category = OperationCategory.PYTHON

    def __init__(self, model_name: str, name: str, default: Callable[[], Any] | None = None) -> None:
        self.model_name, self.name, self.default = model_name, name, default

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        given = {"default": self.default} if self.default is not None else {}
        return type(self).__name__, [], {"model_name": self.model_name, "name": self.name, **given}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rows are no state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        alias = schema_editor.connection.alias
        if router.allow_migrate_model(alias, model) and not schema_editor.collect_sql:
            for keys in _batches(model, self.name, alias):
                self._fill(model, alias, keys)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The values stay."""

    def describe(self) -> str:
        return f"Fill {self.name} of {self.model_name} where it is NULL, calling its default for each row"

    @property
    def migration_name_fragment(self) -> str:
        return f"fill_{self.model_name}_{self.name}".lower()

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() == self.model_name.lower()

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and name == self.name

    def _fill(self, model: type[Model], alias: str, keys: list[Any]) -> None:
        field: Any = model._meta.get_field(self.name)
        default = self.default or field.get_default
        values = [When(pk=key, then=Value(default(), output_field=field)) for key in keys]
        still_empty = model._base_manager.using(alias).filter(pk__in=keys, **{f"{self.name}__isnull": True})
        filled: Any = Case(*values, output_field=field)
        if connections[alias].features.requires_casted_case_in_updates:  # as bulk_update() does
            filled = Cast(filled, output_field=field)
        still_empty.update(**{self.name: filled})


def _batches(model: type[Model], name: str, alias: str) -> Iterator[list[Any]]:
    """Primary keys of rows without a value, in their order; those that come in behind the last one, too."""
    empty = model._base_manager.using(alias).filter(**{f"{name}__isnull": True}).order_by("pk")
    last: Any = None
    while True:
        after = empty if last is None else empty.filter(pk__gt=last)
        keys = list(after.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]
