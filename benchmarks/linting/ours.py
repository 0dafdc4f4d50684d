"""What ours says about each migration of the corpus; no database is asked. A process of its own, with the corpus' app.

python -m benchmarks.linting.ours DIRECTORY > reported.json
"""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.findings import Severity
from tests.lint_corpus.case import MIGRATE, SAFEMIGRATE, Case, Change
from tests.lint_corpus.cases import CASES
from tests.lint_corpus.project import BAD, GOOD, migrations_of

ROOT = Path(__file__).parents[2]
Reported = dict[str, dict[str, dict[str, list[str]]]]


def reported(directory: Path) -> Reported:
    """By case, runner and side, the codes; that of an error is ``UsageError``. ``directory``: where the corpus is written."""
    command = [sys.executable, "-m", "benchmarks.linting.ours", directory]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return json.loads(said.stdout)  # type: ignore[no-any-return]


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "nobody_connects"}},
        INSTALLED_APPS=["django_safemigrate", "shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SECRET_KEY="not a secret",
    )
    django.setup()
    json.dump(
        {case.name: {runner: _sides(case, runner) for runner in (SAFEMIGRATE, MIGRATE)} for case in CASES}, sys.stdout
    )


def _sides(case: Case, runner: str) -> dict[str, list[str]]:
    return {side: sorted(_codes(case, side, change, runner)) for side, change in ((BAD, case.bad), (GOOD, case.good))}


def _codes(case: Case, side: str, change: Change, runner: str) -> set[str]:
    # What is off unless a project asks for it is asked for, as the rules of other tools are.
    severities = {code: "info" for code in case.ours if all_codes()[code].severity is Severity.OFF}
    changed = {**case.settings, "SAFEMIGRATE": {"LINT": {"SEVERITY": severities}}}
    names = [name for name, _ in migrations_of(change)]
    said = StringIO()
    with override_settings(MIGRATION_MODULES={"shop": f"{case.name}.{side}"}, **changed):
        try:
            call_command("lintmigrations", "shop", *names, format="json", runner=runner, stdout=said)
        except SafeMigrateError as error:
            return {type(error).__name__}
        except SystemExit:  # there are errors among the findings
            pass
    lines = map(json.loads, said.getvalue().splitlines())
    return {line["code"] for line in lines if line["event"] == "finding"}


if __name__ == "__main__":
    main()
