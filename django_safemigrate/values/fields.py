"""What two versions of a model field have in common, as far as the database is concerned."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.db.models import Field
from django.db.models.expressions import Value
from django.db.models.functions import Now

AnyField: TypeAlias = "Field[Any, Any]"

# The value of an attribute that a field does not set.
_ABSENT = object()


def rebuilt(field: AnyField, **changes: Any) -> AnyField | None:
    """A new field like ``field``, except for the given constructor arguments.

    None where the field's own constructor does not take them (other people's fields).
    """
    _, _, args, kwargs = field.deconstruct()
    try:
        return type(field)(*args, **{**kwargs, **changes})
    except TypeError:
        return None


def without(field: AnyField, *names: str) -> AnyField:
    """A new field like ``field``, without the named constructor arguments."""
    _, _, args, kwargs = field.deconstruct()
    return type(field)(*args, **{name: value for name, value in kwargs.items() if name not in names})


def database_changes(old: AnyField, new: AnyField) -> set[str] | None:
    """The constructor arguments in which two fields differ and that reach the database.

    Returns None where the class or a positional argument differs, so that no list of names says it all. An empty set
    means that the change is one of Python only (``Field.non_db_attrs``, see Django's ``_field_should_be_altered``).
    """
    _, old_path, old_args, _ = old.deconstruct()
    _, new_path, new_args, _ = new.deconstruct()
    if old_path != new_path or _comparable(old_args) != _comparable(new_args):
        return None
    before, after = _database_arguments(old), _database_arguments(new)
    return {name for name in before.keys() | after.keys() if before.get(name, _ABSENT) != after.get(name, _ABSENT)}


def same_field(one: AnyField, other: AnyField) -> bool:
    """Whether two fields are made of the same class and arguments. Fields themselves are equal to nothing but themselves."""
    return bool(_comparable(one) == _comparable(other))


def _comparable(value: Any) -> Any:
    """A value in which the fields, as in an array's ``base_field``, are what they are made of."""
    if isinstance(value, Field):
        return tuple(_comparable(item) for item in value.deconstruct()[1:])
    if isinstance(value, dict):
        return {name: _comparable(item) for name, item in value.items()}
    return [_comparable(item) for item in value] if isinstance(value, list | tuple) else value


def column_of(field: AnyField, name: str) -> str | None:
    """The column of a field of a state, which does not know its name; None where it has none."""
    own = field.clone()
    own.set_attributes_from_name(name)
    return own.column


def _database_arguments(field: AnyField) -> dict[str, Any]:
    """The constructor arguments that reach the database.

    Asked of the field, not of its class: since Django 6.1 ``on_delete`` reaches the database for some of its values.
    """
    _, _, _, kwargs = field.deconstruct()
    python_only = _PYTHON_ONLY | (set(field.non_db_attrs) - {"db_column"})
    if type(field).__module__.startswith("django."):
        python_only |= _PYTHON_ONLY_OF_DJANGO
    return {name: _comparable(value) for name, value in kwargs.items() if name not in python_only}


# Beside Field.non_db_attrs. Django counts db_column among those, because it compares the column itself.
_PYTHON_ONLY = {
    "auto_created",
    "auto_now",
    "auto_now_add",
    "default",
    "serialize",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
}

# Of Django's own fields; the same name may mean something else in a field of another package. Django itself does not list
# them, and finds out that there is nothing to alter when it compares the columns.
_PYTHON_ONLY_OF_DJANGO = {
    *("height_field", "storage", "upload_to", "width_field"),
    *("allow_files", "allow_folders", "match", "path", "recursive"),
    *("decoder", "encoder"),
    *("allow_unicode", "protocol", "unpack_ipv4"),
}


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


def same_in_all_rows(field: AnyField) -> bool:
    """Whether the database's own default would give the rows that are there one value."""
    default: Any = field.db_default if field.has_db_default() else None
    return isinstance(default, Now) or (default is not None and has_constant_db_default(field))


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


def in_database(on_delete: Any) -> bool:
    """Whether the database does it: ``DB_CASCADE`` and its kin (Django 6.1) have SQL of their own."""
    return hasattr(on_delete, "on_delete_sql")


def has_inline_check(field: AnyField) -> bool:
    """Whether the column comes with a CHECK (``data_type_check_constraints`` of PostgreSQL, or the field's own)."""
    if field.is_relation:
        return False  # a key overrides db_check, to say that it has none
    return type(field).db_check is not Field.db_check or field.get_internal_type() in {
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
    }
