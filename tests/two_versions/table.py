"""What became of the catalogue, by row: ``python -m tests.two_versions.table results.jsonl ...``.

The files are those that ``TWO_VERSIONS_RESULTS`` names when the pairs are run. Without any: how many pairs there are.
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
    heads = ["row", "pairs", "refused", *(f"{on}, Django {version}" for on, version in places)]
    lines = [heads, ["---"] * len(heads)]
    for row in sorted(set(row_of.values()), key=_order):
        its_pairs = [pair for pair in PAIRS if pair.row == row]
        refused = sum(pair.expects is Expects.REFUSED for pair in its_pairs)
        cells = [f"{passed[row, *place]} of {tried[row, *place]}" if tried[row, *place] else "" for place in places]
        lines.append([row, str(len(its_pairs)), str(refused or ""), *cells])
    lines.append(
        [
            "all",
            str(len(PAIRS)),
            str(sum(pair.expects is Expects.REFUSED for pair in PAIRS)),
            *(
                f"{sum(passed[row, *place] for row in set(row_of.values()))} of "
                f"{sum(tried[row, *place] for row in set(row_of.values()))}"
                for place in places
            ),
        ]
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _order(row: str) -> tuple[int, int]:
    return "MFRCIKX".index(row[0]), int(row[1:])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("DATABASE_URL", "sqlite://")
    django.setup()
    print(main(sys.argv[1:]))
