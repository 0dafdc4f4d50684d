"""What the state of a model says about its table."""

from __future__ import annotations

from django.db.migrations.state import ModelState


def table_of(model: ModelState) -> str:
    """The name of the table, as long as the server's limit of names does not cut it."""
    return str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}")


def table_between(model: ModelState, field: str) -> str:
    """The name of the table that Django makes for a many-to-many field that names none."""
    return f"{table_of(model)}_{field}"


def has_table(model: ModelState) -> bool:
    """Whether migrations make and change a table for the model: not for a proxy, nor for what is managed elsewhere."""
    return not model.options.get("proxy") and bool(model.options.get("managed", True))
