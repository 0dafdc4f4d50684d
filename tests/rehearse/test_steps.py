"""What is held against what was promised, and what of the SQL is shown."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from django_safemigrate.reporting.rehearsal import Progress, rehearsal_data, show_rehearsal
from django_safemigrate.testing.failures import Failure
from django_safemigrate.testing.rehearsal import Rehearsal
from django_safemigrate.testing.steps import MOST, Rehearsed, Statement
from django_safemigrate.testing.verdict import Verdict
from django_safemigrate.testing.watch import Watch, is_bookkeeping, is_work
from django_safemigrate.testing.watching import Queries
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

ORDER, CUSTOMER = '"shop_order"', '"shop_customer"'
AX, SRX, SUE, RX = (
    LockMode.ACCESS_EXCLUSIVE,
    LockMode.SHARE_ROW_EXCLUSIVE,
    LockMode.SHARE_UPDATE_EXCLUSIVE,
    LockMode.ROW_EXCLUSIVE,
)


def step(work: Work = Work.CATALOG, **promised: LockMode) -> Step:
    locks = tuple(RelationLock(f'"shop_{table}"', mode) for table, mode in promised.items())
    return Step(description="Do it", sql="DO IT", locks=locks, work=work)


@pytest.mark.parametrize(
    ("its", "held", "expected"),
    [
        (step(order=AX), {ORDER: AX}, []),
        (step(order=AX), {ORDER: SRX}, []),
        (step(order=SUE), {ORDER: SUE, CUSTOMER: RX}, []),
        (
            step(order=SUE),
            {ORDER: AX},
            ["The step takes ACCESS EXCLUSIVE on shop_order, and promises no more than SHARE UPDATE EXCLUSIVE."],
        ),
        (
            step(order=AX),
            {ORDER: AX, CUSTOMER: SRX},
            ["The step takes SHARE ROW EXCLUSIVE on shop_customer, and promises no lock on it."],
        ),
        (step(Work.OPAQUE), {ORDER: AX}, []),
        (None, {ORDER: AX}, []),
    ],
)
def test_promises(its: Step | None, held: dict[str, LockMode], expected: list[str]) -> None:
    record = Rehearsed("before deploy", "shop.0002", its, held)
    assert [what for _, what in record.broken_promises()] == expected


def test_the_strongest_lock_is_kept() -> None:
    record = Rehearsed("before deploy", "shop.0002")
    for mode in (RX, AX, SUE):
        record.saw([RelationLock(ORDER, mode)])
    assert record.held == {ORDER: AX}


def test_statements_are_counted_where_they_are_many() -> None:
    record = Rehearsed("before deploy", "shop.0002")
    for _ in range(MOST + 3):
        record.sent(Statement("UPDATE", 0.1))
    assert (len(record.statements), record.more) == (MOST, 3)
    verdict = Verdict("shop.0002", [record], failures=[Failure("It is broken.")])
    assert rehearsal_data(verdict)["steps"][0]["more_statements"] == 3
    shown = Lines()
    show_rehearsal(verdict, shown, Plain(), sql=True)
    assert "    and 3 more statements" in shown.text


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('ALTER TABLE "shop_order" ADD "a" int', False),
        ('UPDATE "shop_order" SET "a" = 1', False),
        ("SELECT 1 FROM shop_order", False),
        ('INSERT INTO "django_safemigrate_migrationstep" VALUES (1)', True),
        ('INSERT INTO "django_migrations" VALUES (1)', True),
        ("\n  select 1 from pg_class", True),
        ("SELECT set_config('lock_timeout', '20ms', true)", True),
    ],
)
def test_what_is_bookkeeping(sql: str, expected: bool) -> None:
    assert is_bookkeeping(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('ALTER TABLE "shop_order" ADD "a" int', True),
        ('SET CONSTRAINTS "a" IMMEDIATE; ALTER TABLE "shop_order" DROP CONSTRAINT "a"', True),
        ("SELECT somebodys_function()", True),
        ("SELECT 1 FROM pg_class", False),
        ('INSERT INTO "django_migrations" VALUES (1)', False),
        ("SAVEPOINT a", False),
        ("SET lock_timeout = 0", False),
    ],
)
def test_what_may_want_a_lock(sql: str, expected: bool) -> None:
    assert is_work(sql) is expected


def test_the_longest_query_since_a_mark() -> None:
    queries = Queries()

    def wait(sql: str, params: object, many: bool, context: object) -> float:
        time.sleep(0.02)
        queries.mark()
        time.sleep(0.01)
        return queries.longest_since_mark()

    so_far = queries(wait, "SELECT 1", None, False, {})
    assert 0.01 <= so_far <= queries.longest_since_mark() < queries.slowest
    queries.mark()
    assert queries.longest_since_mark() == 0.0


def test_nothing_ends_where_nothing_has_begun() -> None:
    watch = Watch()
    assert watch.ends() is None
    assert watch.records == []


class Lines:
    """A surface that keeps what stays."""

    def __init__(self) -> None:
        self.text = ""

    def line(self, text: str) -> None:
        self.text += f"{text}\n"

    def passing(self, passing: object) -> None:
        raise AssertionError(passing)

    def table(self, head: object, rows: list[list[str]]) -> None:
        for row in rows:
            self.line("|".join(row))

    def close(self) -> None:
        pass


class Plain:
    """A style without colours."""

    def __getattr__(self, name: str) -> object:
        return str


def test_a_broken_promise_in_words() -> None:
    record = Rehearsed("before deploy", "shop.0002", step(order=SUE), {ORDER: AX}, worked=0.5, done=True)
    failure = Failure("Too much.", phase="before deploy", migration="shop.0002", step="Do it")
    shown = Lines()
    show_rehearsal(Verdict("shop.0002", [record], failures=[failure]), shown, Plain())
    assert shown.text == (
        "Before deploy: shop.0002\n"
        "failed|Do it|ACCESS EXCLUSIVE on shop_order|500 ms; 0 ms\n"
        "\n"
        "1. Too much.\n"
        "  phase:      before deploy\n"
        "  migration:  shop.0002\n"
        "  step:       Do it\n"
        "\n"
        "The next deploy does not go unnoticed: 1 broken promise.\n"
    )


def test_remarks_and_what_cannot_be_rehearsed() -> None:
    report = Rehearsal("The release", said=["Not undone."])
    shown = Lines()
    show_rehearsal(Verdict("shop.0002", report=report), shown, Plain())
    assert shown.text.startswith("Not undone.\nAll promises kept: 0 steps, beside 0 queries of traffic")
    assert rehearsal_data(Verdict("shop.0002", report=report))["remarks"] == ["Not undone."]
    shown = Lines()
    show_rehearsal(Verdict("shop.0002", cannot="There are no rows."), shown, Plain())
    assert shown.text == "No rehearsal: There are no rows.\n"


def test_the_page_has_the_names_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rehearse.md").read_text()
    part = page[page.index("`--json` writes one line") :].partition("\n\n")[0]
    whole, _, of_a_step = part.partition("A step has")
    data = rehearsal_data(Verdict("shop.0002", [Rehearsed("before deploy", "shop.0002")]))
    names = [name for name in re.findall(r"`(\w+)`", whole) if name != "rehearsed"]
    assert names == list(data)
    assert set(re.findall(r"`(\w+)`", of_a_step)) == set(data["steps"][0])


def test_progress_goes_nowhere_where_nobody_looks() -> None:
    progress = Progress(None)
    progress("before deploy", "shop.0002")
    progress.close()
