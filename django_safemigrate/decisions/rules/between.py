"""The field in between two versions of one: it takes what either of them takes."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db import models
from django.db.models import NOT_PROVIDED

from django_safemigrate.values.fields import AnyField, has_inline_check, in_database


class Uniqueness(Enum):
    """AS_SAFE: unique only if both are. AS_ASKED: unique if one of them is, since somebody upserts on it."""

    AS_SAFE = "as safe"
    AS_ASKED = "as asked"


def between(source: Any, old: Any, new: Any, uniqueness: Uniqueness, *, same_target: bool) -> AnyField | None:
    """The field in between, in the type and the column of ``source``, which is one of the two.

    None where its class does not take what it would have to.
    """
    cls = type(source)
    _, _, args, kwargs = source.deconstruct()
    unique = (old.unique and new.unique) if uniqueness is Uniqueness.AS_SAFE else True
    wanted: dict[str, Any] = {
        "null": old.null or new.null,
        "unique": unique and (old.unique or new.unique),
        "db_index": old.db_index or new.db_index,
        "db_default": new.db_default if new.has_db_default() else old.db_default,
    }
    if has_inline_check(old) != has_inline_check(new):
        cls = _without_check(cls, type(old), type(new))
    if source.is_relation:
        cls = _key_class(cls, unique=wanted["unique"])
        wanted |= _of_a_relation(old, new, same_target=same_target)
    if cls is models.OneToOneField:
        del wanted["unique"]
    changes = {name: item for name, item in wanted.items() if _attribute(source, cls, name) != item}
    arguments = {name: item for name, item in {**kwargs, **changes}.items() if item is not NOT_PROVIDED}
    try:
        made: AnyField = cls(*args, **arguments)
    except TypeError:
        return None
    return made


def _attribute(source: Any, cls: type[Any], name: str) -> Any:
    """What a field of the class has, made from the source's arguments."""
    if cls is not type(source) and name in {"unique", "db_index"}:
        return NOT_PROVIDED  # say it: the class may have another opinion
    if name == "on_delete":
        return source.remote_field.on_delete
    return getattr(source, name)


_PLAIN = {
    models.PositiveSmallIntegerField: models.SmallIntegerField,
    models.PositiveIntegerField: models.IntegerField,
    models.PositiveBigIntegerField: models.BigIntegerField,
}


def _without_check(cls: type[Any], old: type[Any], new: type[Any]) -> type[Any]:
    """C17. Of other people's fields with a check of their own, the one without."""
    if cls in _PLAIN:
        return _PLAIN[cls]
    without = [one for one in (old, new) if one in _PLAIN.values() or one.db_check is models.Field.db_check]
    return cls if cls in without or not without else without[0]


def _key_class(cls: type[Any], *, unique: bool) -> type[Any]:
    """C15: what is not unique is a ForeignKey."""
    return models.ForeignKey if cls is models.OneToOneField and not unique else cls


def _of_a_relation(old: Any, new: Any, *, same_target: bool) -> dict[str, Any]:
    """C14. The constraint is there while both want the same one, or an equivalent."""
    both = old.is_relation and same_target and old.db_constraint
    return {"db_constraint": bool(both and new.db_constraint), "on_delete": _on_delete(old, new)}


def _on_delete(old: Any, new: Any) -> Any:
    """Since Django 6.1 the database may do it: as long as one version relies on that."""
    its = new.remote_field.on_delete if new.is_relation else old.remote_field.on_delete
    before = old.remote_field.on_delete if old.is_relation else its
    return its if in_database(its) or not in_database(before) else before
