"""The tests of which it is known and accepted that they differ: differences.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("differences.toml")


@dataclass(frozen=True)
class Difference:
    test: str
    django: tuple[str, ...]
    reason: str

    def covered_by(self, labels: Iterable[str]) -> bool:
        return any(self.test == label or self.test.startswith(f"{label}.") for label in labels)


def known(version: str, text: str | None = None) -> list[Difference]:
    """Those of one version of Django: an entry names the feature releases it is about, such as "6.1"."""
    entries = tomllib.loads(FILE.read_text() if text is None else text).get("difference", [])
    read = [Difference(entry["test"], tuple(entry["django"]), entry["reason"].strip()) for entry in entries]
    return [difference for difference in read if ".".join(version.split(".")[:2]) in difference.django]
