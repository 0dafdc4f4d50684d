"""Database twins: what the database can compute itself that Django computes in Python for a new row."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import DateField, DateTimeField, TimeField
from django.db.models.functions import Cast, Now
from django.utils import timezone

from django_safemigrate.functions import RandomUUID

from .fields import AnyField

# Callables that give the same empty value each time.
_EMPTY: tuple[Callable[[], Any], ...] = (list, dict, str, int, float, bool, bytes, Decimal)

_NOW = (timezone.now, datetime.datetime.now)
_TODAY = (datetime.date.today, timezone.localdate)


def twin_of(field: AnyField) -> Any:
    """A ``db_default`` that gives a new row what the field's callable default, ``auto_now`` or ``auto_now_add`` would.

    An expression, or a plain value. None where the database has nothing of the kind.
    """
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return _moment(field)
    default = field.default if field.has_default() else None
    kind = field.get_internal_type()
    if default is uuid.uuid4 and kind == "UUIDField":
        return RandomUUID()
    if (default in _NOW and kind == "DateTimeField") or (default in _TODAY and kind == "DateField"):
        return _moment(field)
    # Compared by identity: whatever is equal to ``list`` may still do something else.
    return next((empty() for empty in _EMPTY if default is empty), None)


def differs_by_row(twin: Any) -> bool:
    """Whether a twin gives each row a value of its own."""
    return isinstance(twin, RandomUUID)


def _moment(field: AnyField) -> Any:
    """The time of the statement, as Django's ``Now`` gives it, in the type of the field."""
    if isinstance(field, DateTimeField):
        return Now()
    if isinstance(field, DateField):
        return Cast(Now(), DateField())
    return Cast(Now(), TimeField()) if isinstance(field, TimeField) else None
