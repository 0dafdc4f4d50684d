"""The plan as text: one sentence for who waits, one for the way back; with ``-v 2`` what is behind them."""

from __future__ import annotations

import pytest
from django.core.management.color import no_style

from django_safemigrate.reporting.plan import plan_lines, verdict_of
from django_safemigrate.values.phases import Phase
from tests.reporting.plans import EVERYTHING, Status

ORDER = "shop_order (about 20,000,000 rows, 4096 MB)"
CUSTOMER = "shop_customer (about 400 rows, 96 kB)"


def text(verbosity: int = 1) -> list[str]:
    return plan_lines(EVERYTHING, Phase.BEFORE_DEPLOY, no_style(), verbosity)


def after(lines: list[str], first: str, count: int) -> list[str]:
    start = next(number for number, line in enumerate(lines) if line.startswith(first))
    return lines[start + 1 : start + 1 + count]


def test_a_step_says_who_waits_and_how_it_is_undone() -> None:
    assert after(text(), "  2. Build index numbers", 3) == [
        "     -- Build index numbers",
        f"     Nobody waits: the index is built beside reads and writes of {ORDER}, in about 110 s.",
        "     Can be undone: -- back",
    ]


def test_what_is_done_says_no_more_than_how_it_is_undone() -> None:
    assert after(text(), "  1. Add column channel to shop_order  (done already)", 3) == [
        "     -- Add column channel to shop_order",
        "     Can be undone: -- back",
        "  2. Build index numbers",
    ]


def test_more_of_it_shows_locks_work_and_long_ways_back() -> None:
    why = "the table and its indexes are rewritten under the lock."
    said = f"     Reads and writes of {CUSTOMER} wait some milliseconds: {why}"
    assert after(text(), "  2. Change a small one", 3) == ["     -- Change a small one", said, "     Can be undone."]
    assert after(text(2), "  2. Change a small one", 7) == [
        "     -- Change a small one",
        said,
        "     Can be undone.",
        "       -- one",
        "       -- two",
        '     lock: ACCESS EXCLUSIVE on "shop_customer"',
        "     work: rewrites the table and its indexes under the lock",
    ]


def test_the_locks_of_code_are_those_that_it_probably_takes() -> None:
    assert '     lock: ACCESS EXCLUSIVE on "shop_order"' in after(text(2), "  1. Raw Python operation", 3)


@pytest.mark.parametrize(
    ("statuses", "steps"), [((Status.READY,), 9), ((Status.DELAYED,), 3), ((Status.READY, Status.DELAYED), 12)]
)
def test_what_is_done_counts_for_nothing(statuses: tuple[Status, ...], steps: int) -> None:
    assert verdict_of(EVERYTHING, *statuses).steps == steps


def test_the_end_is_about_what_is_ready() -> None:
    assert text()[-2:] == [
        "3 ready, 1 delayed, 1 blocked. Nothing was changed.",
        "Others wait about 80 s at a time. The work on tables takes about 24 min.",
    ]
