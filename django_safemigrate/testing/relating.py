"""What the code of a version does with relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from .version import Model, Version

if TYPE_CHECKING:
    from .exercise import Exercise


def cascade(exercise: Exercise, model: Model) -> None:
    """Delete a parent with a child for each foreign key of this version that points here."""
    version = exercise.version
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    for relation in relations:
        if relation.concrete or not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        field, child = relation.field, relation.related_model
        if child not in version.models or not field.concrete or field.remote_field.parent_link:
            continue
        if relation.on_delete in (models.PROTECT, models.RESTRICT):
            continue
        parent = version.make(model)
        if version.is_permanent(parent):
            continue
        value = getattr(parent, field.target_field.attname)
        row = version.make(child, **{field.attname: value})
        exercise.delete(parent)
        if _cascades(version, field):
            version.ledger.deleted(version.entity(child), [row.pk])
        else:
            version.ledger.forget(version.entity(child), [row.pk])
            version.objects(child).filter(pk=row.pk).delete()


def _cascades(version: Version, field: Any) -> bool:
    """Whether the row that refers is gone, too. Not known where the database itself decides, and perhaps as the other
    version wants it."""
    on_delete, twin = field.remote_field.on_delete, version.twin(field)
    theirs = getattr(twin.remote_field, "on_delete", on_delete) if twin is not None else on_delete
    if on_delete.__name__ == "DB_CASCADE":
        return theirs is on_delete
    return on_delete is models.CASCADE and not theirs.__name__.startswith("DB_")


def relate(exercise: Exercise, model: Model) -> None:
    version, key = exercise.version, exercise.own_key(model)
    for field in version.links(model) if key is not None else ():
        target = field.remote_field.model
        keys = list(version.ledger.snapshot(version.entity(target)))[:2]
        if not keys:
            continue
        row = version.objects(model).get(pk=key)
        related = getattr(row, field.name)
        related.add(*keys)
        related.remove(keys[0])
        list(related.all())
        related.clear()
        if not _is_alone(version, field):  # the other version deletes this row without knowing of links
            version.link(row, field, keys)


def _is_alone(version: Version, field: Any) -> bool:
    other = version.other
    links = {other.link_entity(its) for model in other.models for its in other.links(model)} if other else set()
    return version.link_entity(field) not in links
