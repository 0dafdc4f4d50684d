"""What the rules of a model forbid, and whether an operation changes anything about that.

A migration often takes a constraint away and adds another one in its place. Where rows that obey the old one obey the new
one, too, nothing that the running release writes is refused only now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AlterField,
    AlterUniqueTogether,
    RemoveConstraint,
    RemoveField,
    RenameField,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import BaseConstraint, CheckConstraint, Q, UniqueConstraint

from django_safemigrate.values.column_types import TypeChange, collation_of
from django_safemigrate.values.fields import AnyField
from django_safemigrate.values.operations import on_the_database
from django_safemigrate.values.relations import Key, type_change_of, typed_by

from .footprints import model_key


@dataclass(frozen=True)
class Unique:
    """Fields of which no two rows have the same values. ``more``: the constraint that says so, for what else is in it."""

    fields: frozenset[str]
    more: UniqueConstraint | None = None

    @property
    def computes(self) -> bool:
        """Whether it says more than fields and a condition."""
        return self.more is not None and any(_said(self.more)[2:])

    @property
    def is_plain(self) -> bool:
        """Whether it holds for all rows, at once, and is of nothing but the fields."""
        one = self.more
        return one is None or not (one.condition or one.deferrable or self.computes)

    def follows(self, other: Unique) -> bool:
        """Whether rows that obey the other one obey this one."""
        if not other.fields <= self.fields or (_nulls_are_equal(self.more) and not _nulls_are_equal(other.more)):
            return False
        if other.is_plain:
            return not self.computes
        new, old = _said(self.more), _said(other.more)
        return new == old and (self.fields == other.fields or not other.computes)


def _nulls_are_equal(constraint: UniqueConstraint | None) -> bool:
    return constraint is not None and constraint.nulls_distinct is False


def _said(constraint: UniqueConstraint | None) -> tuple[Any, ...]:
    names = ("condition", "deferrable", "expressions", "opclasses")
    return tuple(getattr(constraint, name, None) for name in names)


Rule = Unique | BaseConstraint


class Forbidden:
    """What models forbade before some operations, by the names that fields have meanwhile; as far as they are tightened."""

    def __init__(self, operations: Iterable[Operation], app_label: str, before: ProjectState) -> None:
        keys = {model_key(one, app_label) for one in on_the_database(operations) if _tightens(one)}
        models = {key: before.models[key] for key in keys if key is not None and key in before.models}
        self._app_label = app_label
        self._was: dict[Key, list[Rule]] = {key: list(_of_model(model)) for key, model in models.items()}
        self._names = {key: frozenset(model.fields) for key, model in models.items()}
        # Fields that the operations have added, in which code that does not know them leaves NULL.
        self._new: dict[Key, set[str]] = {key: set() for key in models}

    def follow(self, operation: Operation, before: ProjectState) -> None:
        """``operation`` runs now: fields get other names, go, or get other values."""
        key = model_key(operation, self._app_label)
        if key is None:
            return
        if key in self._new:
            self._follow_new(key, operation)
        if not self._was.get(key):
            return
        if isinstance(operation, RenameField):
            renamed = {operation.old_name: operation.new_name}
            self._was[key] = [
                replace(one, fields=frozenset(renamed.get(name, name) for name in one.fields))
                for one in self._was[key]
                if isinstance(one, Unique) and not one.computes
            ]
        elif isinstance(operation, RemoveField) or (
            isinstance(operation, AlterField) and not _keeps_apart(operation, key, before)
        ):
            self._was[key] = [
                one for one in self._was[key] if isinstance(one, Unique) and operation.name not in one.fields
            ]

    def _follow_new(self, key: Key, operation: Operation) -> None:
        fields = self._new[key]
        if isinstance(operation, AddField | AlterField):
            empty = operation.field.null and not operation.field.has_db_default() and not operation.field.generated
            if not empty:
                fields.discard(operation.name)
            elif isinstance(operation, AddField) and operation.name not in self._names[key]:
                fields.add(operation.name)
        elif isinstance(operation, RenameField) and operation.old_name in fields:
            fields.remove(operation.old_name)
            fields.add(operation.new_name)

    def stays(self, operation: Operation, before: ProjectState) -> bool:
        """Whether all is forbidden that was, and nothing else, as far as an operation says what is."""
        made, gone, others = self._change(operation, before)
        return bool(made or gone) and self._covered(made, others, operation) and _all_follow(gone, [*others, *made])

    def adds_nothing(self, operation: Operation, before: ProjectState) -> bool:
        """Whether what it makes unique or forbids was so before, whatever it takes away besides."""
        made, _, others = self._change(operation, before)
        return bool(made) and self._covered(made, others, operation)

    def unique_sets(self, operation: AlterUniqueTogether) -> list[tuple[str, ...]]:
        """Sets of fields that were unique in its model, for all rows."""
        rules = self._was.get((self._app_label, operation.name_lower), ())
        return [tuple(one.fields) for one in rules if isinstance(one, Unique) and one.is_plain]

    def _covered(self, made: Sequence[Rule], others: Sequence[Rule], operation: Operation) -> bool:
        key = model_key(operation, self._app_label) or ("", "")
        left = [one for one in made if not _takes_rows_without(one, self._new.get(key, set()))]
        return _all_follow(left, [*others, *self._was.get(key, ())])

    def _change(self, operation: Operation, before: ProjectState) -> tuple[list[Rule], list[Rule], list[Rule]]:
        """What an operation adds and takes away, and what its model has besides."""
        key = model_key(operation, self._app_label)
        model = before.models.get(key) if key is not None and isinstance(operation, _CHANGING) else None
        if model is None:
            return [], [], []
        made, gone = list(_made_by(operation, model)), list(_taken_by(operation, model))
        return made, gone, [one for one in _of_model(model) if one not in gone]


_CHANGING = (AddConstraint, AlterField, AlterUniqueTogether, RemoveConstraint)


def _tightens(operation: Operation) -> bool:
    return isinstance(operation, AddConstraint | AlterUniqueTogether) or (
        isinstance(operation, AlterField) and bool(operation.field.unique)
    )


def _of_model(model: ModelState) -> Iterator[Rule]:
    yield from (Unique(frozenset(names)) for names in model.options.get("unique_together") or ())
    yield from map(_of_constraint, model.options.get("constraints") or ())
    yield from (Unique(frozenset({name})) for name, field in model.fields.items() if field.unique)


def _of_constraint(constraint: BaseConstraint) -> Rule:
    if isinstance(constraint, UniqueConstraint):
        return Unique(frozenset(constraint.fields), constraint)
    return constraint


def _made_by(operation: Operation, model: ModelState) -> Iterator[Rule]:
    if isinstance(operation, AddConstraint):
        yield _of_constraint(operation.constraint)
    elif isinstance(operation, AlterUniqueTogether):
        old = _together(model.options.get("unique_together"))
        yield from (Unique(frozenset(names)) for names in _together(operation.option_value) - old)
    elif isinstance(operation, AlterField) and operation.field.unique:
        field = model.fields.get(operation.name)
        if field is not None and not field.unique:
            yield Unique(frozenset({operation.name}))


def _taken_by(operation: Operation, model: ModelState) -> Iterator[Rule]:
    if isinstance(operation, RemoveConstraint):
        named = [one for one in model.options.get("constraints") or () if one.name == operation.name]
        yield from map(_of_constraint, named)
    elif isinstance(operation, AlterUniqueTogether):
        old = _together(model.options.get("unique_together"))
        yield from (Unique(frozenset(names)) for names in old - _together(operation.option_value))
    elif isinstance(operation, AlterField) and not operation.field.unique:
        field = model.fields.get(operation.name)
        if field is not None and field.unique:
            yield Unique(frozenset({operation.name}))


def _takes_rows_without(rule: Rule, fields: Collection[str]) -> bool:
    """Whether every row obeys that has NULL in these fields, whatever else is in it."""
    if isinstance(rule, Unique):
        return not _nulls_are_equal(rule.more) and bool(rule.fields & set(fields))
    return isinstance(rule, CheckConstraint) and _is_unknown_without(rule.condition, fields)


def _is_unknown_without(condition: Any, fields: Collection[str]) -> bool:
    """Whether a condition only compares these fields with something: with NULL nobody knows, and CHECK lets that pass."""
    if isinstance(condition, Q):
        return bool(condition.children) and all(_is_unknown_without(child, fields) for child in condition.children)
    if not isinstance(condition, tuple):
        return False
    lookup, value = condition
    name, _, asked = lookup.partition("__")
    return name in fields and not asked.endswith("isnull") and value is not None


def _together(sets: Any) -> set[tuple[str, ...]]:
    return {tuple(names) for names in sets or ()}


def _all_follow(rules: Iterable[Rule], others: Sequence[Rule]) -> bool:
    return all(any(_follows(one, other) for other in others) for one in rules)


def _follows(new: Rule, old: Rule) -> bool:
    """Whether rows that obey the old one obey the new one."""
    if isinstance(new, Unique) or isinstance(old, Unique):
        return isinstance(new, Unique) and isinstance(old, Unique) and new.follows(old)
    if isinstance(new, CheckConstraint) and isinstance(old, CheckConstraint):
        return new.condition == old.condition or _takes_more(new.condition, old.condition)
    return _nameless(new) == _nameless(old)


def _nameless(constraint: BaseConstraint) -> tuple[Any, ...]:
    path, args, kwargs = constraint.deconstruct()
    return path, args, {name: value for name, value in kwargs.items() if name != "name"}


def _takes_more(new: Any, old: Any) -> bool:
    """Whether both ask for one of some values, and the new condition has all that the old one has."""
    (asks, wide), (asked, narrow) = _only_question(new), _only_question(old)
    listed = all(isinstance(values, list | tuple | set | frozenset) for values in (wide, narrow))
    return bool(asks == asked and asks.endswith("__in") and listed and all(value in wide for value in narrow))


def _only_question(condition: Any) -> tuple[str, Any]:
    """``("state__in", [...])`` of a condition that asks nothing else."""
    if isinstance(condition, Q) and not condition.negated and len(condition.children) == 1:
        only = condition.children[0]
        if isinstance(only, tuple):
            return str(only[0]), only[1]
    return "", None


def _keeps_apart(operation: AlterField, key: Key, before: ProjectState) -> bool:
    """Whether values that were different stay so when a field is altered, and NULL stays what it is."""
    model = before.models.get(key)
    old: AnyField | None = model.fields.get(operation.name) if model is not None else None
    if old is None or (old.null and not operation.field.null):
        return False
    change = type_change_of(old, operation.field, key, before)
    if change in {TypeChange.NONE, TypeChange.WIDER}:
        return True
    source, target = typed_by(old, key, before), typed_by(operation.field, key, before)
    if source is None or target is None or source.get_internal_type() not in _WRITTEN_IN_ONE_WAY:
        return False
    is_text = target.get_internal_type() in {"CharField", "TextField"} and collation_of(target) is None
    return is_text or change is TypeChange.REWRITTEN


# Types of which no two values are the same text.
_WRITTEN_IN_ONE_WAY = {
    *("AutoField", "BigAutoField", "SmallAutoField", "BigIntegerField", "IntegerField", "SmallIntegerField"),
    *("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "UUIDField"),
}
