"""Which tables the queries of a model can use."""

from __future__ import annotations

from typing import Any

from django.db import models


def tables_reached(model: type[models.Model]) -> set[str]:
    """Its own, and those of the models that it is in a relation with, links included: no change elsewhere can touch it."""
    fields: list[Any] = list(model._meta.get_fields(include_hidden=True))
    related = {field.related_model for field in fields if field.is_relation and field.related_model}
    related |= {field.remote_field.through for field in fields if field.many_to_many and field.concrete}
    return {model._meta.db_table, *(its._meta.db_table for its in related if not isinstance(its, str))}
