"""Every pair of the catalogue with two versions of the code running: nobody fails, nobody waits, nothing is lost.

By default a pair of some rows; ``TWO_VERSIONS=1`` runs one of each row, ``TWO_VERSIONS=1000`` all of them;
``TWO_VERSIONS_PART=1/2`` every second one. ``TWO_VERSIONS_RESULTS=file`` writes down what became of each, for
``python -m tests.two_versions.table``.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.db import connection

from django_safemigrate.testing.failures import ZeroDowntimeError
from django_safemigrate.testing.scratch import Scratch
from tests.support.database import is_postgres
from tests.two_versions.cases import PAIRS
from tests.two_versions.pair import NOTHING, Expects, Pair
from tests.two_versions.rehearsed import rehearsed
from tests.two_versions.results import written_down

pytestmark = pytest.mark.slow

MOST = int(os.environ.get("TWO_VERSIONS") or 0)
SAMPLE = {"M1", "M2", "F2", "F5", "F9", "R3", "R4", "C3", "C4", "C6", "C9", "C10", "I1", "K2"}
PART, PARTS = map(int, (os.environ.get("TWO_VERSIONS_PART") or "1/1").split("/"))
RESULTS = os.environ.get("TWO_VERSIONS_RESULTS", "")


def chosen() -> list[Pair]:
    """Of each row so many, of those that this version of Django knows and for which there is a way."""
    rows: dict[str, list[Pair]] = defaultdict(list)
    for pair in PAIRS:
        if pair.known_to_django and pair.phases != NOTHING and not pair.open and pair.expects is not Expects.REFUSED:
            rows[pair.row].append(pair)
    wanted = [its[: MOST or 1] for row, its in rows.items() if MOST or row in SAMPLE]
    return list(itertools.chain(*wanted))[PART - 1 :: PARTS]


@pytest.fixture(scope="module")
def scratch(django_db_blocker: object) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), Scratch() as made:  # type: ignore[attr-defined]
        yield made


@pytest.mark.parametrize("pair", chosen(), ids=lambda pair: pair.name.replace(" ", "-"))
def test_two_versions(scratch: Scratch, pair: Pair) -> None:
    if not is_postgres() and pair.postgres_only:
        pytest.skip("needs PostgreSQL")
    if is_postgres() and connection.pg_version < pair.server * 10_000:  # type: ignore[attr-defined]
        pytest.skip(f"needs PostgreSQL {pair.server}")
    with written_down(pair, RESULTS):
        small = pair.expects is Expects.LARGE
        if small and is_postgres():
            with pytest.raises(ZeroDowntimeError, match="refused"):
                rehearsed(pair, scratch, traffic=False)
        print(rehearsed(pair, scratch, small_tables=small, backwards=pair.back))
        if not pair.back:
            print(rehearsed(pair, scratch, small_tables=True, traffic=False))
