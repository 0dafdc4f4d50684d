"""Random operations, each valid in the state that those before it lead to, as people and the autodetector write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import django
from django.contrib.postgres.indexes import BrinIndex, HashIndex
from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CASCADE, F, Q
from django.db.models.functions import Upper
from hypothesis import strategies as st

from tests.support.random_models import NOT_INDEXED, columns, value_for

APP = "shop"
MODELS = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
FIELDS = ("a", "b", "c", "d", "e")
NAMES = ("x", "y", "Mixed Case", "z")
TEXTS = {"CharField", "TextField"}
# What a column may become, beside what it is; other changes lose values, and Django refuses most of them.
TYPES = {
    "IntegerField": ["BigIntegerField", "PositiveIntegerField", "DecimalField", "FloatField", "TextField"],
    "PositiveIntegerField": ["IntegerField", "BigIntegerField", "PositiveBigIntegerField", "CharField"],
    "BigIntegerField": ["IntegerField", "DecimalField"],
    "PositiveBigIntegerField": ["BigIntegerField"],
    "CharField": ["CharField", "CharField", "TextField", "TextField"],
    "TextField": ["CharField"],
    "DecimalField": ["DecimalField", "FloatField"],
    "FloatField": ["DecimalField"],
    "DateField": ["DateTimeField"],
    "BooleanField": ["TextField"],
}
EXTRA: dict[str, dict[str, Any]] = {
    "CharField": {"max_length": 9},
    "DecimalField": {"max_digits": 8, "decimal_places": 2},
}


# The methods of Walk, and how often each is taken.
KINDS = {
    "alter_field": 9,
    "alter_relation": 5,
    "add_field": 5,
    "remove_field": 3,
    "rename_field": 3,
    "create_model": 1,
    "delete_model": 1,
    "rename_model": 2,
    "alter_table": 1,
    "table_comment": 1,
    "order": 1,
    "add_index": 3,
    "remove_index": 1,
    "rename_index": 1,
    "add_constraint": 3,
    "remove_constraint": 1,
    "unique_together": 2,
}


class Model:
    """One model of a state: what is there, and what else is about a field of it."""

    def __init__(self, state: ModelState) -> None:
        self.state, self.name = state, state.name
        self.fields: dict[str, Any] = state.fields
        self.indexes: list[models.Index] = state.options.get("indexes", [])
        self.constraints: list[Any] = state.options.get("constraints", [])
        self.together: set[tuple[str, ...]] = {tuple(each) for each in state.options.get("unique_together") or ()}

    def own(self, *, relations: bool | None = None) -> list[str]:
        """The fields that may be changed; ``relations``: only those, or only others."""
        return [
            name
            for name, field in self.fields.items()
            if not field.primary_key and name != "_order" and relations in (None, field.is_relation)
        ]

    def columns(self) -> list[str]:
        """What can stand in an index."""
        return [
            name
            for name in self.own()
            if not self.fields[name].many_to_many and self.fields[name].get_internal_type() not in NOT_INDEXED
        ]

    def releasing(self, field: str) -> Iterator[Operation]:
        """The operations that have to come before the field goes or gets another name, as the autodetector puts them."""
        about = re.compile(rf"'{field}(__[a-z]+)?'|F\({field}\)")
        for constraint in self.constraints:
            if about.search(str(constraint.deconstruct())):
                yield RemoveConstraint(self.name, constraint.name)
        for index in self.indexes:
            if about.search(str(index.deconstruct())):
                yield RemoveIndex(self.name, index.name)
        kept = {each for each in self.together if field not in each}
        if kept != self.together:
            yield AlterUniqueTogether(self.name, kept)
        if self.state.options.get("order_with_respect_to") == field:
            yield AlterOrderWithRespectTo(self.name, None)


class Walk:
    """Draws operations, one after the other, and follows the state."""

    def __init__(self, draw: st.DrawFn, before: ProjectState) -> None:
        self.draw, self.state = draw, before.clone()
        self.operations: list[Operation] = []
        self.number = 0

    def step(self) -> None:
        kinds = [kind for kind, weight in KINDS.items() for _ in range(weight)]
        for operation in getattr(self, self.draw(st.sampled_from(kinds)))():
            after = self.state.clone()
            try:
                operation.state_forwards(APP, after)
                assert after.clone().apps.get_models()
            except (ValueError, LookupError, AttributeError, AssertionError):
                return
            self.state = after
            self.operations.append(operation)

    # What to take

    def some(self, values: Any) -> Any:
        values = sorted(values)
        return self.draw(st.sampled_from(values)) if values else None

    def often(self) -> bool:
        return self.draw(st.booleans())

    def rarely(self) -> bool:
        return self.draw(st.integers(0, 4)) == 0

    def model(self) -> Model:
        return Model(self.state.models[self.some(self.state.models)])

    def name(self) -> str:
        """A new name for an index or a constraint."""
        self.number += 1
        return f"{self.some(NAMES)}_{self.number}"

    def field(self) -> Any:
        """A new one, of any kind."""
        if self.rarely():
            return models.ManyToManyField(f"{APP}.{self.model().name}", related_name="+")
        if not self.rarely():
            made = self.draw(columns()).make({})
            return self._with(made, null=True, default=models.NOT_PROVIDED) if made.unique else made
        options = {"null": True} if self.often() else {"default": 1}
        options |= {"db_constraint": False} if self.rarely() else {}
        options |= {"db_index": False} if self.rarely() else {}
        if self.rarely():
            return models.OneToOneField(f"{APP}.{self.model().name}", CASCADE, null=True, related_name="+")
        return models.ForeignKey(f"{APP}.{self.model().name}", CASCADE, related_name="+", **options)

    def _with(self, field: Any, **options: Any) -> Any:
        _, _, args, kwargs = field.deconstruct()
        kwargs = {key: item for key, item in {**kwargs, **options}.items() if item is not models.NOT_PROVIDED}
        return type(field)(*args, **kwargs)

    # Fields

    def add_field(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(set(FIELDS) - model.fields.keys()):
            field, once = self.filled(self.field())
            yield AddField(model.name, name, field, preserve_default=not once)

    def filled(self, field: Any) -> tuple[Any, bool]:
        """With a one-off default where rows would otherwise be without a value."""
        lacks = not field.null and not field.has_default() and not field.has_db_default() and not field.many_to_many
        if not lacks or (field.empty_strings_allowed and field.blank):
            return field, False
        return self._with(field, default=1 if field.is_relation else value_for(field, 1)), True

    def remove_field(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(model.own()):
            yield from model.releasing(name)
            yield RemoveField(model.name, name)

    def rename_field(self) -> Iterator[Operation]:
        model = self.model()
        new = self.some(set(FIELDS) - model.fields.keys())
        if new and (name := self.some(model.own())):
            yield from model.releasing(name)
            yield RenameField(model.name, name, new)

    def alter_field(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(model.own(relations=False)):
            yield self.altered(model, name, self.changed(model.fields[name]))

    def alter_relation(self) -> Iterator[Operation]:
        model = self.model()
        names = [name for name in model.own(relations=True) if not model.fields[name].many_to_many]
        if name := self.some(names):
            yield self.altered(model, name, self.changed_relation(model.fields[name]))

    def altered(self, model: Model, name: str, field: Any) -> Operation:
        if model.fields[name].null:
            field, once = self.filled(field)
        else:
            once = False
        return AlterField(model.name, name, field, preserve_default=not once)

    def changed(self, old: Any) -> Any:
        kind, none = old.get_internal_type(), models.NOT_PROVIDED
        what = self.some(
            ["null", "db_index", "unique", "default", "db_default", "comment", "collation", "type", "type", "column"]
        )
        if what == "type" and kind in TYPES:
            return self.of_another_type(old, self.some(TYPES[kind]))
        if what in {"db_index", "unique"} and kind not in NOT_INDEXED:
            return self._with(old, **{what: not getattr(old, what)})
        if what == "default":
            return self._with(old, default=none if old.has_default() else value_for(old, 2), db_default=none)
        if what == "db_default":
            return self._with(old, db_default=none if old.has_db_default() else value_for(old, 3), default=none)
        if what == "comment":
            return self._with(old, db_comment=none if old.db_comment else 'it\'s "new"')
        if what == "collation" and kind in TEXTS:
            return self._with(old, db_collation=none if old.db_collation else "C")
        if what == "column":
            return self._with(old, db_column=none if old.db_column else self.some(NAMES))
        return self._with(old, null=not old.null)

    def of_another_type(self, old: Any, kind: str) -> Any:
        _, _, _, kwargs = old.deconstruct()
        kept = {
            key: item
            for key, item in kwargs.items()
            if key in {"null", "db_index", "unique", "db_column", "db_comment"}
        }
        extra = dict(EXTRA.get(kind, {}))
        if kind == "CharField" and old.get_internal_type() == kind:
            extra["max_length"] = self.some([5, 12, 40])
        return getattr(models, kind)(**extra, **kept)

    def changed_relation(self, old: Any) -> Any:
        what = self.some(["null", "db_constraint", "db_index", "unique", "to", "plain", "on_delete", "column"])
        if what == "plain":
            return models.BigIntegerField(null=old.null, db_column=old.db_column, db_index=self.often())
        if what == "unique":
            kind = models.ForeignKey if isinstance(old, models.OneToOneField) else models.OneToOneField
            return kind(old.remote_field.model, CASCADE, null=old.null, related_name="+", db_column=old.db_column)
        if what == "to":
            return self._with(old, to=f"{APP}.{self.model().name}")
        if what == "on_delete" and django.VERSION >= (6, 1):
            actions = [CASCADE, models.DB_CASCADE, *([models.DB_SET_NULL] if old.null else [])]
            return self._with(old, on_delete=self.draw(st.sampled_from(actions)))
        if what == "column":
            return self._with(old, db_column=models.NOT_PROVIDED if old.db_column else self.some(NAMES))
        if what == "db_constraint":
            return self._with(old, db_constraint=not old.db_constraint)
        if what == "db_index" and not old.unique:
            return self._with(old, db_index=not old.db_index)
        return self._with(old, null=not old.null)

    # Models

    def create_model(self) -> Iterator[Operation]:
        taken = {model.name for model in self.state.models.values()}
        if name := self.some(set(MODELS) - taken):
            fields = {"id": models.BigAutoField(primary_key=True), "a": self.field()}
            options = {"unique_together": {("id", "a")}} if self.rarely() and not fields["a"].many_to_many else {}
            yield CreateModel(name, list(fields.items()), options)

    def delete_model(self) -> Iterator[Operation]:
        gone = self.model()
        for state in self.state.models.values():
            model = Model(state)
            for name in model.own(relations=True):
                if model.name != gone.name and _target(model.fields[name]) == gone.name.lower():
                    yield from model.releasing(name)
                    yield RemoveField(model.name, name)
        if len(self.state.models) > 1:
            yield DeleteModel(gone.name)

    def rename_model(self) -> Iterator[Operation]:
        taken = {model.name for model in self.state.models.values()}
        if new := self.some(set(MODELS) - taken):
            yield RenameModel(self.model().name, new)

    def alter_table(self) -> Iterator[Operation]:
        model = self.model()
        tables = {state.options.get("db_table") for state in self.state.models.values()}
        has = model.state.options.get("db_table")
        yield AlterModelTable(model.name, None if has else self.some({"kept", "Other table"} - tables))

    def table_comment(self) -> Iterator[Operation]:
        yield AlterModelTableComment(self.model().name, self.draw(st.sampled_from([None, "it's", 'a "table"'])))

    def order(self) -> Iterator[Operation]:
        model = self.model()
        keys = [name for name in model.own(relations=True) if not model.fields[name].many_to_many]
        has = model.state.options.get("order_with_respect_to")
        yield AlterOrderWithRespectTo(model.name, None if has else self.some(keys))

    # Indexes and constraints

    def some_columns(self, model: Model) -> list[str]:
        usable = model.columns()
        if not usable:
            return []
        return self.draw(st.lists(st.sampled_from(usable), unique=True, min_size=1, max_size=2))

    def condition(self, model: Model) -> Q | None:
        numbers = [
            name for name in model.own() if model.fields[name].get_internal_type() in {"IntegerField", "FloatField"}
        ]
        if not self.often():
            return None
        return Q(**{f"{self.some(numbers)}__gt": -1}) if numbers else Q(id__gt=0)

    def add_index(self) -> Iterator[Operation]:
        model = self.model()
        names = self.some_columns(model)
        if not names:
            return
        field = model.fields[names[0]]
        condition, name = self.condition(model), self.name()
        kind = self.some(["plain", "descending", "include", "expression", "hash", "brin", "pattern"])
        if kind == "descending":
            index = models.Index(fields=[f"-{names[0]}", *names[1:]], condition=condition, name=name)
        elif kind == "include":
            index = models.Index(fields=names, include=["id"], condition=condition, name=name)
        elif kind == "expression" and field.get_internal_type() in TEXTS:
            index = models.Index(Upper(names[0]), "id", condition=condition, name=name)
        elif kind == "expression":
            index = models.Index(F(names[0]).desc(), condition=condition, name=name)
        elif kind == "hash":
            index = HashIndex(fields=names[:1], condition=condition, name=name)
        elif kind == "brin" and field.get_internal_type() in {"IntegerField", "DateField", "DateTimeField"}:
            index = BrinIndex(fields=names[:1], name=name)
        elif kind == "pattern" and field.get_internal_type() in TEXTS:
            index = models.Index(fields=names[:1], opclasses=["text_pattern_ops"], name=name)
        else:
            index = models.Index(fields=names, condition=condition, name=name)
        yield AddIndex(model.name, index)

    def remove_index(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(index.name for index in model.indexes):
            yield RemoveIndex(model.name, name)

    def rename_index(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(index.name for index in model.indexes):
            yield RenameIndex(model.name, new_name=self.name(), old_name=name)

    def add_constraint(self) -> Iterator[Operation]:
        model, name = self.model(), self.name()
        names = self.some_columns(model)
        if not names:
            return
        kind = self.some(["check", "unique", "late", "partial", "include", "expression"])
        if kind == "check":
            condition = Q(**{f"{names[0]}__isnull": False}) | Q(id__gt=0)
            yield AddConstraint(model.name, models.CheckConstraint(condition=condition, name=name))
            return
        unique = ["id", *names]
        options: dict[str, Any] = {"fields": unique}
        if kind == "late":
            options["deferrable"] = self.draw(st.sampled_from(list(models.Deferrable)))
        elif kind == "partial":
            options["condition"] = self.condition(model)
        elif kind == "include":
            options = {"fields": ["id"], "include": names}
        elif kind == "expression":
            yield AddConstraint(model.name, models.UniqueConstraint(F("id").desc(), *names, name=name))
            return
        yield AddConstraint(model.name, models.UniqueConstraint(name=name, **options))

    def remove_constraint(self) -> Iterator[Operation]:
        model = self.model()
        if name := self.some(constraint.name for constraint in model.constraints):
            yield RemoveConstraint(model.name, name)

    def unique_together(self) -> Iterator[Operation]:
        model = self.model()
        names = self.some_columns(model)
        yield AlterUniqueTogether(model.name, {("id", *names)} if names and self.often() else set())


def _target(field: Any) -> str:
    to = field.remote_field.model
    return str(to if isinstance(to, str) else to._meta.label).rpartition(".")[2].lower()


@st.composite
def operations(draw: st.DrawFn, before: ProjectState, *, most: int) -> list[Operation]:
    """Up to ``most`` of them, and those that have to come first."""
    # The larger numbers first: Hypothesis likes what is first.
    walk, many = Walk(draw, before), draw(st.sampled_from(range(most, 0, -1)))
    for _ in range(4 * most):
        if len(walk.operations) < many:
            walk.step()
    return walk.operations
