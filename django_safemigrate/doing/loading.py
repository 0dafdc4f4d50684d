"""The graph of migrations, loaded; what is wrong with it, in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db.migrations.exceptions import (
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)

from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.events import Report

from .runner import Runner


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


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """What Django says of a graph that cannot be, as ``UsageError``."""
    try:
        yield
    except CircularDependencyError as error:
        raise UsageError(
            f"The migrations depend on each other in a circle: {error}.",
            "There is no order in which they could run.",
            "Remove one of these dependencies from its migration file.",
        ) from None
    except NodeNotFoundError as error:
        raise UsageError(
            str(error),
            "A migration depends on one that does not exist (any more).",
            "Correct the dependencies of that migration, or bring the missing file back.",
        ) from None
    except InconsistentMigrationHistory as error:
        raise UsageError(
            str(error),
            "The recorded history cannot have happened in this order.",
            "Compare manage.py showmigrations --plan with the files; record the missing one with migrate --fake.",
        ) from None
