"""Whether a migration can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations.operations import RunPython, RunSQL

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import operations, table_named
from django_safemigrate.values.findings import Code, Finding, Severity

from . import check

IRREVERSIBLE = Code(
    "SM401", "irreversible", Severity.WARNING, "An operation has no reverse, so nothing before it has one."
)


@check(IRREVERSIBLE)
def irreversible(seen: Inspected) -> Iterator[Finding]:
    """Code and SQL without a reverse, and other people's operations that say so."""
    for path, operation in operations(seen):
        if not operation.reversible:
            yield seen.finding(
                IRREVERSIBLE,
                f"{operation.describe()} cannot be taken back.",
                "migrate and safemigrate to an earlier migration stop here, and --abort of a half-done run does; "
                "so a deploy that goes wrong can only go forward.",
                _instead(operation),
                operation=path,
                table=table_named(seen, operation),
            )


def _instead(operation: object) -> str:
    if isinstance(operation, RunPython):
        name = getattr(operation.code, "__name__", "forwards")
        return f"migrations.RunPython({name}, reverse_code=migrations.RunPython.noop)  # or what undoes it"
    if isinstance(operation, RunSQL):
        return "migrations.RunSQL(..., reverse_sql=migrations.RunSQL.noop)  # or what undoes it"
    return ""
