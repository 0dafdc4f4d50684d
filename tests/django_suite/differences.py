"""The tests of which it is known and accepted that they differ: differences.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("differences.toml")


@dataclass(frozen=True)
class Difference:
    test: str
    django: tuple[str, ...]
    engines: tuple[str, ...]
    reason: str

    def covered_by(self, labels: Collection[str]) -> bool:
        """No labels are all tests."""
        return not labels or any(self.test == label or self.test.startswith(f"{label}.") for label in labels)


def listed(text: str) -> list[Difference]:
    """Every entry."""
    return [
        Difference(entry["test"], tuple(entry["django"]), tuple(entry["engines"]), entry["reason"].strip())
        for entry in tomllib.loads(text).get("difference", [])
    ]


def known(version: str, engine: str, text: str | None = None) -> list[Difference]:
    """Those of one engine on one version of Django: an entry names the feature releases it is about, such as "6.1"."""
    release = ".".join(version.split(".")[:2])
    entries = listed(FILE.read_text() if text is None else text)
    return [entry for entry in entries if release in entry.django and engine in entry.engines]
