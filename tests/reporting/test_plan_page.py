"""The page of a plan: everything is on it, in its place, and nothing from outside is taken for HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils.translation import override

from django_safemigrate.decisions.assigning import Problem
from django_safemigrate.reporting.plan_page import Heading, plan_page
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.steps import Step
from tests.reporting.plans import (
    AX,
    EVERYTHING,
    HEADING,
    NASTY,
    ORDER,
    Status,
    StepPreview,
    Work,
    migration,
    plan_of,
    step,
)

PAGE = plan_page(EVERYTHING, HEADING)


class Elements(HTMLParser):
    """Tags with their attributes, and whether each is closed in its place."""

    VOID = {"meta", "link"}
    SHAPES = {"circle", "path", "use"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.SHAPES
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attributes[name] or "" for found, attributes in self.found if found == tag and name in attributes]


def text_of(page: str) -> str:
    body = page.split("</style>")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


@pytest.mark.parametrize("preview", [EVERYTHING, plan_of(), plan_of(new_database=True), plan_of(backwards=True)])
def test_tags_are_closed_in_their_places_and_ids_are_there_once(preview: object) -> None:
    elements = Elements(plan_page(preview, HEADING))  # type: ignore[arg-type]
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for tag in ("a", "use") for href in elements.attributes(tag, "href")} <= set(ids)


def test_it_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    elements = Elements(PAGE)
    assert not {tag for tag, _ in elements.found} & {"script", "img", "iframe", "object", "embed", "form"}
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert not re.search(r"https?://|@import|url\(", PAGE)
    assert {href[:1] for tag in ("a", "use") for href in elements.attributes(tag, "href")} == {"#"}


def test_what_comes_from_outside_is_escaped() -> None:
    assert NASTY not in PAGE
    assert PAGE.count("&lt;script&gt;") > 5


def test_every_step_is_on_it_with_what_is_said_of_it() -> None:
    text = text_of(PAGE)
    for one in EVERYTHING.migrations:
        assert one.planned.name in text
        for seen in one.steps:
            explained = seen.explained(EVERYTHING.met)
            for words in (seen.step.description, explained.who_waits, explained.undo):
                assert (
                    words.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#x27;")
                    in text
                )
    assert Elements(PAGE).attributes("li", "value") == [str(number) for number in range(1, 14)]


def test_refusals_and_warnings_are_on_top_the_worst_first() -> None:
    top = text_of(PAGE.split('<dl class="legend"')[0])
    assert top.index("Column x exists") < top.index("it runs before deploy, and that is not safe")
    for words in (
        "shop.0005_blocked",
        "is blocked",
        "It renames",
        "wait about 80 s",
        "Queries are slow",
        "nobody can say how",
    ):
        assert words in top
    assert re.findall(r"Cannot run", top) == ["Cannot run"] * 3
    assert "Why Instead" not in top  # the whole of it stands with its migration
    assert "Why Instead" in text_of(PAGE)


def test_a_refused_migration_is_not_called_ready() -> None:
    statuses = re.findall(r'<span class="status (\w+)">(\w+)</span>', PAGE)
    assert [word for word, _ in statuses] == ["ready", "ready", "refused", "blocked", "delayed"]
    assert all(one == other for one, other in statuses)


def test_without_anything_to_look_at_there_is_no_such_section() -> None:
    quiet = plan_of(migration("0002", StepPreview(step("Add", Work.CATALOG, (ORDER, AX)))))
    assert "Look at this first" not in plan_page(quiet, HEADING)


def lanes(page: str) -> dict[str, list[str]]:
    """The words of the blocks in each lane, by its title."""
    rows = re.findall(r'<tr role="row"><th role="rowheader" scope="row">([^<]*)(.*?)</tr>', page, re.DOTALL)
    return {title.strip(): re.findall(r"<b>(\d+)</b>.*?<span>(\w+)</span>", row) for title, row in rows}  # type: ignore[misc]


def test_each_table_has_a_lane_with_its_steps_in_order() -> None:
    before, after = PAGE.split('id="after"')
    assert lanes(before) == {
        "shop_order": [*zip("1234678", ["done", "nobody", "nobody", "brief", "brief", "nobody", "waits"], strict=True)],
        "no table in use": [("5", "nobody")],
        "shop_parcel": [("6", "nobody")],
        "shop_customer": [("6", "brief"), ("9", "brief"), ("10", "brief")],
    }  # fmt: skip
    assert lanes(after) == {
        "shop_order": [("11", "unknown"), ("13", "brief")],
        "what the code uses": [("12", "unknown")],
    }
    assert "about 20,000,000 rows, 4096 MB" in before


def test_many_steps_wrap() -> None:
    few, many = (
        plan_page(plan_of(migration("1", *[StepPreview(step("A", Work.CATALOG, (ORDER, AX)))] * number)), HEADING)
        for number in (14, 15)
    )
    assert 'class="lanes"' in few
    assert 'class="lanes wraps"' in many


def test_the_phases_are_those_of_the_command() -> None:
    def headings(page: str) -> list[str]:
        return re.findall(r'<h2 id="\w+">([^<]*)', page.split("</dl>", 1)[1])

    assert [title.strip() for title in headings(PAGE)] == ["Before deploy", "After deploy"]
    later = plan_page(EVERYTHING, Heading(Phase.AFTER_DEPLOY, HEADING.database, HEADING.at))
    assert [title.strip() for title in headings(later)] == ["After deploy", "Later"]
    back = plan_of(migration("1", StepPreview(step("A"))), backwards=True)
    assert headings(plan_page(back, HEADING)) == ["Undone"]


def test_a_phase_says_what_it_comes_to() -> None:
    head, tail = PAGE.split('id="after"')
    before, after = text_of(head), text_of(f"</style>{tail}")
    assert "Others wait about 80 s at a time. The work on tables takes about 24 min." in before
    assert "Longest wait at a time about 80 s" in before
    assert "Longest wait at a time 50 ms" in after
    assert "of 2 steps nobody can say" in after
    assert "Without an undo 2" in after


def test_it_is_the_same_in_every_language(settings: Any) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    with override("de"):
        assert plan_page(EVERYTHING, HEADING) == PAGE
    many = plan_of(migration("1", *[StepPreview(step("A"))] * 1001))
    assert 'id="step-1001"' in plan_page(many, HEADING)


def test_where_nothing_is_pending_it_says_so() -> None:
    assert text_of(plan_page(plan_of(), HEADING)).count("Nothing to do.") == 2


def test_on_a_new_database_operations_stand_for_steps() -> None:
    page = plan_page(plan_of(migration("0001"), new_database=True), HEADING)
    assert "The database is new" in page
    assert "Add field x to order" in page


def test_a_migration_says_when_its_delay_is_over() -> None:
    one = migration("0002", status=Status.DELAYED)
    later = replace(one, planned=replace(one.planned, until=HEADING.at))
    assert "is delayed, from 6 May 2031, 07:08 UTC" in plan_page(plan_of(later), HEADING)


@pytest.mark.parametrize(
    ("one", "longest"),
    [
        (step("Add", Work.CATALOG, (ORDER, AX)), "50 ms"),
        (step("Rewrite", Work.REWRITE, (ORDER, AX)), "about 80 s"),
        (step("Rewrite", Work.REWRITE, ('"unseen"', AX)), "nobody can say"),
        (step("Code", Work.OPAQUE, sql=""), "nobody can say"),
        (step("Create"), "none"),
    ],
)
def test_the_longest_wait_is_said_in_a_few_words(one: Step, longest: str) -> None:
    text = text_of(plan_page(plan_of(migration("0002", StepPreview(one))), HEADING))
    assert f"Longest wait at a time {longest} Work on tables" in text


def test_why_a_migration_has_no_phase_is_said_in_full() -> None:
    one = migration("0002", status=Status.BLOCKED)
    problem = Problem("no phase", "It has no phase.", "Nobody has said one.", "Write safe = ...")
    assigned = replace(one.planned.assigned, problem=problem)
    page = plan_page(plan_of(replace(one, planned=replace(one.planned, assigned=assigned))), HEADING)
    assert text_of(page).count("It has no phase. Nobody has said one. Write safe = ...") == 2
