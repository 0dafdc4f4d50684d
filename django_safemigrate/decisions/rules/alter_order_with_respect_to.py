"""AlterOrderWithRespectTo: a column ``_order`` without a default, of which one of the versions knows nothing (row M7)."""

from __future__ import annotations

from django.db.migrations.operations import AlterOrderWithRespectTo
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import AlterOrder, DropOrderDefault, KeepOrderDefault
from django_safemigrate.values.tables import has_table

from . import Level, Part, rule


@rule(AlterOrderWithRespectTo)
def alter_order_with_respect_to(operation: AlterOrderWithRespectTo, app_label: str, before: ProjectState) -> list[Part]:
    """``_order`` is NOT NULL, and Django leaves it without a default in the database.

    It has one for as long as a version that does not know of the column inserts rows. Ordered with respect to another
    field, a model keeps its column, with the numbers that are in it: so does Django.
    """
    name = operation.name
    model = before.models[app_label, operation.name_lower]
    had, has = bool(model.options.get("order_with_respect_to")), bool(operation.order_with_respect_to)
    if had == has or not has_table(model):
        return [Part(Level.EXPAND, operation, demotable=True)]
    if has:
        return [
            Part(Level.EXPAND, AlterOrder(name, operation.order_with_respect_to)),
            Part(Level.CONTRACT, DropOrderDefault(name)),
        ]
    return [Part(Level.EXPAND, KeepOrderDefault(name)), Part(Level.CONTRACT, AlterOrder(name, None))]


@rule(AlterOrder)
def order_with_default(operation: AlterOrder, app_label: str, before: ProjectState) -> list[Part]:
    """The column comes before deploy and goes after it."""
    return [Part(Level.EXPAND if operation.order_with_respect_to else Level.CONTRACT, operation)]


@rule(KeepOrderDefault)
def order_default_comes(operation: KeepOrderDefault, app_label: str, before: ProjectState) -> list[Part]:
    """With it, code that does not know of the column may insert rows."""
    return [Part(Level.EXPAND, operation)]


@rule(DropOrderDefault)
def order_default_goes(operation: DropOrderDefault, app_label: str, before: ProjectState) -> list[Part]:
    """Without it, code that does not know of the column may not."""
    return [Part(Level.CONTRACT, operation)]
