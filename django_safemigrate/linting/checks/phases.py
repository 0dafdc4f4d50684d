"""Which phase a migration belongs to, and whether it has one."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.decisions.assigning import Source
from django_safemigrate.decisions.inferring import Place
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Code, Finding, Severity

from . import check

MIXED = Code(
    "SM101",
    "mixes-phases",
    Severity.ERROR,
    "Some operations belong before the deploy and some after it, in one migration.",
)


@check(MIXED)
def mixed(seen: Inspected) -> Iterator[Finding]:
    """As one migration it breaks one of the two releases, in whichever phase it runs."""
    if seen.assigned.source is Source.DECLARED or not seen.inferred.is_mixed:
        return
    if any(one.place is Place.NEITHER for one in seen.inferred.operations):
        return
    problem = seen.assigned.problem
    operations = "; ".join(str(one) for one in seen.inferred.operations if one.place is not Place.EITHER)
    yield seen.finding(
        MIXED,
        f"{seen.name} mixes phases: {operations}.",
        problem.reason
        if problem
        else "As one migration it breaks one of the two releases, in whichever phase it runs.",
        problem.remedy if problem else "",
    )
