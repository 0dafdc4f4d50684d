"""Every way in which the package says no, and the exit status that goes with it.

    CommandError (Django's)
    └── SafeMigrateError          1  a migration failed
        ├── ModelsFirst           1  makemigrations: its author has chosen to change the models first; nothing was written
        ├── UsageError            2  bad argument, setting or migration; nothing was touched
        │   └── InvalidSafe
        ├── DatabaseUnavailable   3  not reachable, or not enough rights; nothing was touched
        ├── Blocked               4  the plan cannot run in this phase; nothing was touched
        ├── LockUnavailable       5  somebody held a lock for too long; the next run goes on from here
        ├── DefinitionConflict    6  a column or index of that name exists with another definition
        ├── Refused               8  an operation has no safe way; nothing of it was begun
        ├── OffendingRows         9  rows break a constraint that is to be added; nothing of it was begun
        └── LeaseLost            10  another runner has taken over

The text of each is: the fact, the reason, and the next command, a line each.
"""

from __future__ import annotations

from django.core.management.base import CommandError


class SafeMigrateError(CommandError):
    """A migration failed. ``returncode`` is the exit status of the command."""

    status = 1

    def __init__(self, fact: str, reason: str = "", next_command: str = "") -> None:
        self.fact, self.reason, self.next_command = fact, reason, next_command
        super().__init__("\n".join(line for line in (fact, reason, next_command) if line), returncode=self.status)


class ModelsFirst(SafeMigrateError):
    """The author of a change has been asked, and wants to write something into the models before there is a migration."""


class UsageError(SafeMigrateError):
    """An argument, a setting or a migration file is wrong."""

    status = 2


class InvalidSafe(UsageError):
    """A migration's ``safe`` is not a ``Safe``."""

    def __init__(self, app_label: str, name: str, value: object) -> None:
        super().__init__(
            f"{app_label}.{name} has safe = {value!r}, which is not a Safe.",
            "safemigrate cannot tell in which phase it may run.",
            "Write one of: safe = Safe.before_deploy(), safe = Safe.after_deploy(), safe = Safe.always()",
        )


class DatabaseUnavailable(SafeMigrateError):
    """The database is not reachable, or the role may not do what the plan needs."""

    status = 3


class Blocked(SafeMigrateError):
    """A migration of this phase waits for one that must not run in this phase."""

    status = 4


class LockUnavailable(SafeMigrateError):
    """The time that a run may wait for locks is over."""

    status = 5


class DefinitionConflict(SafeMigrateError):
    """Something with the wanted name exists already, but is something else."""

    status = 6


class Refused(SafeMigrateError):
    """An operation would keep others waiting, or break the running release.

    ``certain`` is False where operations before it may change that.
    """

    status = 8

    def __init__(self, fact: str, reason: str = "", next_command: str = "", *, certain: bool = True) -> None:
        super().__init__(fact, reason, next_command)
        self.certain = certain


class OffendingRows(SafeMigrateError):
    """Rows are there that a new constraint does not allow."""

    status = 9


class LeaseLost(SafeMigrateError):
    """This runner has lost its session, and another one has taken over."""

    status = 10
