"""What is found in a migration: one fact, why it matters, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Severity(Enum):
    """How much a finding counts, the worst first. With an error the command fails; OFF: it is not looked for."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


class MigratesWith(Enum):
    """Who runs the migrations: what one of them makes safe by itself is a finding for the other."""

    SAFEMIGRATE = "safemigrate"
    MIGRATE = "migrate"


@dataclass(frozen=True)
class Code:
    """A kind of finding. ``code`` is stable: suppressions, baselines and settings name it; ``name`` says it in words.

    ``title`` is one sentence for lists. ``only_with``: it is a finding only where that command runs the migrations.
    """

    code: str
    name: str
    severity: Severity
    title: str
    only_with: MigratesWith | None = None

    @property
    def url(self) -> str:
        """Its section of the documentation."""
        return f"{DOCS}#{self.code.lower()}-{self.name}"


DOCS = "https://django-safemigrate-pg.readthedocs.io/en/latest/lint-codes.html"


@dataclass(frozen=True)
class Place:
    """Lines and columns of a file count from 1; ``path`` is None for a migration that has no file."""

    path: Path | None
    line: int = 1
    column: int = 1
    end_line: int | None = None


@dataclass(frozen=True)
class LetPass:
    """Why a finding does not count: ``in_source``, a comment in its migration with the reason; else the baseline knows it."""

    in_source: bool
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """``migration`` is ``app.name``. ``fact`` is one line with the user's own names; ``why``: which lock, who waits, for how
    long at which size; ``instead``: the corrected code or the next command. ``operation`` is its place in the list of
    operations (``"2"``, ``"2.0"`` inside a SeparateDatabaseAndState), ``table`` the table's name in the database; both may be
    empty. ``severity``: that of its code, or what settings say. ``fixable``: whether ``--fix`` corrects it
    where its migration is not applied; said in JSON alone. ``passes``: why it does not count; None where it does.
    """

    code: Code
    migration: str
    place: Place
    fact: str
    why: str
    instead: str = ""
    operation: str = ""
    table: str = ""
    severity: Severity = Severity.WARNING
    fixable: bool = False
    passes: LetPass | None = None

    @property
    def fingerprint(self) -> tuple[str, str, str, str]:
        """What stays the same when lines move: for baselines."""
        return self.code.code, self.migration, self.operation, self.table
