"""What is wrong with the graph of migrations, in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db.migrations.exceptions import (
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)

from django_safemigrate.values.errors import UsageError


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
