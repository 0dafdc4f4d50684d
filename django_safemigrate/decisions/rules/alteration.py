"""An AlterField with what is to be known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations.operations import AlterField
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import BackfillDefault
from django_safemigrate.values.column_types import TypeChange
from django_safemigrate.values.fields import AnyField, column_of
from django_safemigrate.values.relations import Key

from .between import Uniqueness, between
from .parts import Level, Part


@dataclass(frozen=True)
class Alteration:
    """``new`` is without a one-off default, which is not one of the model's. ``before`` is the state before it."""

    operation: AlterField
    app_label: str
    before: ProjectState
    old: Any
    new: Any
    change: TypeChange
    same_target: bool

    @property
    def key(self) -> Key:
        return self.app_label, self.operation.model_name_lower

    @property
    def where(self) -> str:
        return f"{self.app_label}.{self.operation.model_name}.{self.operation.name}"

    @property
    def columns(self) -> tuple[str, str]:
        """The name of the column before and after."""
        name = self.operation.name
        return str(column_of(self.old, name)), str(column_of(self.new, name))

    @property
    def moves(self) -> bool:
        """Whether the column gets another name."""
        before, after = self.columns
        return before != after

    @property
    def tightens_null(self) -> bool:
        return bool(self.old.null and not self.new.null)

    def between(self, source: AnyField, uniqueness: Uniqueness) -> AnyField | None:
        """The field in between, in the type and the column of ``source``; None where there is none."""
        return between(source, self.old, self.new, uniqueness, same_target=self.same_target)

    def calls(self, until_then: AnyField) -> list[Part]:
        """Trap 32: rows without a value get one each where the default is a callable; one that the field has not until then
        is named."""
        operation, field = self.operation, self.operation.field
        if not self.tightens_null or field.has_db_default() or not field.has_default() or not callable(field.default):
            return []
        named = None if until_then.default == field.default else field.default
        return [Part(Level.CONTRACT, BackfillDefault(operation.model_name, operation.name, named))]

    @property
    def meanwhile(self) -> str:
        """What people should know of the time until the phase after deploy."""
        said = []
        if self.tightens_null:
            said.append(f"until then, new code may read NULL in {self.where}")
        if self.old.is_relation and self.new.is_relation and not self.same_target:
            said.append(
                f"until then, {self.where} may refer to rows that are not there: old code writes keys of another table"
            )
        return "; ".join(said)
