"""Valid values for fields: another one for each number, as far as the type has as many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import NOT_PROVIDED

from django_safemigrate.values.fields import AnyField

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

# The largest number that an integer field of the name holds; those of other names hold a bigint's.
LARGEST = {
    "SmallIntegerField": 32767,
    "PositiveSmallIntegerField": 32767,
    "SmallAutoField": 32767,
    "IntegerField": 2147483647,
    "PositiveIntegerField": 2147483647,
    "AutoField": 2147483647,
}


def base36(number: int) -> str:
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def value_for(field: AnyField, number: int, other: AnyField | None = None) -> Any:
    """A value that ``field`` accepts, and ``other``, the same field in the other version, too, where that can be had."""
    if field.flatchoices:
        values = [value for value, _ in field.flatchoices if value not in ("", None)]
        allowed = [value for value in values if other is None or _accepts(other, value)]
        if allowed or values:
            return (allowed or values)[number % len(allowed or values)]
    first = None
    for candidate in candidates(field, number):
        if _accepts(field, candidate):
            if other is None or _accepts(other, candidate):
                return candidate
            first = candidate if first is None else first
    if first is not None:
        return first
    if field.has_default():
        return field.get_default()
    return next(candidates(field, number))


def candidates(field: AnyField, number: int) -> Iterator[Any]:
    """Values that the field may accept, likely ones first."""
    largest = LARGEST.get(field.get_internal_type(), 2**62)
    if isinstance(field, models.BooleanField):
        yield bool(number % 2)
    elif isinstance(field, models.DecimalField):
        yield _decimal(field, number)
    elif isinstance(field, models.IntegerField):
        yield 1 + (number - 1) % largest
    elif isinstance(field, models.FloatField):
        yield number + 0.5
        yield float(number)
    elif isinstance(field, models.DateTimeField):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        yield moment if settings.USE_TZ else moment.replace(tzinfo=None)
    elif isinstance(field, models.DateField):
        yield date(2000, 1, 1) + timedelta(days=number)
    elif isinstance(field, models.TimeField):
        yield time(number // 3600 % 24, number // 60 % 60, number % 60)
    elif isinstance(field, models.DurationField):
        yield timedelta(seconds=number)
    elif isinstance(field, models.UUIDField):
        yield uuid.UUID(int=number)
    elif isinstance(field, models.BinaryField):
        yield b"v%d" % number
    elif isinstance(field, models.GenericIPAddressField):
        yield str(IPv4Address(0x0A000000 + number % 0xFFFFFF))
        yield f"fd00::{number % 0xFFFF:x}"
    elif isinstance(field, models.JSONField):
        yield {"v": number}
    elif isinstance(field, models.EmailField):
        yield f"{base36(number)}@example.com"
        yield f"{base36(number)}@b.de"
    elif isinstance(field, models.URLField):
        yield f"https://example.com/{number}"
        yield f"http://a.de/{base36(number)}"
    elif isinstance(field, models.CharField | models.TextField | models.FileField):
        yield from _texts(field, number)
    else:
        yield from _special(field, number)


def _texts(field: AnyField, number: int) -> Iterator[str]:
    length = field.max_length or 100
    for text in (
        f"v{number}",
        base36(number),
        str(number),
        f"2026-01-{1 + number % 28:02}",
        str(uuid.UUID(int=number)),
    ):
        if len(text) <= length:
            yield text
    yield base36(number)[-length:]


def _special(field: Any, number: int) -> Iterator[Any]:
    """``django.contrib.postgres`` without importing it where nobody uses it, and other people's fields."""
    base = getattr(field, "base_field", None)
    kind = field.get_internal_type()
    if kind == "ArrayField" and base is not None:
        inner = value_for(base, number)
        yield [inner] * (field.size or 1)
    elif kind == "HStoreField":
        yield {"k": f"v{number}"}
    elif hasattr(field, "range_type"):
        ends = [value_for(base, end) for end in (10 * number, 10 * number + 5)] if base is not None else []
        if len(ends) == 2:
            yield field.range_type(*ends)
    else:
        yield from (f"v{number}", base36(number))
        yield number


def _decimal(field: Any, number: int) -> Decimal:
    places = field.decimal_places or 0
    digits = field.max_digits or 15
    whole = 10 ** (digits - places)
    if number < whole:
        return Decimal(number)
    return Decimal(number % 10**digits).scaleb(-places)


def _accepts(field: AnyField, value: Any) -> bool:
    """Whether the field takes it, as a form would ask; validators that need more than the value count as content."""
    if field.is_relation:
        return True
    try:
        python = field.to_python(value)
        for validator in field.validators:
            validator(python)
    except (ValidationError, ValueError, TypeError, OverflowError, ArithmeticError):
        return False
    except Exception:
        return True
    return bool(python is not None)


def loosest(field: AnyField, number: int, other: AnyField | None, *, null: bool) -> Any:
    """A value that only this very version is sure to accept: NULL (if ``null``), the longest text, a number below zero, and
    the largest one where ``other``, the field in the other version, has another type."""
    if field.null and null:
        return None
    kind = field.get_internal_type()
    extreme = other is not None and other.get_internal_type() != kind
    if field.flatchoices or isinstance(field, models.EmailField | models.URLField | models.FileField):
        return value_for(field, number)
    if isinstance(field, models.CharField) and kind == "CharField":
        length = min(field.max_length or 300, 300)
        return f"{base36(number)}é%"[-length:].rjust(length, "x")
    if isinstance(field, models.TextField):
        return f"x{number}é%" * 9
    if isinstance(field, models.DecimalField) and field.max_digits:
        return (Decimal(10) ** field.max_digits - number).scaleb(-(field.decimal_places or 0))
    if isinstance(field, models.IntegerField) and not isinstance(field, models.AutoField):
        largest = LARGEST.get(kind, 2**62)
        size = largest if extreme else min(largest, 30_000)
        return size - number % 10_000 if kind.startswith("Positive") else number % 10_000 - size
    return value_for(field, number)


def has_value_of_its_own(field: AnyField) -> bool:
    """Whether code may leave the field out when it creates a row."""
    return (
        field.null
        or field.default is not NOT_PROVIDED
        or field.has_db_default()
        or bool(field.empty_strings_allowed and field.blank)
        or bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))
    )
