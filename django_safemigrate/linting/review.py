"""A review: what is found in the selected migrations, and what of it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import Code, Finding, Severity

from .checks import all_checks, all_codes
from .inspected import Inspected


@dataclass
class Review:
    """``findings``: those that count, in the order of migrations and lines; ``migrations``: how many were looked at."""

    findings: list[Finding] = field(default_factory=list)
    migrations: int = 0

    def worst(self, severity: Severity) -> list[Finding]:
        """Those that are as bad as this, or worse."""
        order = list(Severity)
        return [one for one in self.findings if order.index(one.severity) <= order.index(severity)]


def review(migrations: Iterable[Inspected], severities: Mapping[str, Severity]) -> Review:
    """Put every migration to every check."""
    result = Review()
    for seen in migrations:
        result.migrations += 1
        result.findings += sorted(_found(seen, severities), key=lambda one: (one.place.line, one.code.code))
    return result


def _found(seen: Inspected, severities: Mapping[str, Severity]) -> Iterator[Finding]:
    for check in all_checks():
        for finding in check(seen):
            if finding.code.only_with not in {None, seen.conditions.migrates_with}:
                continue
            severity = severity_of(finding.code, severities)
            if severity is not Severity.OFF:
                yield replace(finding, severity=severity)


def severity_of(code: Code, severities: Mapping[str, Severity]) -> Severity:
    """What the settings say: the longest beginning of the code counts."""
    for length in range(len(code.code), 0, -1):
        if code.code[:length] in severities:
            return severities[code.code[:length]]
    return code.severity


def check_severities(severities: Mapping[str, Severity]) -> None:
    """Whether there are the codes that the setting names. Raises ``UsageError``."""
    known = all_codes()
    for code in severities:
        if not any(its.startswith(code) for its in known):
            raise unknown_code(code, "SAFEMIGRATE['LINT']['SEVERITY'] names it.")


def unknown_code(code: str, where: str) -> UsageError:
    """There is no such code, or none that begins so."""
    close = get_close_matches(code, all_codes(), n=1)
    return UsageError(
        f"There is no code {code!r}." + (f" Did you mean {close[0]}?" if close else ""),
        where,
        "Run: manage.py lintmigrations --list-codes",
    )
