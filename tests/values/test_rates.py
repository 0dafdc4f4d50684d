"""About how long work takes: more for larger tables, and said with care."""

from __future__ import annotations

import pytest

from django_safemigrate.values.rates import RATES, SHORT_ROW, Rate, format_about, seconds_of, typical_size
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Work

GB = 1024**3


def test_rows_and_bytes_count_together() -> None:
    assert Rate(million_rows=2.0, gigabyte=3.0).seconds(Size(4_000_000, 5 * GB)) == 2 * 4 + 3 * 5


def test_where_nobody_knows_the_rows_there_are_as_many_short_ones_as_there_is_room_for() -> None:
    assert Rate(million_rows=1.0, gigabyte=0.0).seconds(Size(None, SHORT_ROW * 7_000_000)) == 7


@pytest.mark.parametrize("work", RATES, ids=lambda work: work.name)
def test_a_larger_table_takes_longer_and_an_empty_one_no_time(work: Work) -> None:
    small, large = (seconds_of(work, typical_size(rows)) for rows in (1_000_000, 10_000_000))
    assert small is not None
    assert large == pytest.approx(10 * small)
    assert seconds_of(work, Size(0, 0)) == 0


@pytest.mark.parametrize("work", [work for work in Work if work not in RATES], ids=lambda work: work.name)
def test_work_that_does_not_grow_with_the_table_has_no_rate(work: Work) -> None:
    assert work in {Work.CATALOG, Work.INDEX_DROP, Work.OPAQUE}
    assert seconds_of(work, typical_size(1_000_000)) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "some milliseconds"),
        (0.09, "some milliseconds"),
        (0.4, "less than a second"),
        (1.0, "about 1 s"),
        (7.6, "about 8 s"),
        (43.2, "about 43 s"),
        (118.0, "about 2 min"),
        (200.0, "about 3.3 min"),
        (1234.0, "about 21 min"),
        (8640.0, "about 2.4 h"),
        (54_321.0, "about 15 h"),
    ],
)
def test_an_estimate_is_no_more_exact_than_it_is(seconds: float, said: str) -> None:
    assert format_about(seconds) == said
