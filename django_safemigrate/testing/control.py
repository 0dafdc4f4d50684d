"""What stock Django makes of a release, and whether the harness can work with it: known before anything of ours runs."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from .exercise import Exercise, empty_left
from .failures import CannotRehearse, Findings, StockCannot
from .ledger import Ledger
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
    row of the old version has then."""

    schema: Schema
    constants: dict[tuple[Entity, Attribute], Any] = field(default_factory=dict)


class Control:
    """Stock Django's way, in databases of its own."""

    def __init__(self, release: Release, scratch: Scratch, options: Options, old: Version, new: Version) -> None:
        self.release, self.scratch, self.options, self.old, self.new = release, scratch, options, old, new

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
        """The tables of the old version. Raises ``StockCannot``."""
        if self.release.template is None:
            self._go_to(connection, self.release.start)

    def expected(self) -> Expected:
        """Raises ``StockCannot`` and ``CannotRehearse``.

        Rows of the old version have NULLs in fields that will not take any more, unless stock Django fails with these.
        """
        self.old.nulls = True
        try:
            return self._expected()
        except StockCannot:
            self.old.nulls = False
            return self._expected()

    def cannot_go_back(self) -> str:
        """Why stock Django cannot undo the release, with rows in the tables; empty where it can."""
        try:
            self._expected(back=True)
        except StockCannot as error:
            return str(error.__cause__)
        return ""

    def _expected(self, *, back: bool = False) -> Expected:
        ledger = Ledger()
        old, new = copy.copy(self.old), copy.copy(self.new)
        old.ledger = new.ledger = ledger
        old.other, new.other = new, old
        with self.scratch.database(self.base()) as name, self.scratch.connected(name) as connection:
            self.begin(connection)
            old.fill(self.options.rows)
            self._go_to(connection, self.release.end)
            found = Expected(schema_of(connection), self._constants(new))
            new.adopt(self.options.rows)
            if back:
                self._go_to(connection, self.release.start)
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
