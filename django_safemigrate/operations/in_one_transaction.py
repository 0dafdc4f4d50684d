"""InOneTransaction: several operations that nobody may see half of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class InOneTransaction(Operation):
    """Run ``operations`` one after the other in a transaction of their own, also in a migration with ``atomic = False``.

    ``safemigrate`` gives each operation of a migration its own transaction; these share one, and all their locks are held
    until its end. So they should be few and quick, such as dropping a trigger and creating the next version of it.
    """

    atomic = True
    category = OperationCategory.ALTERATION
    serialization_expand_args = ["operations"]

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    @property
    def model_name(self) -> str | None:
        """The model that all of them work on, where it is one."""
        names = {getattr(operation, "model_name", None) for operation in self.operations}
        (name,) = names if len(names) == 1 else (None,)
        return name

    @property
    def reversible(self) -> bool:  # type: ignore[override]
        return all(operation.reversible for operation in self.operations)

    @property
    def reduces_to_sql(self) -> bool:  # type: ignore[override]
        return all(operation.reduces_to_sql for operation in self.operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation, before, after in self._with_states(app_label, from_state):
            operation.database_forwards(app_label, schema_editor, before, after)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """``to_state`` is the one before the operations in the order of the file."""
        for operation, before, after in reversed(self._with_states(app_label, to_state)):
            operation.database_backwards(app_label, schema_editor, after, before)

    def _with_states(self, app_label: str, state: ProjectState) -> list[tuple[Operation, ProjectState, ProjectState]]:
        found = []
        for operation in self.operations:
            after = state.clone()
            operation.state_forwards(app_label, after)
            found.append((operation, state, after))
            state = after
        return found

    def describe(self) -> str:
        return "In one transaction: " + "; ".join(operation.describe() for operation in self.operations)

    @property
    def migration_name_fragment(self) -> str | None:  # type: ignore[override]
        return self.operations[-1].migration_name_fragment if self.operations else None

    def references_model(self, name: str, app_label: str) -> bool:
        return any(operation.references_model(name, app_label) for operation in self.operations)

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return any(operation.references_field(model_name, name, app_label) for operation in self.operations)
