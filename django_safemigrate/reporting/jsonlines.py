"""A run as JSON lines: one object per event, with the event's name, the time and its values."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.events import Event
from django_safemigrate.values.steps import Step

from .throttle import Throttle, about


class JsonReport:
    """A ``Report`` that writes to a command's ``stdout``."""

    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout
        self.throttle = Throttle()

    def __call__(self, event: Event) -> None:
        what = about(event)
        if what is not None and not self.throttle.lets_through(what):
            return
        data = {field.name: plain(getattr(event, field.name)) for field in fields(event)}
        self.write({"event": _snake(type(event).__name__), **data})

    def write(self, data: dict[str, Any]) -> None:
        """One line; ``at`` is the time in UTC."""
        event = data.pop("event")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.stdout.write(json.dumps({"event": event, "at": at, **data}))


def plain(value: Any) -> Any:
    """A value of an event as JSON-able data."""
    if isinstance(value, Step):
        return {
            "description": value.description,
            "sql": value.sql,
            "locks": [{"relation": lock.relation, "mode": lock.mode.value} for lock in value.locks],
            "work": value.work.value,
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def failure_data(error: SafeMigrateError) -> dict[str, Any]:
    """What a command says as JSON when it ends with an error."""
    return {
        "event": "failed",
        "status": error.status,
        "fact": error.fact,
        "reason": error.reason,
        "next_command": error.next_command,
    }


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
