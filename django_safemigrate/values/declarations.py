"""A field as it would be declared in ``models.py``."""

from __future__ import annotations

from typing import Any

from django.db.migrations.writer import MigrationWriter

from .fields import AnyField, rebuilt

# As people import them.
_SHORTER = {
    "django.db.models.functions.datetime.Now": "Now",
    "django.db.models.deletion.": "models.",
    "django.utils.timezone.now": "timezone.now",
}


def declared_as(name: str, field: AnyField, **more: Any) -> str:
    """``number = models.CharField(max_length=20, null=True)``; empty where the field does not take these arguments."""
    own = rebuilt(field, **more)
    if own is None:
        return ""
    text = str(MigrationWriter.serialize(own)[0])
    for long, short in _SHORTER.items():
        text = text.replace(long, short)
    return f"{name} = {text}"
