"""Whether a column can have two names for the time of a deploy."""

from __future__ import annotations

from django.db.migrations.state import ProjectState
from django.db.models import CompositePrimaryKey

from django_safemigrate.decisions.resources import sources
from django_safemigrate.values.relations import Key


def why_not_twice(key: Key, name: str, before: ProjectState) -> str:
    """What speaks against a second column beside that of a field; empty where nothing does."""
    model = before.models[key]
    composite = any(isinstance(one, CompositePrimaryKey) and name in one.field_names for one in model.fields.values())
    if model.fields[name].primary_key or composite:
        return (
            "It is the primary key. A table has one, and only by that one does PostgreSQL group its rows whole (annotate() "
            "with Count, say): the queries of one of the releases would fail."
        )
    generated = generated_from(key, name, before)
    if generated:
        return f"PostgreSQL computes {', '.join(generated)} from it, and cannot go over to another column without a rewrite."
    return ""


def generated_from(key: Key, name: str, before: ProjectState) -> list[str]:
    """The generated fields of the model that are computed from a field."""
    return [its for its, field in before.models[key].fields.items() if name in sources(field, before, key)]
