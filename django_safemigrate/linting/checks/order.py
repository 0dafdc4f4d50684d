"""The order of migrations: what follows what, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.migrations.operations import AddField, AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.utils import resolve_relation

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import path_of
from django_safemigrate.values.fields import AnyField
from django_safemigrate.values.findings import Code, Finding, Severity

from . import check

CONFLICT = Code("SM405", "conflicting-migrations", Severity.ERROR, "An app has several last migrations.")
SAME_NUMBER = Code("SM406", "same-number", Severity.INFO, "Two migrations of an app have the same number.")
DEPENDENCY = Code(
    "SM407", "missing-dependency", Severity.ERROR, "A migration refers to a model of an app that it does not depend on."
)
UNFIT = Code("SM408", "does-not-fit", Severity.ERROR, "An operation does not fit the models before it.")


@check(CONFLICT)
def conflict(seen: Inspected) -> Iterator[Finding]:
    """As ``migrate`` does."""
    others = seen.around.other_leaves
    if others:
        yield seen.finding(
            CONFLICT,
            f"{seen.migration.app_label} has several last migrations: {seen.migration.name}, {', '.join(others)}.",
            "Nobody knows in which order they run, so neither migrate nor safemigrate runs anything.",
            f"Run: manage.py makemigrations --merge {seen.migration.app_label}\n"
            "Or let the later one depend on the other, and give it the next number.",
        )


@check(SAME_NUMBER)
def same_number(seen: Inspected) -> Iterator[Finding]:
    """Where they are in conflict, that is said already."""
    others = seen.around.same_number
    if others and not seen.around.other_leaves:
        yield seen.finding(
            SAME_NUMBER,
            f"{seen.name} has the number of {', '.join(others)}.",
            "The names no longer show in which order they run, and migrate by number is ambiguous.",
            "Rename the file of what is applied nowhere, and correct what depends on it.",
        )


@check(DEPENDENCY)
def dependency(seen: Inspected) -> Iterator[Finding]:
    """Relations to models of apps whose migrations may run later, depending on the order in which apps are listed."""
    for operation in seen.migration.operations:
        for app_label, model in sorted(_referred(operation, seen.migration.app_label)):
            if _has_migrations(seen, app_label) and not seen.depends_on(app_label):
                yield seen.finding(
                    DEPENDENCY,
                    f"{operation.describe()} refers to {app_label}.{model}, and its migration does not depend on that app.",
                    f"Where the migrations of {app_label} run later, as on a new database they may, it fails.",
                    f'dependencies = [..., ("{app_label}", "__first__")]  # or the migration that makes {model}',
                    operation=path_of(seen, operation),
                )


def _has_migrations(seen: Inspected, app_label: str) -> bool:
    return app_label in apps.app_configs and app_label not in seen.before.real_apps


def _referred(operation: Operation, app_label: str) -> set[tuple[str, str]]:
    """The models of other apps that an operation refers to."""
    fields: list[AnyField] = []
    found: set[tuple[str, str]] = set()
    if isinstance(operation, CreateModel):
        fields = [field for _, field in operation.fields]
        found = {resolve_relation(base, app_label) for base in operation.bases or () if isinstance(base, str)}
    elif isinstance(operation, AddField | AlterField):
        fields = [operation.field]
    for field in fields:
        for target in _targets(field):
            found.add(resolve_relation(target, app_label, "self"))
    return {(app, model) for app, model in found if app != app_label}


def _targets(field: AnyField) -> Iterator[Any]:
    remote = field.remote_field
    if remote is not None:
        yield from (model for model in (remote.model, getattr(remote, "through", None)) if model is not None)


@check(UNFIT)
def unfit(seen: Inspected) -> Iterator[Finding]:
    """What Django would say when the migration runs."""
    found = seen.around.unfit
    if found is not None:
        yield seen.finding(
            UNFIT,
            f"{found.operation.describe()} does not fit the models before it: {found.error}.",
            "migrate and safemigrate end with this error, and so does whoever makes a new database.",
            "Correct the operation, or the dependencies of the migration.",
            operation=found.path,
        )
