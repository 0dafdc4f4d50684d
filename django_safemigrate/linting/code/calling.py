"""Findings about how a function is called, and which database it asks (SM306, SM307)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections, router
from django.db.migrations.operations import RunPython

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Finding

from .codes import ARGUMENTS, DEFAULT
from .examined import Examined
from .facts import Kind
from .places import place_of


def findings(inspected: Inspected, one: Examined) -> Iterator[Finding]:
    """Of both ways; which database is asked, once."""
    for code in (one.operation.code, one.operation.reverse_code):
        if code is not None and not _takes_two(code):
            yield _wrong(inspected, one, code)
    facts = [fact for fact in one.facts if fact.kind is Kind.DEFAULT]
    if facts and (names := _databases(inspected.migration.app_label, one.operation)):
        yield inspected.finding(
            DEFAULT,
            f"{one.name} asks the default database, and runs on {' and '.join(names)}.",
            "Where another database is migrated, it changes the rows of the default one, a second time.",
            "alias = schema_editor.connection.alias\nModel.objects.using(alias)...  # and schema_editor.connection.cursor()",
            operation=one.path,
            place=place_of(inspected, one, facts[0]),
        )


def _takes_two(code: Callable[..., Any]) -> bool:
    """Whether it can be called with the registry and the editor; of what has no signature that is not known."""
    try:
        signature = inspect.signature(code)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(None, None)
    except TypeError:
        return False
    return True


def _wrong(inspected: Inspected, one: Examined, code: Callable[..., Any]) -> Finding:
    name = getattr(code, "__name__", "code")
    return inspected.finding(
        ARGUMENTS,
        f"RunPython calls {name} with two arguments, and it takes {inspect.signature(code)}.",
        "It ends in a TypeError when it runs.",
        f"def {name if name.isidentifier() else 'code'}(apps, schema_editor): ...",
        operation=one.path,
    )


def _databases(app_label: str, operation: RunPython) -> list[str]:
    """Those that the code runs on, where there are several; copies for reading do not count."""
    names = [
        name
        for name, settings in connections.settings.items()
        if not settings.get("TEST", {}).get("MIRROR") and router.allow_migrate(name, app_label, **operation.hints)
    ]
    return sorted(names) if len(names) > 1 else []
