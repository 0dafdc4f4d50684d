"""What the code of a version does with its models: everything, once, between two steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from typing import Any

from django.db import models, transaction
from django.db.models import Count, F

from django_safemigrate.values.fields import AnyField

from .failures import CannotRehearse, Failure, Findings
from .ledger import Left
from .options import Options
from .reach import tables_reached
from .reading import differences, link_differences
from .relating import cascade, relate
from .uniqueness import arbiters
from .version import Model, Version
from .watching import Queries, caught


class Exercise:
    """``run`` does it all for every model. ``left`` are the rows that each version leaves for the other one, by version and
    entity; what the other has left is read, updated and deleted."""

    def __init__(self, version: Version, queries: Queries, findings: Findings, options: Options, left: Left) -> None:
        self.version, self.queries, self.findings, self.options, self.left = version, queries, findings, options, left
        self.alias = version.alias
        self.count = 0
        self._reach = cache(tables_reached)

    def run(self, tables: Collection[str] | None = None) -> None:
        """``tables``: only the models of these, and those related to them; None: all."""
        for model in self.version.models:
            if tables is not None and self._reach(model).isdisjoint(tables):
                continue
            self._activity(model, "reads all rows", self.read)
            self._activity(model, "creates, updates and deletes a row", self.change)
            self._activity(model, "writes what it alone may accept", self.loosest)
            self._activity(model, "get_or_create, update_or_create", self.or_create)
            self._activity(model, "bulk_create, bulk_update", self.bulk)
            self._activity(model, "bulk_create(update_conflicts=True)", self.upsert)
            self._activity(model, "select_for_update", self.lock)
            self._activity(model, "aggregates", self.aggregate)
            self._activity(model, "deletes a row with rows that refer to it", partial(cascade, self))
            self._activity(model, "adds and removes links of many-to-many fields", partial(relate, self))
            self._activity(model, "reads, updates and deletes what the other version has written", self.cross)
        self.count += 1

    def _activity(self, model: Model, activity: str, what: Callable[[Model], None]) -> None:
        with caught(self.version, model, activity, self.queries, self.findings, self.options.budget):
            try:
                what(model)
            except CannotRehearse as error:
                self._say(str(error), model, "", activity)

    def _say(self, what: str, model: Model, field: str, activity: str) -> None:
        self.findings.add(
            Failure(
                what,
                version=self.version.name,
                model=model._meta.label,
                field=field,
                activity=activity,
                statement=self.queries.last,
            )
        )

    # Activities

    def read(self, model: Model) -> None:
        for field, what in differences(self.version, model):
            self._say(what, model, field, "reads all rows")
        for field, what in link_differences(self.version, model):
            self._say(what, model, field, "reads the links of many-to-many fields")

    def change(self, model: Model) -> None:
        row = self.version.make(model)
        self._save_again(row)
        again = self.version.make(model, minimal=True)
        again.refresh_from_db(using=self.alias)
        self.delete(again)
        self.left[self.version.name][self.version.entity(model)].append(row.pk)

    def _save_again(self, row: models.Model) -> None:
        """save(), update() and F()."""
        model = type(row)
        fresh = self.version.unsaved(model)
        mine = self.version.objects(model).filter(pk=row.pk)
        names = []
        for field in self.changeable(model):
            setattr(row, field.attname, getattr(fresh, field.attname))
            names.append(field.attname)
        row.save(using=self.alias)
        self.version.note(row)
        if names:
            values = {name: getattr(row, name) for name in names}
            self._expect_one(mine.update(**values), model)
            self.version.note(row, *names)
        for field in self.changeable(model):
            if isinstance(field, models.IntegerField) and not field.unique and not field.choices:
                self._expect_one(mine.update(**{field.attname: F(field.attname)}), model)
                break

    @staticmethod
    def changeable(model: Model) -> list[AnyField]:
        return [
            field
            for field in model._meta.local_concrete_fields
            if field not in model._meta.pk_fields and not field.is_relation and not getattr(field, "generated", False)
        ]

    def _expect_one(self, count: int, model: Model) -> None:
        if count != 1:
            self._say(f"An update of one row of {model._meta.label} has changed {count}.", model, "", "updates a row")

    def delete(self, row: models.Model) -> None:
        if self.version.is_permanent(row):
            return
        key = row.pk
        row.delete(using=self.alias)
        self.version.ledger.deleted(self.version.entity(type(row)), [key])

    def loosest(self, model: Model) -> None:
        """Rows of this version's own, for a moment: NULLs, long texts, duplicates."""
        keys = []
        try:
            for _, row in self.loose_rows(model):
                row.save(using=self.alias, force_insert=True)
                keys.append(row.pk)
        finally:
            if keys:
                self.version.objects(model).filter(pk__in=keys).delete()

    def loose_rows(self, model: Model) -> Iterator[tuple[str, models.Model]]:
        """Rows to be saved, each of a kind."""
        first = self.version.loose(model, null=True)
        made = {
            "nulls": first,
            "long": self.version.loose(model, null=False),
            "duplicate": self.version.loose(model, null=False, like=first),
        }
        yield from ((kind, row) for kind, row in made.items() if (model, kind) not in self.version.tame)

    def or_create(self, model: Model) -> None:
        key = self.own_key(model)
        if key is None:
            return
        manager = self.version.objects(model)
        manager.get_or_create(pk=key)
        fresh = self.version.unsaved(model)
        values = {its.attname: getattr(fresh, its.attname) for its in self.changeable(model)}
        row, created = manager.update_or_create(pk=key, defaults=values)
        if created:
            self._say(f"A row of {model._meta.label} was gone.", model, "", "update_or_create")
        self.version.note(row, *values)
        auto = model._meta.auto_field
        if auto is not None and not model._meta.parents:
            new = self.version.unsaved(model)
            plain = [its for its in model._meta.concrete_fields if not getattr(its, "generated", False)]
            everything = {its.attname: getattr(new, its.attname) for its in plain}
            row, _ = manager.get_or_create(**{auto.attname: -1}, defaults={**everything, auto.attname: None})
            self.version.note(row)
            self.delete(row)

    def own_key(self, model: Model) -> Any:
        """A row that nobody else writes to: one that this version has left here, or one of the beginning."""
        keys = self.left[self.version.name][self.version.entity(model)]
        return keys[-1] if keys else None

    def bulk(self, model: Model) -> None:
        if model._meta.parents:
            return
        rows = self.version.objects(model).bulk_create([self.version.unsaved(model) for _ in range(2)])
        for row in rows:
            self.version.note(row)
        names = [its.name for its in self.changeable(model)][:2]
        if names:
            self.version.objects(model).bulk_update(rows, names)
        keys = [row.pk for row in rows]
        self.version.objects(model).filter(pk__in=keys).delete()
        self.version.ledger.deleted(self.version.entity(model), keys)

    def upsert(self, model: Model) -> None:
        if model._meta.parents:
            return
        for unique in self._arbiters(model):
            rows = [self.version.unsaved(model)]
            names = [its.name for its in self.changeable(model) if its.name not in unique]
            if not names or any(getattr(rows[0], name, None) is None for name in unique):
                continue
            for _ in range(2):  # the first inserts, the second updates
                self.version.objects(model).bulk_create(
                    rows, update_conflicts=True, unique_fields=unique, update_fields=names
                )
            found = self.version.objects(model).filter(**{name: getattr(rows[0], name) for name in unique})
            keys = list(found.values_list("pk", flat=True))
            if len(keys) != 1:
                self._say(f"Upserting one row twice has left {len(keys)}.", model, "", "upserts")
            found.delete()

    def _arbiters(self, model: Model) -> list[list[str]]:
        """The unique constraints that may be upserted on."""
        own = arbiters(model)
        other = self.version.other
        twin = other.by_entity.get(self.version.entity(model)) if other is not None else None
        if self.options.upserts == "own" or twin is None or other is None:
            return own
        theirs = [
            {other.attribute(twin._meta.get_field(name)) for name in names}  # type: ignore[arg-type]
            for names in arbiters(twin)
        ]
        mine = self.version
        return [
            names
            for names in own
            if {mine.attribute(model._meta.get_field(name)) for name in names} in theirs  # type: ignore[arg-type]
        ]

    def lock(self, model: Model) -> None:
        key = self.own_key(model)
        if key is not None:
            with transaction.atomic(using=self.alias):
                list(self.version.objects(model).select_for_update(of=("self",)).filter(pk=key))

    def aggregate(self, model: Model) -> None:
        reverse = [
            field.name
            for field in model._meta.get_fields()
            if field.auto_created
            and not field.concrete
            and (field.one_to_many or field.many_to_many)
            and not getattr(field, "hidden", False)
        ]
        names = {f"zd_count_{n}": Count(name) for n, name in enumerate(reverse[:3])}
        list(
            self.version.objects(model).annotate(**names)[:5]
            if names
            else self.version.objects(model).order_by("pk")[:5]
        )
        for field in self.changeable(model)[:3]:
            if field.get_internal_type() not in {"JSONField", "BinaryField"}:
                list(
                    self.version.objects(model)
                    .values(field.name)
                    .annotate(zd_count=Count("pk"))
                    .order_by(field.name)[:5]
                )

    def cross(self, model: Model) -> None:
        """What the other version has left here since the last time."""
        if self.version.other is None:
            return
        entity = self.version.entity(model)
        theirs = self.left[self.version.other.name][entity]
        if not theirs:
            return
        row = self.version.objects(model).get(pk=theirs[-1])
        self._save_again(row)
        for key in theirs[:-1]:
            self.delete(self.version.objects(model).get(pk=key))
            for field in self.version.links(model):
                self.version.ledger.linked(self.version.link_entity(field), key, None)
        del theirs[:-1]
