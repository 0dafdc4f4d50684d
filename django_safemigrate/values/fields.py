"""What two versions of a model field have in common, as far as the database is concerned."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.db.models import Field
from django.db.models.expressions import Value

AnyField: TypeAlias = "Field[Any, Any]"

# The value of an attribute that a field does not set.
_ABSENT = object()


def rebuilt(field: AnyField, **changes: Any) -> AnyField:
    """A new field like ``field``, except for the given constructor arguments."""
    _, _, args, kwargs = field.deconstruct()
    return type(field)(*args, **{**kwargs, **changes})


def without(field: AnyField, *names: str) -> AnyField:
    """A new field like ``field``, without the named constructor arguments."""
    _, _, args, kwargs = field.deconstruct()
    return type(field)(*args, **{name: value for name, value in kwargs.items() if name not in names})


def database_changes(old: AnyField, new: AnyField) -> set[str] | None:
    """The constructor arguments in which two fields differ and that reach the database.

    Returns None where the class or a positional argument differs, so that no list of names says it all. An empty set
    means that the change is one of Python only (``Field.non_db_attrs``, see Django's ``_field_should_be_altered``).
    """
    _, old_path, old_args, old_kwargs = old.deconstruct()
    _, new_path, new_args, new_kwargs = new.deconstruct()
    if old_path != new_path or old_args != new_args:
        return None
    names = old_kwargs.keys() | new_kwargs.keys()
    changed = {name for name in names if old_kwargs.get(name, _ABSENT) != new_kwargs.get(name, _ABSENT)}
    return changed - _PYTHON_ONLY


# Django counts db_column among the attributes without effect, because it compares the column itself.
_PYTHON_ONLY = {
    *Field.non_db_attrs,
    "auto_created",
    "auto_now",
    "auto_now_add",
    "default",
    "serialize",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
} - {"db_column"}


def constant_default(field: AnyField) -> tuple[bool, Any]:
    """``(True, value)`` where Django fills existing rows with one value known beforehand, else ``(False, None)``.

    That is a ``default`` that is not a callable, or the empty string that Django assumes for ``blank=True`` text
    without a default (``BaseDatabaseSchemaEditor._effective_default``).
    """
    if field.has_default():
        if callable(field.default) or field.default is None:
            return False, None
        return True, field.default
    if not field.null and field.blank and field.empty_strings_allowed:
        return True, b"" if field.get_internal_type() == "BinaryField" else ""
    return False, None


def has_constant_db_default(field: AnyField) -> bool:
    """Whether ``db_default`` is a literal, so that ADD COLUMN does not rewrite the table."""
    if not field.has_db_default():
        return False
    default: Any = field.db_default
    return not hasattr(default, "resolve_expression") or isinstance(default, Value)


def is_plain_column(field: AnyField) -> bool:
    """A column without relation, uniqueness, key, generation, or check of its own: what ADD COLUMN does for free."""
    return not (
        field.is_relation
        or field.many_to_many
        or field.unique
        or field.primary_key
        or field.generated
        or has_inline_check(field)
    )


def has_inline_check(field: AnyField) -> bool:
    """Whether the column comes with a CHECK (``data_type_check_constraints`` of PostgreSQL, or the field's own)."""
    return type(field).db_check is not Field.db_check or field.get_internal_type() in {
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
    }
