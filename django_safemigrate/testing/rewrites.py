"""What the user says that the migrations are meant to change."""

from __future__ import annotations

from collections.abc import Iterable

from django_safemigrate.values.errors import UsageError

from .lineage import Attribute, Entity
from .version import Version


def uncompared_of(versions: Iterable[Version], labels: Iterable[str]) -> set[tuple[Entity, Attribute]]:
    """What these labels of models and fields name, in any of the versions. Raises ``UsageError``."""
    found = set()
    for label in labels:
        named = [
            (version.entity(model), attribute)
            for version in versions
            for model in version.models
            for name, attribute in [("", ""), *((f".{its.name}", version.attribute(its)) for its in model._meta.fields)]
            if (model._meta.label + name).lower() == label.lower()
        ]
        if not named:
            raise UsageError(
                f"rewrites has {label!r}, which is neither a model nor a field.",
                "Nothing of that name is in the versions that are checked.",
                "Write a model as 'shop.Order' and a field as 'shop.Order.status'.",
            )
        found |= set(named)
    return found
