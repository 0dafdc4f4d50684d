"""The harness sees what it should: stock Django's own migrations, applied before deploy, break a version in every row that
is not safe in stock Django. Where stock Django is safe, the row is listed as such, with the reason.

By default every third row of each list; ``TWO_VERSIONS=1`` runs them all.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_safemigrate.testing.failures import ZeroDowntimeError
from django_safemigrate.testing.scratch import Scratch
from tests.two_versions.cases import PAIRS
from tests.two_versions.rehearsed import rehearsed
from tests.two_versions.test_pairs import MOST

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

# By stock Django's migrations a version of the code fails, whoever has locks.
BREAKS = [
    "M2 plain",
    "M4 plain",
    "M5 to another app, table kept",
    "M7 order",
    "F2 constant",
    "F5 now",
    "F6 callable",
    "F7 one-off constant",
    "F9 default",
    "F12 positive, default",
    "R1 null",
    "R2 constant",
    "R3 not null",
    "R4 null",
    "R5 many-to-many",
    "R6 in an index",
    "C3 not null, default",
    "C5 shorter",
    "C8 char to uuid",
    "C10 plain",
    "C12 unique on",
    "C13 database default removed",
    "C17 positive on",
    "K1 check",
    "K2 unique",
    "K3 exclusion",
    "K5 unique_together on",
    "X5 added and removed",
]
# They wait for somebody who reads the table, and everybody else behind them.
WAITS_FOR_READERS = [
    "M3 table kept",
    "F1 null",
    "F3 constant",
    "F4 random",
    "F8 unique, null",
    "F10 index",
    "F13 stored",
    "C2 null",
    "C4 longer",
    "C6 to bigint",
    "C7 integer to bigint",
    "C14 constraint off",
    "C15 one-to-one to key, null",
    "C16 collation on",
    "C19 constraint off",
    "I2 plain",
    "K4 check",
]
# They wait for somebody who writes to the table, and every other writer behind them.
WAITS_FOR_WRITERS = [
    "M1 linked to live tables",
    "F11 many-to-many to itself",
    "C11 index on",
    "I1 plain",
]
# Stock Django is safe here, or cannot do it.
SAFE = {
    "M6": "a comment lets everybody through",
    "M8": "there is nothing to do, or stock Django cannot do it",
    "F14": "stock Django cannot do it",
    "C1": "Python only",
    "C9": "Python only",
    "C18": "Python only, or stock Django cannot do it",
    "I3": "a new name for an index lets everybody through",
    "K6": "Python only",
}
NAMED = {pair.name: pair for pair in PAIRS}
STEP = 1 if MOST else 3


@pytest.fixture(scope="module")
def scratch(django_db_blocker: object) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), Scratch() as made:  # type: ignore[attr-defined]
        yield made


@pytest.mark.parametrize("name", BREAKS[::STEP])
def test_stock_django_breaks_a_version(scratch: Scratch, name: str) -> None:
    with pytest.raises(ZeroDowntimeError):
        rehearsed(NAMED[name], scratch, migrations="stock", traffic=False)


@pytest.mark.parametrize("name", WAITS_FOR_READERS[::STEP])
def test_stock_django_makes_readers_wait(scratch: Scratch, name: str) -> None:
    with pytest.raises(ZeroDowntimeError, match="waited for a lock"):
        rehearsed(NAMED[name], scratch, migrations="stock", reader=1.5, budget=0.5)


@pytest.mark.parametrize("name", WAITS_FOR_WRITERS[::STEP])
def test_stock_django_makes_writers_wait(scratch: Scratch, name: str) -> None:
    with pytest.raises(ZeroDowntimeError, match="waited for a lock"):
        rehearsed(NAMED[name], scratch, migrations="stock", writer=1.5, budget=0.5)


@pytest.mark.parametrize("row", [row for row, reason in SAFE.items() if "cannot" not in reason][::STEP])
def test_stock_django_is_safe(scratch: Scratch, row: str) -> None:
    """The harness does not complain of nothing."""
    pair = next(pair for pair in PAIRS if pair.row == row)
    rehearsed(pair, scratch, migrations="stock", reader=1.5, budget=0.5)


def test_every_row_is_somewhere() -> None:
    rows = {pair.row for pair in PAIRS}
    tried = {NAMED[name].row for name in [*BREAKS, *WAITS_FOR_READERS, *WAITS_FOR_WRITERS]}
    assert rows == tried | SAFE.keys()
    assert not tried & SAFE.keys()
