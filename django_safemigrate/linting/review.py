"""A review: what is found in the selected migrations, and what of it counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import Code, Finding, LetPass, MigratesWith, Severity

from .baseline import Baseline
from .checks import Check, all_checks, all_codes
from .checks.phases import REFUSED
from .checks.review import FAILED
from .checks.suppressions import of_suppressions
from .inspected import Inspected
from .suppressions import suppressions

# A finding with this code: SQL could not be looked at, so nobody knows what is in it.
_NO_PARSER = "SM990"
_OF_SQL = ("SM2", "SM5")


@dataclass
class Review:
    """``findings``: those that count, in the order of migrations and lines; ``migrations``: the names of those looked at.
    ``suppressed``: findings that comments let pass, ``known``: those that are in the baseline.
    """

    findings: list[Finding] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)

    def at_least(self, severity: Severity) -> list[Finding]:
        """Those that are as bad as this, or worse."""
        order = list(Severity)
        return [one for one in self.findings if order.index(one.severity) <= order.index(severity)]


class Reviewing:
    """Puts migrations to every check. ``severities``: what the settings say of codes; ``live``: a database was asked, too."""

    def __init__(
        self,
        severities: Mapping[str, Severity],
        migrates_with: MigratesWith,
        baseline: Baseline | None = None,
        *,
        live: bool = False,
    ) -> None:
        self._severity = {code: severity_of(known, severities) for code, known in all_codes().items()}
        self._baseline = baseline or Baseline()
        self._told = {
            code
            for code, known in all_codes().items()
            if known.only_with in {None, migrates_with}
            and self._severity[code] is not Severity.OFF
            and (live or known is not REFUSED)
        }

    def run(self, migrations: Iterable[Inspected]) -> Review:
        """Each migration is looked at before the next one is asked for."""
        review = Review()
        for seen in migrations:
            review.migrations.append(seen.name)
            self._look(seen, review)
        review.findings += self._counting(self._baseline.stale(review.migrations, self._told))
        return review

    def _look(self, seen: Inspected, review: Review) -> None:
        found = [finding for check in all_checks() for finding in _findings_of(check, seen)]
        comments = suppressions(seen)
        left: list[Finding] = []
        for finding in found:
            lets_pass = [one for one in comments if one.reason and one.covers(finding)]
            for one in lets_pass:
                one.used.add(finding.code.code)
            if not lets_pass:
                left.append(finding)
            else:
                passes = LetPass(in_source=True, reason=lets_pass[0].reason)
                review.suppressed += self._counting([replace(finding, passes=passes)])
        if comments:
            left += of_suppressions(seen, comments, _without_parser(self._told, found))
        for finding in sorted(self._counting(left), key=lambda one: (one.place.line, one.code.code)):
            if self._baseline.takes(finding):
                review.known.append(replace(finding, passes=LetPass(in_source=False)))
            else:
                review.findings.append(finding)

    def _counting(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Those that are looked for, with their severity."""
        for finding in findings:
            if finding.code.code in self._told:
                yield replace(finding, severity=self._severity[finding.code.code])


def _findings_of(check: Check, seen: Inspected) -> Iterator[Finding]:
    """A check that trips over a migration is no reason to look at nothing else."""
    try:
        yield from list(check(seen))
    except Exception as error:  # whatever other people's operations do to it
        yield seen.finding(
            FAILED,
            f"The check {check.__module__.rpartition('.')[2]}.{check.__name__} could not look at {seen.name}: {error!r}.",
            "What it looks for is not found here.",
            "Report it, with the migration: that is a mistake in the linter.",
        )


def _without_parser(told: Collection[str], found: Iterable[Finding]) -> Collection[str]:
    if any(one.code.code == _NO_PARSER for one in found):
        return {code for code in told if not code.startswith(_OF_SQL)}
    return told


def severity_of(code: Code, severities: Mapping[str, Severity]) -> Severity:
    """What the settings say: the longest beginning of the code counts."""
    for length in range(len(code.code), 0, -1):
        if code.code[:length] in severities:
            return severities[code.code[:length]]
    return code.severity


def check_severities(severities: Mapping[str, Severity]) -> None:
    """Whether there are the codes that the setting names. Raises ``UsageError``."""
    for code in severities:
        if not any(known.startswith(code) for known in all_codes()):
            raise unknown_code(code, "SAFEMIGRATE['LINT']['SEVERITY'] names it.")


def unknown_code(code: str, where: str) -> UsageError:
    """There is no such code, or none that begins so."""
    close = get_close_matches(code.upper(), all_codes(), n=1)
    return UsageError(
        f"There is no code {code!r}." + (f" Did you mean {close[0]}?" if close else ""),
        where,
        "Run: manage.py lintmigrations --list-codes",
    )
