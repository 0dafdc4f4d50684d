"""What a change of a column's type means for two versions of the code that use it at once.

Whether the server rewrites the table for it is another question, and the server's to answer: the compiler asks it.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.backends.postgresql.base import DatabaseWrapper

from .fields import AnyField


class TypeChange(Enum):
    """NONE: the same type. WIDER: takes all that the old one took, and the server need not touch the rows (rows C4 of the
    catalogue of changes). REWRITTEN: the same, but the rows are written anew (C6, C16). NARROWER: takes less (C5). OTHER: the
    two versions cannot share one column (C8).
    """

    NONE = "none"
    WIDER = "wider"
    REWRITTEN = "rewritten"
    NARROWER = "narrower"
    OTHER = "other"


def type_change(old: AnyField, new: AnyField) -> TypeChange:
    """Compare two fields; of relations, the fields that they refer to."""
    if isinstance(old, ArrayField) and isinstance(new, ArrayField):
        change = type_change(old.base_field, new.base_field)
        # The server coerces arrays element by element, even where one element alone would need nothing.
        return TypeChange.REWRITTEN if change is TypeChange.WIDER else change
    for compare in (_integers, _texts, _decimals):
        change_of_kind = compare(old, new)
        if change_of_kind is not None:
            return change_of_kind
    return TypeChange.NONE if _type_of(old) == _type_of(new) else TypeChange.OTHER


def collation_of(field: AnyField) -> str | None:
    """The collation that a field names, if it does."""
    return getattr(field, "db_collation", None) or None


# Bits; of what Django calls a serial type, too.
_BITS = {
    **dict.fromkeys(("SmallIntegerField", "PositiveSmallIntegerField", "SmallAutoField"), 16),
    **dict.fromkeys(("IntegerField", "PositiveIntegerField", "AutoField"), 32),
    **dict.fromkeys(("BigIntegerField", "PositiveBigIntegerField", "BigAutoField"), 64),
}


def _integers(old: AnyField, new: AnyField) -> TypeChange | None:
    before, after = _BITS.get(old.get_internal_type()), _BITS.get(new.get_internal_type())
    if before is None or after is None:
        return None
    if before == after:
        return TypeChange.NONE
    return TypeChange.REWRITTEN if after > before else TypeChange.NARROWER


_UNLIMITED = 2**31


def _length(field: AnyField) -> int | None:
    kind = field.get_internal_type()
    if kind == "TextField":
        return _UNLIMITED
    if kind not in {"CharField", "SlugField", "FileField", "FilePathField"}:
        return None
    try:
        return int(field.max_length or _UNLIMITED)  # Django writes a text into the type as it is
    except ValueError:
        return None


def _texts(old: AnyField, new: AnyField) -> TypeChange | None:
    before, after = _length(old), _length(new)
    if before is None or after is None:
        return None
    if after < before:
        return TypeChange.NARROWER
    if collation_of(old) != collation_of(new):
        return TypeChange.REWRITTEN
    return TypeChange.NONE if _type_of(old) == _type_of(new) else TypeChange.WIDER


def _digits(field: Any) -> tuple[int, int] | None:
    """Before and after the point."""
    if field.get_internal_type() != "DecimalField":
        return None
    if field.max_digits is None:
        return _UNLIMITED, _UNLIMITED
    return field.max_digits - field.decimal_places, field.decimal_places


def _decimals(old: AnyField, new: AnyField) -> TypeChange | None:
    before, after = _digits(old), _digits(new)
    if before is None or after is None:
        return None
    if before == after:
        return TypeChange.NONE
    if after[0] < before[0] or after[1] < before[1]:
        return TypeChange.NARROWER
    # With more digits behind the point every number is written anew; a numeric without limits takes all as they are.
    return TypeChange.WIDER if after[1] in {before[1], _UNLIMITED} else TypeChange.REWRITTEN


@cache
def _server() -> DatabaseWrapper:
    """PostgreSQL as Django knows it, connected to nothing."""
    return DatabaseWrapper({"NAME": "", "OPTIONS": {}, "TIME_ZONE": None}, "types")


def _type_of(field: AnyField) -> Any:
    """The type that a field asks for; the field's class and arguments where it does not say without a server."""
    try:
        return field.db_type(_server())
    except Exception:
        _, path, args, kwargs = field.deconstruct()
        return path, args, kwargs
