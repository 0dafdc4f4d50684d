"""The graph of migrations, loaded."""

from __future__ import annotations

from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.events import Report

from .runner import Runner
from .unloadable import in_words


def loaded_runner(connection: Connection, report: Report) -> Runner:
    """A runner with the migrations of the project and what of them is applied. Raises ``UsageError``."""
    with in_words():
        runner = Runner(connection, report)
        runner.loader.check_consistent_history(connection)
    conflicts = runner.loader.detect_conflicts()
    if conflicts:
        names = "; ".join(f"{', '.join(sorted(names))} in {app}" for app, names in sorted(conflicts.items()))
        raise UsageError(
            f"Conflicting migrations: {names}.",
            "Each of these apps has more than one last migration, so their order is not known.",
            "Run: manage.py makemigrations --merge",
        )
    return runner
