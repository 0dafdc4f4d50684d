"""The phase of a migration that says a wrong one, where its operations leave no doubt."""

from __future__ import annotations

from django_safemigrate.linting.checks.phases import CONTRADICTED

from .file import MigrationFile
from .fixers import Found, fixer

_PHASES = {"safe = Safe.before_deploy()", "safe = Safe.after_deploy()"}


@fixer(CONTRADICTED)
def other_phase(file: MigrationFile, found: Found) -> MigrationFile | None:
    """What the file says is what the finding says to write."""
    wanted = found.finding.instead
    if wanted not in _PHASES or not file.source("safe").startswith("Safe."):
        return None
    return file.with_attribute("safe", wanted.removeprefix("safe = "))
