"""AlterField: what loosens a column goes before deploy, what tightens it after (rows C1 to C19).

One AlterField may do both. So there is a field in between, which takes whatever the old or the new one takes: expand leads to
it, contract leads from it to the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations.operations import AlterField
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import BackfillDefault
from django_safemigrate.values.column_types import TypeChange, collation_of
from django_safemigrate.values.fields import AnyField, column_of, database_changes, same_field, without
from django_safemigrate.values.relations import target_of, type_change_of
from django_safemigrate.values.tables import table_between

from . import Answer, Level, Option, Part, Question, rule
from .between import Uniqueness, between
from .not_shared import (
    another_column,
    another_generated,
    another_key,
    another_many_to_many,
    another_type,
    unprepared,
)


@dataclass(frozen=True)
class _Alteration:
    """An AlterField with what is to be known of it."""

    operation: AlterField
    app_label: str
    old: Any
    new: Any  # without a one-off default, which is not one of the model's
    change: TypeChange
    same_target: bool

    @property
    def where(self) -> str:
        return f"{self.app_label}.{self.operation.model_name}.{self.operation.name}"

    @property
    def tightens_null(self) -> bool:
        return bool(self.old.null and not self.new.null)


@rule(AlterField)
def alter_field(operation: AlterField, app_label: str, before: ProjectState) -> Answer:
    """Split at the field in between; refused where no field can serve both versions."""
    old, new = before.models[app_label, operation.model_name_lower].fields[operation.name], operation.field
    where = f"{app_label}.{operation.model_name}.{operation.name}"
    if _python_only(old, new, operation.name):
        return [Part(Level.EXPAND, operation, demotable=True)]
    if old.many_to_many or new.many_to_many:
        table = table_between(before.models[app_label, operation.model_name_lower], operation.name)
        return _many_to_many(operation, old, new, where, table)
    if old.generated or new.generated:
        return another_generated(operation, where)
    if old.primary_key != new.primary_key or None in {column_of(old, operation.name), column_of(new, operation.name)}:
        return another_key(operation, where)
    if column_of(old, operation.name) != column_of(new, operation.name):
        return another_column(operation, old, new, where)
    key = (app_label, operation.model_name_lower)
    change = type_change_of(old, new, key, before)
    if change is TypeChange.OTHER:
        return another_type(operation, old, new, where)
    same_target = target_of(old, key, before) == target_of(new, key, before)
    own = new if operation.preserve_default else without(new, "default")
    return _phased(_Alteration(operation, app_label, old, own, change, same_target))


def _python_only(old: AnyField, new: AnyField, name: str) -> bool:
    changes = database_changes(old, new)
    same_column = changes == {"db_column"} and column_of(old, name) == column_of(new, name)
    return changes == set() or same_column


def _phased(alteration: _Alteration) -> Answer:
    """The parts; a question where uniqueness comes or goes, since code that upserts needs it, and nobody can see that."""
    old, new = alteration.old, alteration.new
    if old.unique == new.unique or old.primary_key:
        return _parts(alteration, Uniqueness.AS_SAFE)
    safe, other = _parts(alteration, Uniqueness.AS_SAFE), _parts(alteration, Uniqueness.AS_ASKED)
    if not isinstance(safe, list) or not isinstance(other, list):
        return safe
    name = alteration.where
    if new.unique:
        text = f"{name} becomes unique. When?"
        options = (
            Option(
                "after deploy",
                f"{name} becomes unique after deploy: until then new code that upserts on it (update_conflicts) fails",
                tuple(safe),
            ),
            Option(
                "before deploy",
                f"{name} becomes unique before deploy: from then on old code that writes a duplicate fails",
                tuple(other),
            ),
        )
    else:
        text = f"{name} is no longer unique. From when on?"
        options = (
            Option(
                "before deploy",
                f"{name} is no longer unique from the phase before deploy on: old code that upserts on it "
                "(update_conflicts) fails",
                tuple(safe),
            ),
            Option(
                "after deploy",
                f"{name} stays unique until the phase after deploy: new code that writes a duplicate fails until then",
                tuple(other),
            ),
        )
    return Question(f"{name}.unique".lower(), text, options)


def _parts(alteration: _Alteration, uniqueness: Uniqueness) -> Answer:
    operation, old, new = alteration.operation, alteration.old, alteration.new
    middle = between(old, new, alteration.change, uniqueness, same_target=alteration.same_target)
    if middle is None:
        return unprepared(
            operation, alteration.where, "the arguments that a field between the old and the new one would need"
        )
    before, after = _remarks(alteration)
    if same_field(middle, new):
        return [Part(Level.EXPAND, operation, before or after)]
    last = Part(Level.CONTRACT, operation, after)
    if database_changes(old, middle) == set():
        return [*(Part(Level.CONTRACT, one) for one in _calls(alteration, old)), last]
    fill = [Part(Level.CONTRACT, one) for one in _calls(alteration, middle)]
    return [Part(Level.EXPAND, AlterField(operation.model_name, operation.name, middle), before), *fill, last]


def _calls(alteration: _Alteration, until_then: AnyField) -> list[BackfillDefault]:
    """Trap 32: rows without a value get one each where the default is a callable; one that the field has not until then is
    named."""
    operation, field = alteration.operation, alteration.operation.field
    if not alteration.tightens_null or field.has_db_default() or not field.has_default() or not callable(field.default):
        return []
    named = None if until_then.default == field.default else field.default
    return [BackfillDefault(operation.model_name, operation.name, named)]


def _remarks(alteration: _Alteration) -> tuple[str, str]:
    """What people should know of the part before deploy, and of the one after."""
    where, old, new = alteration.where, alteration.old, alteration.new
    before, after = [], []
    if alteration.change is TypeChange.REWRITTEN:
        what = "its collation changes" if collation_of(old) != collation_of(new) else "its type changes"
        before.append(
            f"{where}: {what}, which rewrites table or indexes: refused by safemigrate unless the table is small"
        )
    if alteration.change is TypeChange.NARROWER:
        after.append(
            f"{where}: its type takes less, which rewrites the table: refused by safemigrate where a row does not fit, or "
            "unless the table is small"
        )
    if alteration.tightens_null:
        after.append(f"until then, new code may read NULL in {where}")
    if old.is_relation and new.is_relation and not alteration.same_target:
        after.append(f"until then, {where} may refer to rows that are not there: old code writes keys of another table")
    return "; ".join(before), "; ".join(after)


def _many_to_many(operation: AlterField, old: Any, new: Any, where: str, table: str) -> Answer:
    """C19: the table in between stays as it is; its keys may come and go. ``table`` is its name where none is given."""
    reasons = (
        old.many_to_many != new.many_to_many,
        _model(old) != _model(new),
        _model(old, "through") != _model(new, "through"),
        (getattr(old, "db_table", None) or table) != (getattr(new, "db_table", None) or table),
    )
    if any(reasons):
        return another_many_to_many(operation, where)
    before, after = old.remote_field.db_constraint, new.remote_field.db_constraint
    if before == after:
        return [Part(Level.EXPAND, operation, demotable=True)]
    return [Part(Level.CONTRACT if after else Level.EXPAND, operation)]


def _model(field: Any, which: str = "model") -> str:
    return str(getattr(field.remote_field, which, None) or "").lower()
