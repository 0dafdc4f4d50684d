"""What became of the catalogue, by row: ``python -m tests.two_versions.table results.jsonl ...``.

The files are those that ``TWO_VERSIONS_RESULTS`` names when the pairs are run. Without any: how many pairs there are.
Refused are those for which there is no safe way, open those in which the versions cannot both have what they want.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence

import django


def main(paths: Sequence[str]) -> str:
    """The table, in Markdown."""
    from tests.two_versions.cases import PAIRS
    from tests.two_versions.pair import Expects
    from tests.two_versions.results import read

    results = read(paths)
    places = sorted({(its.on, its.django) for its in results}, key=lambda place: (place[0] == "SQLite", place))
    row_of = {pair.name: pair.row for pair in PAIRS}
    passed = Counter((row_of.get(its.pair), its.on, its.django) for its in results if not its.error)
    tried = Counter((row_of.get(its.pair), its.on, its.django) for its in results)
    heads = ["row", "pairs", "refused", "open", *(f"{on}, Django {version}" for on, version in places)]
    lines = [heads, ["---"] * len(heads)]
    rows = sorted(set(row_of.values()), key=_order)
    for name, which in [*((row, {row}) for row in rows), ("all", set(rows))]:
        its_pairs = [pair for pair in PAIRS if pair.row in which]
        cells = []
        for place in places:
            count = sum(tried[row, *place] for row in which)
            cells.append(f"{sum(passed[row, *place] for row in which)} of {count}" if count else "")
        refused = sum(pair.expects is Expects.REFUSED for pair in its_pairs)
        still_open = sum(bool(pair.open) for pair in its_pairs)
        lines.append([name, str(len(its_pairs)), str(refused or ""), str(still_open or ""), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _order(row: str) -> tuple[int, int]:
    return "MFRCIKX".index(row[0]), int(row[1:])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("DATABASE_URL", "sqlite://")
    django.setup()
    print(main(sys.argv[1:]))
