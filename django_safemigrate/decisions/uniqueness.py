"""What is unique in both versions of a model, however each of them says it.

``unique_together`` becomes a UniqueConstraint, ``unique=True`` a constraint with a condition for messages, and so on. Both
versions may upsert on it, so it has to be there all the time: the new one is built before the old one goes. No row can be in
its way, since what is unique already stays unique with more fields; and nobody has to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AlterField,
    AlterUniqueTogether,
    RemoveConstraint,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import UniqueConstraint

from django_safemigrate.values.relations import Key

from .rules.alter_unique_together import in_between
from .rules.parts import Part

# Field names, and the name of the constraint if it has one.
Set = tuple[frozenset[str], str]


class Uniqueness:
    """What was unique in each model, and what becomes so in a change."""

    def __init__(self, migrations: Mapping[Key, Sequence[Operation]], before: ProjectState) -> None:
        self._was: dict[Key, list[Set]] = {}
        self._comes: dict[Key, list[Set]] = {}
        for (app_label, _), operations in migrations.items():
            for operation in operations:
                key = _key(operation, app_label)
                if key not in before.models or not isinstance(operation, _MAKES):
                    continue
                self._was.setdefault(key, list(_of_model(before.models[key])))
                self._comes.setdefault(key, []).extend(_made_by(operation, before.models[key]))

    def stays(self, operation: Operation, app_label: str, state: ProjectState) -> bool:
        """Whether what an operation makes unique, or no longer makes so, is unique in both versions."""
        key = _key(operation, app_label)
        model = state.models.get(key)
        if model is None:
            return False
        made, gone = list(_made_by(operation, model)), list(_dropped_by(operation, model))
        return any(_follows(one, self._was.get(key, ())) for one in made) or any(
            _follows(one, self._comes.get(key, ())) for one in gone
        )

    def together(self, operation: AlterUniqueTogether, app_label: str, state: ProjectState) -> Sequence[Part]:
        """The parts of an ``AlterUniqueTogether``, whose sets may be those of constraints and fields in the other version."""
        key = _key(operation, app_label)
        was, comes = self._was.get(key, ()), self._comes.get(key, ())
        return in_between(operation, state.models[key], was=_sets(was), comes=_sets(comes))


_MAKES = (AddConstraint, AlterField, AlterUniqueTogether, RemoveConstraint)


def _key(operation: Operation, app_label: str) -> Key:
    name = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    return app_label, "" if isinstance(operation, RenameModel) else str(name).lower()


def _sets(found: Iterable[Set]) -> list[tuple[str, ...]]:
    return [tuple(names) for names, _ in found]


def _follows(one: Set, others: Iterable[Set]) -> bool:
    """Whether it holds where one of the others does. Two of one name cannot be there at once."""
    names, called = one
    return any(other <= names and (not called or called != its_name) for other, its_name in others)


def _of_model(model: ModelState) -> Iterator[Set]:
    yield from ((frozenset(names), "") for names in model.options.get("unique_together") or ())
    yield from (its for one in model.options.get("constraints") or () for its in _of_constraint(one))
    yield from ((frozenset({name}), "") for name, field in model.fields.items() if field.unique)


def _of_constraint(constraint: Any) -> Iterator[Set]:
    """Only what ``ON CONFLICT`` can name, for all rows: neither deferrable nor partial nor of expressions."""
    if (
        isinstance(constraint, UniqueConstraint)
        and constraint.fields
        and constraint.condition is None
        and constraint.deferrable is None
    ):
        yield frozenset(constraint.fields), constraint.name


def _made_by(operation: Operation, model: ModelState) -> Iterator[Set]:
    """What an operation makes unique in a model that is as given."""
    if isinstance(operation, AddConstraint):
        yield from _of_constraint(operation.constraint)
    elif isinstance(operation, AlterUniqueTogether):
        yield from ((frozenset(names), "") for names in operation.option_value or ())
    elif isinstance(operation, AlterField) and operation.field.unique:
        old = model.fields.get(operation.name)
        if old is not None and not old.unique:
            yield frozenset({operation.name}), ""


def _dropped_by(operation: Operation, model: ModelState) -> Iterator[Set]:
    if isinstance(operation, RemoveConstraint):
        named = [one for one in model.options.get("constraints") or () if one.name == operation.name]
        yield from (its for one in named for its in _of_constraint(one))
    elif isinstance(operation, AlterField) and not operation.field.unique:
        old = model.fields.get(operation.name)
        if old is not None and old.unique:
            yield frozenset({operation.name}), ""
