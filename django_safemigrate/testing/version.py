"""One version of the code: its models as their migration state has them, and rows as it would write them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import models, router, transaction
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import AnyField
from django_safemigrate.values.states import unrendered

from .failures import CannotRehearse
from .ledger import Ledger
from .lineage import Attribute, Entity, Lineage
from .parents import key_for, refers
from .patterns import PATTERNS, checks_of
from .uniqueness import unique_names
from .values import has_value_of_its_own, loosest, value_for

Model = type[models.Model]
# No check asks for more rows than that.
FAR = 10_000

Factories = Mapping[str, Callable[[int], Mapping[str, Any]]]


class Version:
    """``name`` is "old" or "new". ``labels`` are the apps whose models are worked with; None: all of the state.

    Rows that are to stay are valid for ``other``, too, as far as that can be had, so that what one version alone accepts
    (NULL, duplicates, long texts) is written only for a moment.
    """

    def __init__(
        self,
        name: str,
        state: ProjectState,
        lineage: Lineage,
        *,
        alias: str,
        ledger: Ledger,
        numbers: itertools.count[int],
        factories: Factories,
        labels: Iterable[str] | None = None,
    ) -> None:
        self.name, self.lineage, self.alias, self.ledger, self._numbers = name, lineage, alias, ledger, numbers
        self.state = unrendered(state)
        self.apps = self.state.apps
        self.factories = {label.lower(): factory for label, factory in factories.items()}
        self.other: Version | None = None
        # What is not compared: the entity, and the attribute, or nothing where its rows are not looked for.
        self.uncompared: set[tuple[Entity, Attribute]] = set()
        # Rows that this version cannot write anywhere, although its models say nothing against it: see ``loose``.
        self.tame: set[tuple[Model, str]] = set()
        # Rows on which others depend although nobody has made them do so: keys that are somebody's default.
        self.permanent: set[tuple[Entity, Any]] = set()
        self.enlarged = False  # whether there are far more rows than those in the ledger
        self.nulls = True  # whether a row that stays has NULL where the other version takes none
        mine = None if labels is None else set(labels)
        self.models: list[Model] = [
            model
            for model in self.apps.get_models()
            if model._meta.managed
            and not model._meta.proxy
            and not model._meta.swapped
            and (mine is None or model._meta.app_label in mine)
            and router.allow_migrate_model(alias, model)  # its table is in this database
        ]
        self.by_entity = {self.entity(model): model for model in self.apps.get_models() if not model._meta.proxy}
        self._patterns: dict[Model, int] = {}

    # Names

    def entity(self, model: Model) -> Entity:
        return self.lineage.entity(model._meta.app_label, model._meta.model_name or "")

    def attribute(self, field: AnyField) -> Attribute:
        meta = field.model._meta
        return self.lineage.attribute(meta.app_label, meta.model_name or "", field.name)

    def link_entity(self, field: Any) -> Entity:
        return f"{self.entity(field.model)}.{self.attribute(field)}"

    def columns(self, model: Model) -> set[str]:
        return {str(field.column) for field in model._meta.concrete_fields}

    def known(self) -> dict[Entity, set[Attribute]]:
        """Every model and field of this version."""
        found = {
            entity: {self.attribute(its) for its in model._meta.concrete_fields}
            for entity, model in self.by_entity.items()
        }
        for model in self.models:
            found.update({self.link_entity(field): set() for field in self.links(model)})
        return found

    def twin(self, field: AnyField) -> AnyField | None:
        """The same field in the other version."""
        if self.other is None:
            return None
        its_model: Model = field.model
        model = self.other.by_entity.get(self.entity(its_model))
        fields = model._meta.concrete_fields if model is not None else ()
        wanted = self.attribute(field)
        return next((its for its in fields if self.other.attribute(its) == wanted), None)

    @staticmethod
    def links(model: Model) -> list[Any]:
        """The many-to-many fields whose through table is made by Django."""
        fields: list[Any] = list(model._meta.local_many_to_many)
        throughs = [(field, field.remote_field.through._meta) for field in fields]
        return [field for field, through in throughs if through.auto_created and through.managed]

    def objects(self, model: Model) -> models.QuerySet[Any]:
        return models.QuerySet(model, using=self.alias)

    def is_permanent(self, row: models.Model) -> bool:
        return (self.entity(type(row)), row.pk) in self.permanent

    # Making rows

    def number(self) -> int:
        return next(self._numbers)

    def make(self, model: Model, *, minimal: bool = False, **given: Any) -> models.Model:
        """A row that is saved and in the ledger. ``minimal``: what code may leave out is left out; ``given`` by attname."""
        instance = self.unsaved(model, minimal=minimal, **given)
        instance.save(using=self.alias, force_insert=True)
        self.note(instance)
        return instance

    def unsaved(self, model: Model, *, minimal: bool = False, depth: int = 0, **given: Any) -> models.Model:
        """A row that is valid for both versions, not saved; rows that it refers to are made where there are none."""
        number = self.number()
        given = {**self._from_factory(model, number), **given}
        pattern = PATTERNS[self._pattern(model, number, given)]
        values = dict(given)
        for place, field in enumerate(self._to_fill(model, given, minimal)):
            if refers(self, field):
                values[field.attname] = key_for(self, field, depth)
            else:
                values[field.attname] = value_for(
                    field, number if field.unique else pattern(number, place), self.twin(field)
                )
        return model(**values)

    def loose(self, model: Model, *, null: bool, like: models.Model | None = None) -> models.Model:
        """A row that this version accepts, and perhaps no other; ``like``: a duplicate of it wherever that is allowed."""
        instance = self.unsaved(model)
        if checks_of(model):
            return instance
        unique = unique_names(model)
        number = self.number()
        for field in self._to_fill(model, self._from_factory(model, number), False):
            if field.is_relation:
                if field.null and null:
                    setattr(instance, field.attname, None)
            elif like is not None and field.name not in unique and not field.unique:
                setattr(instance, field.attname, getattr(like, field.attname))
            elif not (field.name in unique and field.null and null):
                setattr(instance, field.attname, loosest(field, number, self.twin(field), null=null))
        return instance

    def _from_factory(self, model: Model, number: int) -> Mapping[str, Any]:
        """The values that the user's factory gives, for those fields that this version has: both versions share it."""
        factory = self.factories.get(model._meta.label_lower)
        values = factory(number) if factory is not None else {}
        found = {}
        fields: list[Any] = list(model._meta.concrete_fields)
        for field in fields:
            for name in (field.name, field.attname):
                if name in values:  # a key may be given by the name of its field
                    is_key = field.is_relation and not isinstance(values[name], models.Model)
                    found[field.attname if is_key else name] = values[name]
        return found

    def _to_fill(self, model: Model, given: Mapping[str, Any], minimal: bool) -> list[Any]:
        found = []
        fields: list[Any] = list(model._meta.concrete_fields)
        for field in fields:
            if field.name in given or field.attname in given or getattr(field, "generated", False):
                continue
            if isinstance(field, models.AutoField) or (field.is_relation and field.remote_field.parent_link):
                continue
            if field.is_relation and field.remote_field is not None and field.model is not model and field.primary_key:
                continue
            if minimal and has_value_of_its_own(field):
                continue
            found.append(field)
        return found

    # Constraints

    def _pattern(self, model: Model, number: int, given: Mapping[str, Any]) -> int:
        """How the values of a row have to relate to each other: the first way that all check constraints accept."""
        if model not in self._patterns:
            self._patterns[model] = next(
                (
                    n
                    for n, pattern in enumerate(PATTERNS)
                    if all(self._satisfies(model, pattern, its, given) for its in (number, number + FAR))
                ),
                0,
            )
        return self._patterns[model]

    def _satisfies(
        self, model: Model, pattern: Callable[[int, int], int], number: int, given: Mapping[str, Any]
    ) -> bool:
        checks = [(model, its) for its in checks_of(model)]
        twin = self.other.by_entity.get(self.entity(model)) if self.other else None
        if twin is not None and self.other is not None:
            checks += [(twin, its) for its in checks_of(twin)]
        if not checks:
            return True
        values = {
            field.attname: value_for(field, pattern(number, place), self.twin(field))
            for place, field in enumerate(self._to_fill(model, given, False))
            if not field.is_relation
        }
        for owner, check in checks:
            names = {field.attname for field in owner._meta.concrete_fields}
            try:
                check.validate(owner, owner(**{k: v for k, v in values.items() if k in names}), using=self.alias)
            except (ValidationError, FieldError, TypeError, ValueError):
                return False
        return True

    # The ledger

    def note(self, instance: models.Model, *names: str) -> None:
        """Write down that a row was saved; ``names``: only these attributes of it."""
        model = type(instance)
        values = {
            self.attribute(field): getattr(instance, field.attname)
            for field in model._meta.concrete_fields
            if (not names or field.attname in names) and _is_plain(field, getattr(instance, field.attname))
        }
        self.ledger.wrote(self.entity(model), instance.pk, values)

    def fill(self, rows: int) -> None:
        """Rows that stay, in every table that has fewer. Raises ``CannotRehearse``."""
        for model in self.models:
            for number in range(rows - len(self.ledger.snapshot(self.entity(model)))):
                try:
                    with transaction.atomic(using=self.alias):
                        self._fill_one(model, number)
                except CannotRehearse:
                    raise
                except Exception as error:
                    raise CannotRehearse(
                        f"The check cannot make rows for {model._meta.label} ({self.name} version), which says nothing about "
                        f"the migrations: {str(error).strip()}\n"
                        f'Give it a factory: factories={{"{model._meta.label}": lambda number: {{...}}}}'
                    ) from error

    def adopt(self, rows: int) -> None:
        """Take the rows that are there for what is there, and make what is missing."""
        self.ledger.rows = {
            entity: {key: {} for key in self.objects(model).order_by("pk").values_list("pk", flat=True)}
            for entity, model in self.by_entity.items()
            if entity in self.ledger.rows
        }
        self.ledger.links, self.ledger.gone = {}, {}
        self.fill(rows)

    def _fill_one(self, model: Model, number: int) -> None:
        given: dict[str, Any] = {}
        if number % 3 == 2 and not checks_of(model):
            given = {
                field.attname: None
                for field in self._to_fill(model, self._from_factory(model, 0), False)
                if field.null and not field.primary_key and (self.nulls or (self.twin(field) or field).null)
            }
        row = self.make(model, **given)
        for field in self.links(model):
            keys = list(self.ledger.snapshot(self.entity(field.remote_field.model)))[:2]
            if keys:
                self.link(row, field, keys)

    def link(self, row: models.Model, field: Any, keys: list[Any]) -> None:
        """Make these the links of a row."""
        getattr(row, field.name).set(keys)
        if not field.remote_field.symmetrical:
            self.ledger.linked(self.link_entity(field), row.pk, keys)


def _is_plain(field: AnyField, value: Any) -> bool:
    """Whether a value is what will be read again: not an expression, and not computed by the database."""
    return not hasattr(value, "resolve_expression") and not getattr(field, "generated", False)
