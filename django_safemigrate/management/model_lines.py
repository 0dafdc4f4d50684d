"""Lines for ``models.py``: the ways to declare a field that Django would ask a default for."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from django_safemigrate.values.declarations import declared_as
from django_safemigrate.values.fields import AnyField

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("CharField", "SlugField", "TextField", "FileField"), ""),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField", "FloatField", "DecimalField"), 0),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"), 0),
    "BooleanField": False,
}
_CALLED: dict[str, Any] = {
    "DateField": datetime.date.today,
    "DateTimeField": timezone.now,
    "JSONField": dict,
    "UUIDField": uuid.uuid4,
}


def ways_without_default(name: str, field: AnyField) -> Iterator[str]:
    """How a field can be added that is NOT NULL and has no default, each with what it means for rows."""
    yield from _way(name, field, "rows that are there, and those of the old release, have NULL", null=True)
    if getattr(field, "auto_now_add", False):
        yield from _way(name, field, "they have the time at which they are written", db_default=Now())
        return
    kind = field.get_internal_type()
    if kind in _CALLED:
        yield from _way(name, field, "each of them gets a value of its own", default=_CALLED[kind])
    elif kind in _CONSTANTS and not field.unique:
        value = _CONSTANTS[kind]
        yield from _way(
            name, field, f"they have {value!r}; the database forgets it in the phase after deploy", default=value
        )
        yield from _way(name, field, f"they have {value!r}, and the database keeps it as its default", db_default=value)


def _way(name: str, field: AnyField, meaning: str, **more: Any) -> Iterator[str]:
    line = declared_as(name, field, **more)
    if line:
        yield from (f"  {line}", f"      {meaning}")
