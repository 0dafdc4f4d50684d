"""Findings that are known: those of an old project, which are to be left alone while no new ones come."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import Finding, Place

from .checks import all_codes
from .checks.review import STALE

Fingerprint = tuple[str, str, str, str]

_VERSION = 1
_KEYS = ("code", "migration", "operation", "table")


class Baseline:
    """How often each finding is known, as a file has it; those without a file (``path`` is None) are none."""

    def __init__(self, path: Path | None = None, known: Iterable[Fingerprint] = ()) -> None:
        self._path, self._left = path, Counter(known)

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is known; each entry stands for one."""
        known = self._left[finding.fingerprint] > 0
        if known:
            self._left[finding.fingerprint] -= 1
        return known

    def stale(self, migrations: Collection[str], told: Collection[str]) -> list[Finding]:
        """Entries of migrations (``app.name``) that were looked at, with codes that could have been found, which were not."""
        return [
            Finding(
                STALE,
                migration,
                Place(self._path),
                f"The baseline names {code} in {migration}, and it is no longer found there.",
                "It would hide what comes later.",
                f"Run: manage.py lintmigrations --all --write-baseline {self._path}",
                operation,
                table,
                STALE.severity,
            )
            for (code, migration, operation, table), times in sorted(self._left.items())
            for _ in range(times)
            if migration in migrations and code in told
        ]


def read_baseline(path: Path) -> Baseline:
    """Raises ``UsageError`` for a file that is not there or cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        known = [fingerprint for entry in data["findings"] for fingerprint in _entries(entry)]
    except FileNotFoundError:
        raise UsageError(
            f"There is no baseline {path}.",
            "It has the findings that are known.",
            f"Run: manage.py lintmigrations --all --write-baseline {path}",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"The baseline {path} cannot be read: {error!r}.",
            "It is the JSON that --write-baseline writes.",
            f"Run: manage.py lintmigrations --all --write-baseline {path}",
        ) from None
    for code, *_ in known:
        if code not in all_codes():
            raise UsageError(
                f"The baseline {path} names {code!r}, and there is no such code.",
                "It was written by another version, or by hand.",
                f"Run: manage.py lintmigrations --all --write-baseline {path}",
            )
    return Baseline(path, known)


def _entries(entry: Any) -> list[Fingerprint]:
    texts = [str(entry[key]) for key in _KEYS]
    return [(texts[0], texts[1], texts[2], texts[3])] * int(entry["times"])


def baseline_text(findings: Iterable[Finding]) -> str:
    """The file of these findings: one line each, in order, so that changes of it can be read."""
    counted = Counter(finding.fingerprint for finding in findings)
    lines = [
        json.dumps({**dict(zip(_KEYS, fingerprint, strict=True)), "times": times})
        for fingerprint, times in sorted(counted.items())
    ]
    body = "".join(f"\n    {line}," for line in lines).removesuffix(",")
    return f'{{\n  "version": {_VERSION},\n  "findings": [{body}\n  ]\n}}\n'
