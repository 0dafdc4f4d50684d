"""When a migration may run: the ``safe`` attribute of a migration class.

The public surface (``Safe``, ``When``) is that of django-safemigrate 6.0, so that a project can switch without an edit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.serializer import serializer_factory

from .errors import InvalidSafe, UsageError


class When(Enum):
    """Where in a deploy a migration belongs."""

    ALWAYS = "always"
    BEFORE_DEPLOY = "before_deploy"
    AFTER_DEPLOY = "after_deploy"


class Phase(Enum):
    """Which half of a deploy ``safemigrate`` is asked to run."""

    BEFORE_DEPLOY = "before_deploy"
    AFTER_DEPLOY = "after_deploy"

    @property
    def title(self) -> str:
        return "before deploy" if self is Phase.BEFORE_DEPLOY else "after deploy"

    @property
    def command(self) -> str:
        """What to type to run this phase."""
        return "manage.py safemigrate" + (" --after-deploy" if self is Phase.AFTER_DEPLOY else "")


@dataclass(frozen=True)
class Safe:
    """When a migration is safe to run; write it into a migration class as ``safe = Safe.before_deploy()``.

    ``delay`` (only for ``after_deploy``) is counted from the end of the first phase before deploy that saw the migration.
    """

    when: When
    delay: timedelta | None = None

    @classmethod
    def always(cls) -> Safe:
        """In either phase: nothing that is running minds."""
        return cls(When.ALWAYS)

    @classmethod
    def before_deploy(cls) -> Safe:
        """Expand: the database accepts more than before; the new code needs it, the old code does not mind."""
        return cls(When.BEFORE_DEPLOY)

    @classmethod
    def after_deploy(cls, *, delay: timedelta | None = None) -> Safe:
        """Contract: the database accepts less than before; no code of the old release may be running."""
        return cls(When.AFTER_DEPLOY, delay)

    def as_source(self) -> tuple[str, set[str]]:
        """The expression that makes this value in a migration file, and the import lines that it needs."""
        imports = {"from django_safemigrate import Safe"}
        if self.delay is None:
            return f"Safe.{self.when.value}()", imports
        delay, delay_imports = serializer_factory(self.delay).serialize()
        return f"Safe.{self.when.value}(delay={delay})", imports | set(delay_imports)


def declared(migration: Migration) -> Safe:
    """The ``safe`` of a migration: ``Safe.always()`` where it has none; ``Safe.before_deploy`` uncalled counts too.

    Raises ``InvalidSafe`` for anything that is not a ``Safe``, ``UsageError`` for a delay that is not a ``timedelta``.
    """
    value: Any = getattr(migration, "safe", None)
    if value is None and not hasattr(migration, "safe"):
        return Safe.always()
    factories: tuple[Callable[[], Safe], ...] = (Safe.always, Safe.before_deploy, Safe.after_deploy)
    for factory in factories:
        if value == factory:
            return factory()
    if not isinstance(value, Safe):
        raise InvalidSafe(migration.app_label, migration.name, value)
    if not isinstance(value.delay, timedelta | None):
        raise UsageError(
            f"{migration.app_label}.{migration.name} has a delay of {value.delay!r}, which is not a timedelta.",
            "safemigrate cannot tell from when on it may run.",
            "Write for example: safe = Safe.after_deploy(delay=timedelta(days=2))",
        )
    return value
