"""What is said of a step: whom it could make wait, for how long at which size, and whether it can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from django_safemigrate.decisions.explaining import Circumstances, Impact, explain, plain_name
from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Step, Work
from tests.reporting.plans import AX, CUSTOMER, GB, MET, ORDER, PARCEL, RX, SRX, SUE, step

BIG, SMALL = "(about 20,000,000 rows, 4096 MB)", "(about 400 rows, 96 kB)"


@pytest.mark.parametrize(
    ("one", "impact", "said"),
    [
        (
            step("Add a column", Work.CATALOG, (ORDER, AX)),
            Impact.BRIEFLY,
            f"Reads and writes of shop_order {BIG} wait 50 ms at most at a time while it asks for the lock, then a moment.",
        ),
        (
            step("Add a key", Work.CATALOG, (ORDER, SRX), (CUSTOMER, SRX)),
            Impact.BRIEFLY,
            f"Writes to shop_order {BIG} and shop_customer {SMALL} wait 10 ms at most at a time while it asks for the locks,"
            " then a moment.",
        ),
        (
            step("Drop a key", Work.CATALOG, (ORDER, AX), (CUSTOMER, SRX), (PARCEL, AX)),
            Impact.BRIEFLY,
            f"Reads and writes of shop_order {BIG}, and writes to shop_customer {SMALL} wait 10 ms at most at a time"
            " while it asks for the locks, then a moment.",
        ),
        (
            step("Comment", Work.CATALOG, (ORDER, SUE)),
            Impact.NOBODY,
            f"Nobody waits: only what the catalog says of shop_order {BIG} changes.",
        ),
        (
            step("Prove", Work.SCAN, (ORDER, SUE), (CUSTOMER, LockMode.ROW_SHARE)),
            Impact.NOBODY,
            f"Nobody waits: it reads shop_order {BIG} beside reads and writes, in about 8 s.",
        ),
        (
            step("Build", Work.INDEX_BUILD, (ORDER, SUE)),
            Impact.NOBODY,
            f"Nobody waits: the index is built beside reads and writes of shop_order {BIG}, in about 110 s.",
        ),
        (
            step("Drop", Work.INDEX_DROP, (ORDER, SUE)),
            Impact.NOBODY,
            f"Nobody waits: the index is dropped beside reads and writes of shop_order {BIG}.",
        ),
        (
            step("Fill", Work.ROWS, (ORDER, RX)),
            Impact.BRIEFLY,
            f"Whoever changes the same row of shop_order {BIG} waits for its batch, some 20 ms; all of them in about 21 min.",
        ),
        (step("Fill a new one", Work.ROWS, (PARCEL, RX)), Impact.NOBODY, "Nobody waits: shop_parcel is new."),
        (step("Create a table"), Impact.NOBODY, "Nobody waits: it locks no table."),
        (
            step("Index of a new one", Work.BLOCKING_BUILD, (PARCEL, AX)),
            Impact.NOBODY,
            "Nobody waits: shop_parcel is new.",
        ),
        (
            step("Rewrite", Work.REWRITE, (ORDER, AX)),
            Impact.BLOCKS,
            f"Reads and writes of shop_order {BIG} wait about 80 s: the table and its indexes are rewritten under the lock.",
        ),
        (
            step("Rewrite", Work.REWRITE, (CUSTOMER, AX)),
            Impact.BRIEFLY,
            f"Reads and writes of shop_customer {SMALL} wait some milliseconds: the table and its indexes are rewritten under"
            " the lock.",
        ),
        (
            step("Build", Work.BLOCKING_BUILD, ('"unseen"', LockMode.SHARE)),
            Impact.BLOCKS,
            "Writes to unseen wait as long as an index is built under the lock, which nobody can say.",
        ),
        (
            step("Read", Work.BLOCKING_SCAN, (ORDER, AX)),
            Impact.BLOCKS,
            f"Reads and writes of shop_order {BIG} wait about 6 s: the table is read under the lock.",
        ),
        (
            step("Code", Work.OPAQUE, sql=""),
            Impact.UNKNOWN,
            "It may keep others waiting, nobody can say how long: its code runs as it is written, in one transaction.",
        ),
    ],
    ids=lambda value: f"{value.description} {value.work.name}" if isinstance(value, Step) else "",
)
def test_who_waits(one: Step, impact: Impact, said: str) -> None:
    explained = explain(one, MET)
    assert (explained.impact, explained.who_waits) == (impact, said)


def test_of_two_locks_on_a_table_the_stronger_counts() -> None:
    once = explain(step("", Work.CATALOG, (ORDER, AX)), MET)
    for locks in ([(ORDER, AX), (ORDER, SRX)], [(ORDER, SRX), (ORDER, AX)]):
        assert explain(step("", Work.CATALOG, *locks), MET) == once


def test_of_code_the_tables_are_named_that_it_probably_locks() -> None:
    code = step("Code", Work.OPAQUE, sql="", transactional=False)
    explained = explain(code, MET, probable=[RelationLock(CUSTOMER, AX), RelationLock(PARCEL, AX)])
    assert explained.who_waits == (
        f"It may keep reads and writes of shop_customer {SMALL} waiting, nobody can say how long: its code runs as it is"
        " written, outside a transaction (atomic = False)."
    )
    assert explained.longest is None


def test_what_is_done_makes_nobody_wait() -> None:
    explained = explain(step("Rewrite", Work.REWRITE, (ORDER, AX)), MET, done=True)
    assert (explained.impact, explained.longest, explained.takes) == (Impact.NOBODY, 0, None)
    assert explained.who_waits == "Nobody waits: it is done already."


def test_the_numbers_are_those_of_the_settings_and_of_the_sizes() -> None:
    met = Circumstances(
        {ORDER: Size(1_000_000, GB)}, policy=LockPolicy(longest_timeout=0.3, set_timeout=0.2), batch=0.07
    )
    asked = explain(step("", Work.CATALOG, (ORDER, AX)), met)
    several = explain(step("", Work.CATALOG, (ORDER, AX), (CUSTOMER, AX)), met)
    rows = explain(step("", Work.ROWS, (ORDER, RX)), met)
    rewrite = explain(step("", Work.REWRITE, (ORDER, AX)), met)
    assert (asked.longest, several.longest, rows.longest) == (0.3, 0.2, 0.07)
    assert rewrite.longest == rewrite.takes == 12.0
    assert "wait 300 ms at most" in asked.who_waits


def test_a_larger_table_waits_longer() -> None:
    said = []
    for rows in (1_000, 1_000_000, 1_000_000_000):
        met = Circumstances({ORDER: Size(rows, rows * 100)})
        said.append(explain(step("", Work.REWRITE, (ORDER, AX)), met))
    assert [one.impact for one in said] == [Impact.BRIEFLY, Impact.BLOCKS, Impact.BLOCKS]
    assert [one.longest for one in said] == sorted(one.longest or 0 for one in said)


def test_many_tables_do_not_make_a_long_sentence() -> None:
    locks = [(f'"part_{number}"', AX) for number in range(30)]
    said = explain(step("", Work.CATALOG, *locks), Circumstances()).who_waits
    assert said.startswith("Reads and writes of part_0, part_1, part_2 and 27 more tables wait 10 ms")
    four = explain(step("", Work.CATALOG, *locks[:4]), Circumstances()).who_waits
    assert four.startswith("Reads and writes of part_0, part_1, part_2 and part_3 wait")


@pytest.mark.parametrize(
    ("one", "undoable", "said"),
    [
        (step("Add"), True, "Can be undone."),
        (step("Swap", undo_first=(step("Read"),)), True, "Can be undone, when rows have been read once more."),
        (step("Half of it", undo=""), True, "Undone together with the step that goes with it."),
        (step("Prove", Work.SCAN, undo=None), True, "Nothing to undo: it only reads."),
        (step("Fill", Work.ROWS, undo=None), True, "Nothing to undo: what is filled in does no harm."),
        (step("Change", undo=None), False, "No undo: there is no short statement that takes it back."),
        (step("Drop", undo=None, no_undo="it is gone."), False, "No undo: it is gone."),
        (step("Code", Work.OPAQUE, sql="", undo=None), False, "No undo: its author has given it no way back."),
    ],
    ids=lambda value: value.description if isinstance(value, Step) else "",
)
def test_how_it_is_undone(one: Step, undoable: bool, said: str) -> None:
    explained = explain(one, MET)
    assert (explained.undoable, explained.undo) == (undoable, said)


def test_code_is_undone_by_its_own_reverse() -> None:
    explained = explain(step("Code", Work.OPAQUE, sql="", undo=None), MET, has_reverse=True)
    assert (explained.undoable, explained.undo) == (True, "Its author's own way back undoes it.")


@pytest.mark.parametrize("work", Work, ids=lambda work: work.name)
@pytest.mark.parametrize("mode", LockMode, ids=lambda mode: mode.name)
def test_there_is_a_sentence_for_every_work_under_every_lock(work: Work, mode: LockMode) -> None:
    for one in (step("", work, (ORDER, mode)), step("", work, (PARCEL, mode)), step("", work)):
        explained = explain(one, MET)
        assert explained.who_waits.endswith(".")
        assert "{" not in explained.who_waits
        nobody = explained.impact is Impact.NOBODY
        assert explained.who_waits.startswith("Nobody waits") is nobody
        assert (explained.longest == 0) is nobody
    in_use = explain(replace(one, locks=(RelationLock(ORDER, mode),)), MET)
    assert (in_use.impact is Impact.NOBODY) is not (mode.makes_others_wait or work in {Work.ROWS, Work.OPAQUE})


@pytest.mark.parametrize(
    ("quoted", "plain"),
    [('"shop_order"', "shop_order"), ('"hr"."staff"', "hr.staff"), ("orders", "orders"), ('"a ""b"""', 'a "b"')],
)
def test_names_are_said_without_quotes(quoted: str, plain: str) -> None:
    assert plain_name(quoted) == plain


@pytest.mark.parametrize("impact", Impact)
def test_impacts_are_in_words(impact: Impact) -> None:
    assert impact.title
    assert impact.meaning.endswith(".")
