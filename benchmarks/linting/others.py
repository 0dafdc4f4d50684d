"""What the other tools say about each migration of the corpus. This runs in their environment, as a process of its own.

    python -m benchmarks.linting.others DIRECTORY < asked.json > reported.json

``asked``: the entry of ``DATABASES``, and for each case its settings and whether its code has to be asked for.
``reported``: by case, side and tool, the codes; ``ERROR`` for a tool that ends in an exception.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

ERROR = "error"
SIDES = ("bad", "good")
Reported = dict[str, dict[str, dict[str, list[str]]]]


def main() -> None:
    directory, asked = Path(sys.argv[1]), json.load(sys.stdin)
    _set_up(directory, asked["database"])
    reported: Reported = {case: {side: {} for side in SIDES} for case in asked["cases"]}
    for case, about in asked["cases"].items():
        for side in SIDES:
            reported[case][side].update(_by_django(f"{case}.{side}", directory, about))
    for case, side, tool, codes in [*_squawk(directory, asked["cases"]), *_flake8(directory)]:
        reported[case][side][tool] = codes
    json.dump(reported, sys.stdout)


def _set_up(directory: Path, database: dict[str, Any]) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    sys.path.insert(0, str(directory))
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SECRET_KEY="not a secret",
    )
    django.setup()
    first = next(directory.glob("*/good")).parent.name
    with override_settings(MIGRATION_MODULES={"shop": f"{first}.good"}):
        call_command("migrate", "shop", "0001", verbosity=0)


def _by_django(package: str, directory: Path, about: dict[str, Any]) -> dict[str, list[str]]:
    """The tools that look at migrations by Django's loader; besides, their SQL is written for squawk."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.test import override_settings

    with override_settings(MIGRATION_MODULES={"shop": package}, **about["settings"]):
        loader = MigrationLoader(connection)
        changes = [one for (_, name), one in loader.disk_migrations.items() if name != "0001_initial"]
        for change in changes:
            said = StringIO()
            try:
                call_command("sqlmigrate", "shop", change.name, stdout=said, no_color=True)
            except Exception as error:
                said = StringIO(f"-- {type(error).__name__}")
            (directory / package.replace(".", "/") / f"{change.name}.sql").write_text(said.getvalue())
        return {
            "django-migration-linter": _codes(lambda: _migration_linter(changes)),
            "django-safe-migrations": _codes(lambda: _safe_migrations(about["opt_in"])),
        }


def _codes(look: Callable[[], list[str]]) -> list[str]:
    try:
        return sorted(set(look()))
    except Exception:
        return [ERROR]


def _migration_linter(changes: list[Any]) -> list[str]:
    from django_migration_linter import MigrationLinter

    found: list[str] = []

    class Recording(MigrationLinter):  # type: ignore[misc]
        def print_errors(self, errors: list[Any]) -> None:
            found.extend(one.code for one in errors)

        print_warnings = print_errors

    linter = Recording(no_cache=True, no_output=True)
    for change in changes:
        linter.lint_migration(change)
    return found


def _safe_migrations(reverse: bool) -> list[str]:
    from django_safe_migrations.analyzer import MigrationAnalyzer

    analyzer = MigrationAnalyzer(db_vendor="postgresql", check_reverse=reverse)
    # What is said about the app as a whole names no migration.
    return [one.rule_id for one in analyzer.analyze_all(exclude_apps=[]) if one.migration_name != "0001_initial"]


def _squawk(directory: Path, cases: dict[str, Any]) -> Iterator[tuple[str, str, str, list[str]]]:
    programs = Path(sys.executable).parent
    for case, about in cases.items():
        asked = ["--include", about["code"]] if about["opt_in"] and about["tool"] == "squawk" else []
        for side in SIDES:
            files = sorted(str(file) for file in (directory / case / side).glob("*.sql"))
            said = subprocess.run(
                [programs / "squawk", "--reporter", "json", *asked, *files], capture_output=True, text=True, timeout=60
            )
            yield case, side, "squawk", sorted({one["rule_name"] for one in json.loads(said.stdout)})


def _flake8(directory: Path) -> Iterator[tuple[str, str, str, list[str]]]:
    said = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "DM", "--format", "%(path)s %(code)s", "."],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
    )
    for line in said.stdout.splitlines():
        path, code = line.split()
        case, side = Path(path).parts[-3:-1]
        yield case, side, "flake8-django-migrations", [code]


if __name__ == "__main__":
    main()
