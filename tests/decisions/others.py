"""Operations as other packages have them: triggers on a model's option, and one of which nobody knows anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState


@dataclass(frozen=True)
class Trigger:
    """A compiled one: its name, and the SQL that installs it."""

    name: str
    install_sql: str = "UPDATE counters"


PROTECT = Trigger("protect", "RAISE EXCEPTION 'no'")
COUNT = Trigger("count")


class _TriggerOperation(IndexOperation):
    option_name = "triggers"

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def triggers(self, app_label: str, state: ProjectState) -> list[Any]:
        options: dict[str, Any] = state.models[app_label, self.model_name].options
        return options.setdefault("triggers", [])  # type: ignore[no-any-return]


class AddTrigger(_TriggerOperation):
    def __init__(self, model_name: str, trigger: Trigger) -> None:
        super().__init__(model_name)
        self.trigger = trigger

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        self.triggers(app_label, state).append(self.trigger)

    def describe(self) -> str:
        return f"Create trigger {self.trigger.name}"


class RemoveTrigger(_TriggerOperation):
    def __init__(self, model_name: str, name: str) -> None:
        super().__init__(model_name)
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        triggers = self.triggers(app_label, state)
        triggers[:] = [one for one in triggers if one.name != self.name]

    def describe(self) -> str:
        return f"Remove trigger {self.name}"


class Partition(Operation):
    """Of a model, as it says; ``model_name`` None where it does not."""

    def __init__(self, model_name: str | None) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def describe(self) -> str:
        return f"Partition {self.model_name or 'something'}"
