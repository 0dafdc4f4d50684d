"""Which phase a migration belongs to, whether it has one, and whether the running release bears it."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.decisions.assigning import Source
from django_safemigrate.decisions.inferring import Judged, Place
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import changes_an_index_only, path_of, table_named
from django_safemigrate.values.findings import Code, Finding, MigratesWith, Severity
from django_safemigrate.values.phases import When, declared

from . import check

MIXED = Code(
    "SM101",
    "mixes-phases",
    Severity.ERROR,
    "Some operations belong before the deploy and some after it, in one migration.",
    MigratesWith.SAFEMIGRATE,
)
CONTRADICTED = Code(
    "SM102",
    "wrong-phase",
    Severity.ERROR,
    "A migration says that it runs in a phase in which one of its operations is not safe.",
    MigratesWith.SAFEMIGRATE,
)
UNSAID = Code(
    "SM103",
    "no-phase",
    Severity.ERROR,
    "A migration does not say in which phase it runs, and its operations do not show it.",
    MigratesWith.SAFEMIGRATE,
)
UNSAFE = Code(
    "SM104", "no-safe-phase", Severity.ERROR, "An operation breaks one of the two releases, in whichever phase it runs."
)
BEHIND = Code(
    "SM105",
    "contract-before-expand",
    Severity.ERROR,
    "A migration that has to run before the deploy depends on one that runs after it.",
    MigratesWith.SAFEMIGRATE,
)
REFUSED = Code(
    "SM107",
    "refused",
    Severity.ERROR,
    "On the database at hand, safemigrate would not run the migration.",
    MigratesWith.SAFEMIGRATE,
)
BREAKING = Code(
    "SM108",
    "breaks-running-release",
    Severity.ERROR,
    "An operation takes away what the running release uses, and migrate runs it before the deploy.",
    MigratesWith.MIGRATE,
)


@check(MIXED)
def mixed(seen: Inspected) -> Iterator[Finding]:
    """One that says in which phase it runs is left to ``contradicted``."""
    places = {one.place for one in seen.inferred.operations}
    problem = seen.assigned.problem
    if problem is not None and seen.inferred.is_mixed and Place.NEITHER not in places:
        deciding = [one for one in seen.inferred.operations if one.place is not Place.EITHER]
        yield seen.finding(
            MIXED,
            f"{seen.name} {problem.brief}.",
            "\n".join([problem.reason, *(f"- {one}" for one in deciding)]),
            problem.remedy,
        )


@check(CONTRADICTED)
def contradicted(seen: Inspected) -> Iterator[Finding]:
    """By its file or by the settings, against what its operations say."""
    assigned = seen.assigned
    if assigned.source is Source.NOBODY or not assigned.warning:
        return
    who = "in its file" if assigned.source is Source.DECLARED else "by your settings"
    yield seen.finding(
        CONTRADICTED,
        f"{seen.name} is declared {_phase(assigned.safe.when)} {who}, and not all of it is safe there.",
        f"{assigned.warning[0].upper()}{assigned.warning[1:]}.",
        _other_phase(seen),
    )


def _other_phase(seen: Inspected) -> str:
    places = seen.inferred.places - {Place.UNKNOWN}
    if places == {Place.AFTER}:
        return "safe = Safe.after_deploy()"
    if places == {Place.BEFORE}:
        return "safe = Safe.before_deploy()"
    return f"Run: manage.py safemigrate --split {seen.migration.app_label} {seen.migration.name}"


@check(UNSAID)
def unsaid(seen: Inspected) -> Iterator[Finding]:
    """Code that nobody can see into: only its author knows."""
    problem = seen.assigned.problem
    if problem is not None and not seen.inferred.is_mixed:
        opaque = seen.inferred.unknown
        fact = f"{seen.name} {problem.brief}"
        if opaque:
            fact += f": {opaque[0].operation.describe()}"
        path = path_of(seen, opaque[0].operation) if len(opaque) == 1 else ""
        yield seen.finding(UNSAID, f"{fact}.", problem.reason, problem.remedy, operation=path)


@check(UNSAFE)
def unsafe(seen: Inspected) -> Iterator[Finding]:
    """Whoever has declared a phase for it has insisted; the running release breaks all the same."""
    for one in seen.inferred.operations:
        if one.place is Place.NEITHER:
            yield _of_operation(
                seen, UNSAFE, one, "In whichever phase it runs, the code of one of the two releases fails.", one.remedy
            )


@check(BEHIND)
def behind(seen: Inspected) -> Iterator[Finding]:
    """Judged as the plan of a phase does."""
    other = seen.around.behind
    if other:
        yield seen.finding(
            BEHIND,
            f"{seen.name} has to run before the deploy, and depends on {other}, which runs after it.",
            f"safemigrate runs nothing then (exit status 4): {other} would take away what the running release still uses.",
            f"Let it depend on what comes before {other}, or deploy the release of {other} first, both phases.",
        )


@check(REFUSED)
def refused(seen: Inspected) -> Iterator[Finding]:
    """What the compiler says, which knows the tables as they are."""
    if seen.around.refused:
        fact, _, rest = seen.around.refused.partition("\n")
        yield seen.finding(REFUSED, fact, "safemigrate refuses it (exit status 8), and nothing of it is begun.", rest)


@check(BREAKING)
def breaking(seen: Inspected) -> Iterator[Finding]:
    """With ``migrate`` nobody keeps phases: a contract is deployed with a release that comes later, and says so."""
    after = hasattr(seen.migration, "safe") and declared(seen.migration).when is When.AFTER_DEPLOY
    for one in seen.inferred.operations:
        if changes_an_index_only(seen, one.operation):  # queries get slower, and none fails
            continue
        if one.place is Place.BOTH or (one.place is Place.AFTER and not after):
            yield _of_operation(
                seen,
                BREAKING,
                one,
                "migrate runs before the new code is everywhere: until then the old code fails on it.",
                _in_a_release_of_its_own(one),
            )


def _in_a_release_of_its_own(one: Judged) -> str:
    if one.place is Place.AFTER:
        return (
            "Deploy the code that no longer needs it first, and this migration with the release after that; "
            "safe = Safe.after_deploy() says that it is such a one.\n"
            "Or let safemigrate run the migrations: it keeps the two phases of a deploy apart."
        )
    return "Let makemigrations of django_safemigrate write it: it makes a migration for each phase of the deploy."


def _of_operation(seen: Inspected, code: Code, one: Judged, why: str, instead: str) -> Finding:
    return seen.finding(
        code,
        f"{one.operation.describe()}: {one.why}.",
        why,
        instead,
        operation=path_of(seen, one.operation),
        table=table_named(seen, one.operation),
    )


def _phase(when: When) -> str:
    return {
        When.BEFORE_DEPLOY: "to run before the deploy",
        When.AFTER_DEPLOY: "to run after the deploy",
        When.ALWAYS: "to run in either phase",
    }[when]
