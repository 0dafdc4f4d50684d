"""A migration as checks see it: its operations, the models before it, its file."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from django_safemigrate.compile.binding import Binding, BoundOperation
from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.inferring import Inferred
from django_safemigrate.values.findings import Code, Finding, MigratesWith, Place
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.sizes import Size

from .later import Later
from .sql.rendered import Rendering
from .surroundings import Surroundings


@dataclass(frozen=True)
class Conditions:
    """What is the same for all migrations of a run. ``sizes``: of the tables in production, by their names in the database;
    one that is not among them may be of any size. ``postgres``: the server's major version. ``small``: up to which size a
    table may be locked for as long as a change takes.
    """

    migrates_with: MigratesWith = MigratesWith.SAFEMIGRATE
    sizes: dict[str, Size] = field(default_factory=dict)
    postgres: int = 14
    small: SmallTable = field(default_factory=SmallTable)


@dataclass
class Inspected:
    """``before`` is the state before the migration, and is not to be changed. ``inferred`` and ``assigned``: where its
    operations belong, and its phase. ``new_tables``: tables that earlier migrations of the same release make. ``path``: its
    file; None where there is none to be read. ``apps_before``: the labels of the apps with migrations that it depends on,
    at any distance; None where nobody knows. ``around``: what other migrations have to do with it. ``later``: which
    columns came later than their tables; None where nobody knows. ``rendering``: what makes model classes, and knows those
    of the migrations before.
    """

    migration: Migration
    before: ProjectState
    inferred: Inferred
    assigned: Assigned
    conditions: Conditions = field(default_factory=Conditions)
    new_tables: Collection[str] = ()
    path: Path | None = None
    apps_before: Callable[[], Collection[str]] | None = None
    around: Surroundings = field(default_factory=Surroundings)
    later: Callable[[], Later] | None = None
    rendering: Rendering = field(default_factory=Rendering)

    @property
    def name(self) -> str:
        return f"{self.migration.app_label}.{self.migration.name}"

    def bound(self) -> Iterator[BoundOperation]:
        """Each database operation with the states around it; each is to be looked at before the next one is asked for."""
        return iter(Binding(self.migration, self.before))

    def depends_on(self, app_label: str) -> bool:
        """Whether some migration of an app comes before it in any order; true where nobody knows."""
        if app_label == self.migration.app_label or self.apps_before is None:
            return True
        return app_label in self.apps_before()

    @cached_property
    def source(self) -> str:
        """The text of its file; empty without one."""
        if self.path is None:
            return ""
        with tokenize.open(self.path) as file:  # in the encoding that it says
            return file.read()

    @cached_property
    def tree(self) -> ast.Module:
        """Its file, parsed; an empty module without one."""
        return ast.parse(self.source)

    @cached_property
    def lines(self) -> dict[str, ast.expr]:
        """Where each operation stands in the file, by its place in the list of operations."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == "Migration":
                for line in node.body:
                    if isinstance(line, ast.Assign) and any(
                        isinstance(target, ast.Name) and target.id == "operations" for target in line.targets
                    ):
                        _collect(line.value, "", found)
        return found

    def place(self, operation: str = "") -> Place:
        """Where an operation (``"2"``, ``"2.0"``) stands; that of the class where nobody knows."""
        while operation and operation not in self.lines:
            operation = operation.rpartition(".")[0]
        if operation:
            node = self.lines[operation]
            return Place(self.path, node.lineno, node.col_offset + 1, node.end_lineno)
        classes = [node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration"]
        return Place(self.path, classes[0].lineno) if classes else Place(self.path)

    def finding(
        self,
        code: Code,
        fact: str,
        why: str,
        instead: str = "",
        *,
        operation: str = "",
        table: str = "",
        place: Place | None = None,
    ) -> Finding:
        """A finding in this migration, with the severity of its code."""
        return Finding(
            code,
            self.name,
            place or self.place(operation),
            fact,
            why,
            instead,
            operation,
            table,
            code.severity,
        )


def _collect(value: ast.expr, above: str, found: dict[str, ast.expr]) -> None:
    if not isinstance(value, ast.List | ast.Tuple):
        return
    for number, element in enumerate(value.elts):
        path = f"{above}.{number}" if above else str(number)
        found[path] = element
        if isinstance(element, ast.Call):
            for inner in _database_operations(element):
                _collect(inner, path, found)


def _database_operations(call: ast.Call) -> Iterator[ast.expr]:
    """Those of a SeparateDatabaseAndState, which takes them first, or by their name."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "SeparateDatabaseAndState":
        yield from call.args[:1]
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "database_operations")
