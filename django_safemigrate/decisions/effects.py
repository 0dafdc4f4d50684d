"""What an operation does to tables and columns, in a few words for the people whose models these are."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED
from django.db.models.expressions import Value

from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline
from django_safemigrate.values.fields import AnyField, column_of, database_changes

from .triggers import added, removed, replaced

PYTHON_ONLY = "Python only"


def effect_of(operation: Operation, app_label: str, before: ProjectState) -> str:
    """``before``: the state before the operation. What has no words of ours gets Django's (``describe``)."""
    if isinstance(operation, AddField | RemoveField | AlterField):
        return f"{operation.model_name}.{operation.name}: {_of_field(operation, app_label, before)}"
    if isinstance(operation, FinishAlterField):
        return f"{operation.model_name}.{operation.name}: {_of_finish(operation.column)}"
    if isinstance(operation, FinishRenameField):
        return f"{operation.model_name}.{operation.new_name}: {_of_finish(_old_column(operation, app_label, before))}"
    if isinstance(operation, SeparateDatabaseAndState) and not operation.database_operations:
        return f"{PYTHON_ONLY}: {'; '.join(one.describe() for one in operation.state_operations)}"
    if isinstance(operation, RenameField):
        return f"{operation.model_name}.{operation.new_name}: {_of_rename(operation, app_label, before)}"
    if isinstance(operation, RenameModel) and _table(operation.old_name, app_label, before, named=True):
        return f"{operation.new_name}: another name for {operation.old_name}, {PYTHON_ONLY}"
    words = _of_model(operation, app_label, before)
    if words:
        name = getattr(operation, "model_name", None) or getattr(operation, "name", "")
        return f"{name}: {words}"
    return operation.describe()


def _of_model(operation: Operation, app_label: str, before: ProjectState) -> str:
    """Empty where there are no words for it."""
    if isinstance(operation, CreateModel):
        return "new table" if _has_table(operation.options) else PYTHON_ONLY
    if isinstance(operation, DeleteModel):
        model = before.models.get((app_label, operation.name_lower))
        return "table dropped" if model is None or _has_table(model.options) else PYTHON_ONLY
    if isinstance(operation, AddIndex):
        return f"new index {operation.index.name}"
    if isinstance(operation, RemoveIndex):
        return f"index {operation.name} dropped"
    if isinstance(operation, AddConstraint):
        return f"new constraint {operation.constraint.name}"
    if isinstance(operation, RemoveConstraint):
        return f"constraint {operation.name} dropped"
    if isinstance(operation, AlterUniqueTogether):
        return _together(operation, app_label, before)
    if trigger := added(operation):
        return f"new trigger {trigger[1]}"
    if trigger := removed(operation):
        return f"trigger {trigger[1]} dropped"
    if trigger := replaced(operation):
        return f"trigger {trigger[1]} replaced"
    if isinstance(operation, AlterModelTable) and operation.table == _table(operation.name, app_label, before):
        return PYTHON_ONLY
    return PYTHON_ONLY if isinstance(operation, AlterModelManagers | AlterModelOptions) else ""


def _table(model_name: str, app_label: str, before: ProjectState, *, named: bool = False) -> str:
    """The table of a model; with ``named`` empty where it follows from the model's name."""
    model = before.models.get((app_label, model_name.lower()))
    own = str(model.options.get("db_table") or "") if model else ""
    return own or ("" if named else f"{app_label}_{model_name.lower()}")


def _together(operation: AlterUniqueTogether, app_label: str, before: ProjectState) -> str:
    model = before.models.get((app_label, operation.name_lower))
    old = {tuple(names) for names in (model.options.get("unique_together") if model else None) or ()}
    new = set(operation.option_value or ())
    gone = [f"no longer unique together: {', '.join(names)}" for names in sorted(old - new)]
    come = [f"unique together: {', '.join(names)}" for names in sorted(new - old)]
    return "; ".join([*gone, *come])


def _has_table(options: dict[str, Any]) -> bool:
    return bool(options.get("managed", True)) and not options.get("proxy", False)


def _of_field(operation: AddField | RemoveField | AlterField, app_label: str, before: ProjectState) -> str:
    if isinstance(operation, AddField):
        if operation.field.many_to_many:
            return "new table"
        return ", ".join(["new column", *_filled_in(operation.field)])
    old = _field(operation.model_name, operation.name, app_label, before)
    if isinstance(operation, RemoveField):
        return "table dropped" if old is not None and old.many_to_many else "column dropped"
    return "altered" if old is None else ", ".join(_alterations(operation, old)) or PYTHON_ONLY


def _field(model_name: str, name: str, app_label: str, before: ProjectState) -> AnyField | None:
    model = before.models.get((app_label, model_name.lower()))
    return None if model is None else model.fields.get(name)


def _alterations(operation: AlterField, old: AnyField) -> list[str]:
    new = operation.field
    changes = database_changes(old, new)
    words = []
    if changes is None:
        words = [f"{type(old).__name__} becomes {type(new).__name__}"] if type(old) is not type(new) else ["altered"]
        changes = {name for name in ("null", "db_default", "unique") if getattr(old, name) != getattr(new, name)}
    words += [_WORDS[name](old, new) for name in _WORDS if name in changes]
    renamed = "db_column" in changes and column_of(old, operation.name) != column_of(new, operation.name)
    others = sorted(changes - _WORDS.keys() - {"db_column"})
    if renamed and isinstance(operation, AlterFieldOnline):
        words.append(_beside(column_of(old, operation.name), column_of(new, operation.name)))
    elif renamed:
        words.append("another column name")
    words += [f"another {name}" for name in others]
    if old.null and not new.null and new.default is not NOT_PROVIDED:
        words.append(f"rows with NULL get {_shown(new.default)}")
    return words


def _filled_in(field: AnyField) -> list[str]:
    return [f"the database fills in {_shown(field.db_default)}"] if field.has_db_default() else []


def _shown(value: object) -> str:
    """A default, as a person would write it."""
    if isinstance(value, Value):
        value = value.value
    if callable(value):
        return f"{getattr(value, '__name__', type(value).__name__)}()"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _number(name: str) -> Any:
    return lambda old, new: f"{name} {getattr(old, name)} -> {getattr(new, name)}"


def _is_held(field: Any) -> bool:
    return bool(getattr(field.remote_field if field.many_to_many else field, "db_constraint", False))


_WORDS: dict[str, Any] = {
    "null": lambda old, new: "accepts NULL" if new.null else "no longer accepts NULL",
    "db_default": lambda old, new: ", ".join(_filled_in(new)) or "the database no longer fills it in",
    "unique": lambda old, new: "unique" if new.unique else "no longer unique",
    "db_index": lambda old, new: "new index" if new.db_index else "index dropped",
    "db_constraint": lambda old, new: (
        "the database holds it to its key" if _is_held(new) else "no key holds it any more"
    ),
    "max_length": _number("max_length"),
    "max_digits": _number("max_digits"),
    "decimal_places": _number("decimal_places"),
}


def _of_rename(operation: RenameField, app_label: str, before: ProjectState) -> str:
    field = _field(operation.model_name, operation.old_name, app_label, before)
    old, new = (column_of(field, name) if field else None for name in (operation.old_name, operation.new_name))
    if field is not None and old == new:
        return f"another name for {operation.old_name}, {PYTHON_ONLY}"
    renamed = f"renamed from {operation.old_name}"
    return f"{renamed}, {_beside(old, new)}" if isinstance(operation, RenameFieldOnline) else renamed


def _beside(old: str | None, new: str | None) -> str:
    return f"a second column {new} beside {old}"


def _of_finish(column: str | None) -> str:
    return f"column {column} dropped" if column is not None else "the column of the old type dropped"


def _old_column(operation: FinishRenameField, app_label: str, before: ProjectState) -> str:
    field = _field(operation.model_name, operation.new_name, app_label, before)
    return str(column_of(field, operation.old_name)) if field is not None else operation.old_name
