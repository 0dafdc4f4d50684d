"""Rows that other rows refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import NOT_PROVIDED, Value

from .failures import CannotRehearse
from .lineage import Attribute, Entity
from .uniqueness import unique_names

if TYPE_CHECKING:
    from .version import Version

# How many rows in a row may need each other before somebody has to say what they look like.
DEEPEST = 5


def refers(version: Version, field: Any) -> bool:
    """Whether a field has to hold the key of a row, in this version or in the other one."""
    twin: Any = version.twin(field)
    return bool(field.is_relation or (twin is not None and twin.is_relation and _target(version, twin) is not None))


def key_for(version: Version, field: Any, depth: int) -> Any:
    """A value for such a field: of a row that stays, or of a new one where no other row may refer to the same.

    Raises ``CannotRehearse`` where rows need each other in a circle.
    """
    twin: Any = version.twin(field)
    target = field.remote_field.model if field.is_relation else _target(version, twin)
    target = target._meta.concrete_model
    name = field.target_field.attname if field.is_relation else _name(version, twin, target)
    keys = [] if _alone(field) or (twin is not None and _alone(twin)) else _keys(version, target, twin)
    if field.null and not keys and (depth or target is field.model):
        return None
    if depth > DEEPEST:
        raise CannotRehearse(
            f"No row for {field.model._meta.label} can be made: {field.name} needs a row of {target._meta.label}, which "
            "needs one in its turn. Give a factory for it."
        )
    if keys and name == target._meta.pk.attname:
        return keys[0]
    if keys:
        return version.objects(target).filter(pk=keys[0]).values_list(name, flat=True).first()
    parent = version.unsaved(target, depth=depth + 1)
    parent.save(using=version.alias, force_insert=True)
    version.note(parent)
    return getattr(parent, name)


def permanent_keys(version: Version, constants: Mapping[tuple[Entity, Attribute], Any]) -> Iterator[tuple[Entity, Any]]:
    """Keys on which rows depend although no code has made them do so: defaults of keys, and what a migration has put into all
    rows. Each is an entity and a primary key."""
    for model in version.models:
        fields: list[Any] = [its for its in model._meta.local_concrete_fields if its.is_relation]
        for field in fields:
            values = [constants.get((version.entity(model), version.attribute(field)))]
            values += [field.default] if field.default is not NOT_PROVIDED and not callable(field.default) else []
            values += [field.db_default.value] if isinstance(field.db_default, Value) else []
            values += [] if field.db_default is NOT_PROVIDED else [field.db_default]
            yield from ((version.entity(field.remote_field.model), value) for value in values if _is_key(value))


def _is_key(value: Any) -> bool:
    return value is not None and not hasattr(value, "resolve_expression")


def _alone(field: Any) -> bool:
    return bool(field.unique or field.name in unique_names(field.model))


def _keys(version: Version, target: Any, twin: Any) -> list[Any]:
    """Rows of the target; where the other version refers to another model, those whose keys are there as well."""
    keys = list(version.ledger.snapshot(version.entity(target)))
    other = _target(version, twin) if twin is not None and twin.is_relation else None
    if other is None or other is target:
        return keys
    there = version.ledger.snapshot(version.entity(other))
    return [key for key in keys if key in there] or keys


def _target(version: Version, twin: Any) -> Any:
    """The model of this version that a relation of the other one points at."""
    assert version.other is not None
    return version.by_entity.get(version.other.entity(twin.remote_field.model))


def _name(version: Version, twin: Any, target: Any) -> str:
    """The attribute of ``target`` that a relation of the other version points at."""
    assert version.other is not None
    wanted = version.other.attribute(twin.target_field)
    return next((its.attname for its in target._meta.concrete_fields if version.attribute(its) == wanted), "pk")
