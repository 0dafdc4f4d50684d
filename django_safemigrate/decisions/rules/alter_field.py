"""AlterField: what loosens a column goes before deploy, what tightens it after (rows C1 to C19).

One AlterField may do both. So there is a field in between, which takes whatever the old or the new one takes: expand leads to
it, contract leads from it to the new one.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import AlterField
from django.db.migrations.state import ProjectState

from django_safemigrate.values.column_types import TypeChange
from django_safemigrate.values.fields import AnyField, column_of, database_changes, same_field, without
from django_safemigrate.values.relations import target_of, type_change_of
from django_safemigrate.values.tables import has_table, table_between

from . import Answer, Level, Option, Part, Question, rule
from .alteration import Alteration
from .between import Uniqueness
from .column_names import generated_from, why_not_twice
from .not_shared import (
    another_generated,
    another_key,
    another_many_to_many,
    another_type,
    column_and_type,
    column_in_use,
    unprepared,
    what_others_are_computed_from,
)
from .second_column import asked_about_the_column, in_two_columns, needs_second_column


@rule(AlterField)
def alter_field(operation: AlterField, app_label: str, before: ProjectState) -> Answer:
    """Split at the field in between; refused where no field can serve both versions."""
    key = (app_label, operation.model_name_lower)
    model = before.models[key]
    old, new = model.fields[operation.name], operation.field
    where = f"{app_label}.{operation.model_name}.{operation.name}"
    if _python_only(old, new, operation.name) or not has_table(model):
        return [Part(Level.EXPAND, operation, demotable=True)]
    if old.many_to_many or new.many_to_many:
        return _many_to_many(operation, old, new, where, table_between(model, operation.name))
    if old.generated or new.generated:
        return another_generated(operation, where)
    if old.primary_key != new.primary_key or None in {column_of(old, operation.name), column_of(new, operation.name)}:
        return another_key(operation, where)
    change = type_change_of(old, new, key, before)
    if change is TypeChange.OTHER:
        return another_type(operation, old, new, where)
    same_target = target_of(old, key, before) == target_of(new, key, before)
    own = new if operation.preserve_default else without(new, "default")
    return _phased(Alteration(operation, app_label, before, old, own, change, same_target))


def _python_only(old: AnyField, new: AnyField, name: str) -> bool:
    changes = database_changes(old, new)
    same_column = changes == {"db_column"} and column_of(old, name) == column_of(new, name)
    return changes == set() or same_column


def _phased(alteration: Alteration) -> Answer:
    """The parts, or a question. Of two, the one about uniqueness: a name can be kept without being asked."""
    if alteration.moves:
        operation = alteration.operation
        why = why_not_twice(alteration.key, operation.name, alteration.before)
        if why:
            return column_in_use(operation, alteration.where, alteration.columns, why, operation.name)
        if alteration.change in {TypeChange.REWRITTEN, TypeChange.NARROWER}:
            return column_and_type(operation, alteration.where, alteration.columns)
    generated = generated_from(alteration.key, alteration.operation.name, alteration.before)
    if generated and needs_second_column(alteration):
        return what_others_are_computed_from(alteration.operation, alteration.where, generated)
    if alteration.old.unique != alteration.new.unique and not alteration.old.primary_key:
        return _asked_about_uniqueness(alteration)
    found = _parts(alteration, Uniqueness.AS_SAFE)
    if alteration.moves and isinstance(found, list):
        name = alteration.operation.name
        return asked_about_the_column(alteration.where, name, alteration.columns, alteration.new, found)
    return found


def _asked_about_uniqueness(alteration: Alteration) -> Answer:
    """A question where uniqueness comes or goes, since code that upserts needs it, and nobody can see that."""
    new = alteration.new
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


def _parts(alteration: Alteration, uniqueness: Uniqueness) -> Answer:
    found = (in_two_columns if needs_second_column(alteration) else _in_place)(alteration, uniqueness)
    if found is None:
        what = "the arguments that a field between the old and the new one would need"
        return unprepared(alteration.operation, alteration.where, what)
    return found


def _in_place(alteration: Alteration, uniqueness: Uniqueness) -> list[Part] | None:
    """The parts where the column itself changes; None where the field's class does not take what it would have to."""
    operation, old, new = alteration.operation, alteration.old, alteration.new
    middle = alteration.between(new, uniqueness)
    if middle is None:
        return None
    if same_field(middle, new):
        only_an_index = database_changes(old, new) == {"db_index"}  # which no code minds, as with AddIndex
        return [Part(Level.EXPAND, operation, alteration.meanwhile, demotable=only_an_index)]
    last = Part(Level.CONTRACT, operation, alteration.meanwhile)
    if database_changes(old, middle) == set():
        return [*alteration.calls(old), last]
    loosened = AlterField(operation.model_name, operation.name, middle)
    return [Part(Level.EXPAND, loosened), *alteration.calls(middle), last]


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
