"""What stock Django makes of a release, and whether the harness can work with it: known before anything of ours runs."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .exercise import Exercise
from .failures import CannotRehearse, Findings, StockCannot
from .ledger import Ledger, empty_left
from .lineage import Attribute, Entity
from .listed import Key, ListedLoader, StockExecutor
from .options import Options
from .reading import differences
from .release import Release
from .schema import Schema, schema_of
from .scratch import Scratch
from .version import Version
from .watching import Queries


@dataclass
class Expected:
    """The end that stock Django comes to. ``constants``: of fields that the new version alone has, the one value that every
    row of the old version has then. ``back``: the end of its way back, where that was asked for."""

    schema: Schema
    constants: dict[tuple[Entity, Attribute], Any] = field(default_factory=dict)
    back: Schema = field(default_factory=dict)


class Control:
    """Stock Django's way, in databases of its own."""

    def __init__(self, release: Release, scratch: Scratch, options: Options, old: Version, new: Version) -> None:
        self.release, self.scratch, self.options, self.old, self.new = release, scratch, options, old, new
        self.fails_with_rows: StockCannot | None = None

    def base(self) -> str:
        """A database with the package's own tables, made once; or the one in which the release begins."""
        extensions = self.release.extensions
        if self.release.template is not None:
            return self.release.template
        if extensions not in self.scratch.bases:
            name = self.scratch.create()
            with self.scratch.connected(name) as connection:
                for extension in extensions:
                    with connection.cursor() as cursor:
                        cursor.execute(f"CREATE EXTENSION {connection.ops.quote_name(extension)}")
                StockExecutor(connection, ListedLoader(connection, {})).go_to([])
            self.scratch.bases[extensions] = name
        return self.scratch.bases[extensions]

    def begin(self, connection: BaseDatabaseWrapper) -> None:
        """The tables of the old version, those of unmanaged models included, which somebody else makes in real life."""
        if self.release.template is None:
            self._go_to(connection, self.release.start)
        with connection.cursor() as cursor:
            there = {table.name for table in connection.introspection.get_table_list(cursor)}
        options = [(model, model._meta) for model in self.old.by_entity.values()]
        missing = [model for model, its in options if not its.managed and not its.swapped and its.db_table not in there]
        if missing:
            with connection.schema_editor() as editor:
                for model in missing:
                    editor.create_model(model)

    def expected(self) -> Expected:
        """Raises ``StockCannot`` and ``CannotRehearse``.

        Rows of the old version have NULLs in fields that will not take any more, unless stock Django fails with these. Where
        it fails with any rows (``self.fails_with_rows``), what it makes of empty tables has to do.
        """
        self.old.nulls = True
        with contextlib.suppress(StockCannot):
            return self._expected(self.options.rows)
        self.old.nulls = False
        try:
            return self._expected(self.options.rows)
        except StockCannot as error:
            self.fails_with_rows = error
        return self._expected(0)

    def way_back(self) -> Schema:
        """Where stock Django comes to when it undoes the release, with rows in the tables. Raises ``StockCannot``."""
        return self._expected(self.options.rows, back=True).back

    def _expected(self, rows: int, *, back: bool = False) -> Expected:
        ledger = Ledger()
        old, new = copy.copy(self.old), copy.copy(self.new)
        old.ledger = new.ledger = ledger
        old.other, new.other = new, old
        with self.scratch.database(self.base()) as name, self.scratch.connected(name) as connection:
            self.begin(connection)
            old.fill(rows)
            self._go_to(connection, self.release.end)
            found = Expected(schema_of(connection), self._constants(new))
            new.adopt(self.options.rows)
            if back:
                self._go_to(connection, self.release.start)
                found.back = schema_of(connection)
            else:
                self.try_alone(new, connection)
        return found

    def _go_to(self, connection: BaseDatabaseWrapper, keys: Collection[Key]) -> None:
        try:
            StockExecutor(connection, self.release.stock_loader(connection)).go_to(keys)
        except Exception as error:
            raise StockCannot(
                f"Stock Django cannot make this change either: {type(error).__name__}: {error}"
            ) from error

    def _constants(self, new: Version) -> dict[tuple[Entity, Attribute], Any]:
        known = self.old.known()
        found = {}
        for model in new.models:
            entity = new.entity(model)
            for its in model._meta.local_concrete_fields:
                attribute = new.attribute(its)
                if entity not in known or attribute in known[entity] or _differs_each_time(its):
                    continue
                values = list(new.objects(model).values_list(its.attname, flat=True))
                if values and all(value == values[0] for value in values):
                    found[entity, attribute] = values[0]
        return found

    def try_alone(self, version: Version, connection: BaseDatabaseWrapper) -> None:
        """Exercise a version where nothing can be in its way. Raises ``CannotRehearse``.

        Where the database gives back another value than it was given (a search vector, somebody's own field), nothing is
        expected of that field.
        """
        for model in version.models:
            for name, _ in differences(version, model):
                version.uncompared.add((version.entity(model), _attribute(version, model, name)))
        findings, queries = Findings(), Queries()
        findings.position.phase = f"none: the {version.name} version in a database of its own"
        exercise = Exercise(version, queries, findings, replace(self.options, upserts="own"), empty_left())
        try:
            with connection.execute_wrapper(queries):
                _find_out_what_is_tame(exercise)
                exercise.run()
        except Exception as error:
            raise CannotRehearse(
                f"The check itself cannot work with the {version.name} version, which says nothing about the migrations: "
                f"{type(error).__name__}: {error}"
            ) from error
        if findings.found:
            raise CannotRehearse(
                f"The check itself cannot work with the {version.name} version, which says nothing about the migrations. "
                "Perhaps a factory helps.\n" + "\n".join(str(one) for one in findings.found)
            )


def _find_out_what_is_tame(exercise: Exercise) -> None:
    """What the models allow, and triggers, generated columns or other people's constraints do not, is not to be written."""
    version = exercise.version
    for model in version.models:
        for kind, row in list(exercise.loose_rows(model)):
            try:
                with transaction.atomic(using=version.alias):
                    row.save(using=version.alias, force_insert=True)
                    transaction.set_rollback(True, using=version.alias)
            except Error:
                version.tame.add((model, kind))


def _differs_each_time(field: Any) -> bool:
    """Whether two runs of a migration give a new field different values."""
    return (
        callable(field.default)
        or bool(getattr(field, "generated", False))
        or hasattr(field.db_default, "resolve_expression")
        or field.get_internal_type() in {"DateField", "DateTimeField", "TimeField"}
    )


def _attribute(version: Version, model: Any, name: str) -> Attribute:
    return version.attribute(model._meta.get_field(name)) if name else ""
