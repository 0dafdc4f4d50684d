"""What the formats for other programs have in common: paths as these want them, and a mark by which a finding is known."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from django_safemigrate.values.findings import Finding


def relative(path: Path, root: Path) -> str:
    """A path below ``root`` as it is called there, with slashes; any other as it is."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def marks(findings: Sequence[Finding]) -> list[str]:
    """A mark for each finding, 64 hexadecimal digits: no two have the same, and lines that move change none.

    Those with the same fingerprint are told apart by their order.
    """
    seen = Counter[tuple[str, ...]]()
    found = []
    for finding in findings:
        seen[finding.fingerprint] += 1
        text = "\0".join((*finding.fingerprint, str(seen[finding.fingerprint])))
        found.append(hashlib.sha256(text.encode()).hexdigest())
    return found


def message(finding: Finding) -> str:
    """Fact, reason and remedy, each on lines of its own."""
    return "\n".join(part for part in (finding.fact, finding.why, finding.instead) if part)
