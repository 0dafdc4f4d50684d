"""What ours says about each migration of the corpus; no database is asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.test import override_settings

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.findings import Severity
from tests.lint_corpus.case import Case, Change
from tests.lint_corpus.project import BAD, GOOD, migrations_of


@contextmanager
def corpus(directory: Path) -> Iterator[None]:
    """The app of a directory that ``tests.lint_corpus.project.write`` has filled is installed, and nothing but it."""
    sys.path.insert(0, str(directory))
    try:
        with override_settings(INSTALLED_APPS=["django_safemigrate", "shop"]):
            yield
    finally:
        sys.path.remove(str(directory))
        apps.clear_cache()
        for name in [name for name, module in sys.modules.items() if _is_in(module, directory)]:
            del sys.modules[name]


def reported(case: Case, runner: str) -> dict[str, set[str]]:
    """The codes, by side; that of an error is ``UsageError``. Asked inside ``corpus``."""
    return {side: _codes(case, side, change, runner) for side, change in ((BAD, case.bad), (GOOD, case.good))}


def _codes(case: Case, side: str, change: Change, runner: str) -> set[str]:
    # What is off unless a project asks for it is asked for, as the rules of other tools are.
    severities = {code: "info" for code in case.ours if all_codes()[code].severity is Severity.OFF}
    settings = {**case.settings, "SAFEMIGRATE": {"LINT": {"SEVERITY": severities}}}
    names = [name for name, _ in migrations_of(change)]
    said = StringIO()
    with override_settings(MIGRATION_MODULES={"shop": f"{case.name}.{side}"}, **settings):
        try:
            call_command("lintmigrations", "shop", *names, format="json", runner=runner, stdout=said)
        except SafeMigrateError as error:
            return {type(error).__name__}
        except SystemExit:  # there are errors among the findings
            pass
    lines = map(json.loads, said.getvalue().splitlines())
    return {line["code"] for line in lines if line["event"] == "finding"}


def _is_in(module: object, directory: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(directory)
