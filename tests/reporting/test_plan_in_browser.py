"""The page of a plan in a real browser: nothing sticks out, SQL unfolds, everything can be read, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from django_safemigrate.reporting.plan_page import plan_page
from tests.reporting.plans import EVERYTHING, HEADING, ORDER, SUE, StepPreview, Work, migration, plan_of, step
from tests.support.browser import Page, browser, chromium

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium")

LONG = plan_of(migration("0002_long", *(StepPreview(step(f"Prove {n}", Work.SCAN, (ORDER, SUE))) for n in range(60))))
STEPS = 13


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory: Path = tmp_path_factory.mktemp("pages")
    addresses = {}
    for name, preview in (("everything", EVERYTHING), ("long", LONG), ("nothing", plan_of())):
        path = directory / f"{name}.html"
        path.write_text(plan_page(preview, HEADING), encoding="utf-8")
        addresses[name] = path.as_uri()
    return addresses


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
@pytest.mark.parametrize("name", ["everything", "long", "nothing"])
def test_nothing_sticks_out(tab: Page, pages: dict[str, str], name: str, width: int) -> None:
    tab.window(width)
    tab.open(pages[name])
    tab.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.value("document.documentElement.scrollWidth") <= width
    wide = """[...document.querySelectorAll('body *')].filter(one => !one.closest('.unseen, thead, .symbols'))
        .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.outerHTML.slice(0, 200))"""
    assert tab.value(wide) == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", ["everything", "long"])
def test_no_text_is_squeezed(tab: Page, pages: dict[str, str], name: str, width: int) -> None:
    """A word broken into its letters sticks out nowhere."""
    tab.window(width)
    tab.open(pages[name])
    squeezed = """[...document.querySelectorAll('caption, p, h1, h2, h3, h4, dt, dd, th, a, summary')]
        .filter(one => !one.closest('thead') && one.checkVisibility() && one.innerText.length > 12 && one.offsetWidth < 90)
        .map(one => one.outerHTML.slice(0, 200))"""
    assert tab.value(squeezed) == []


def test_the_browser_has_nothing_to_complain_of(tab: Page, pages: dict[str, str]) -> None:
    del tab.complaints[:]
    for address in pages.values():
        tab.open(address)
    tab.value("console.log('heard')")
    (heard,) = tab.complaints
    assert "heard" in heard
    del tab.complaints[:]


def test_all_steps_are_to_be_seen_and_their_sql_when_it_is_unfolded(tab: Page, pages: dict[str, str]) -> None:
    tab.window(1280)
    tab.open(pages["everything"])
    assert tab.value("[...document.querySelectorAll('.step')].filter(one => one.offsetHeight > 40).length") == STEPS
    sql = "[...document.querySelectorAll('details > pre')].filter(one => one.checkVisibility()).length"
    assert tab.value(sql) == 0
    tab.value("document.querySelectorAll('summary').forEach(one => one.click())")
    assert tab.value(sql) == STEPS - 1  # one is code
    assert "SELECT '<script>" in tab.value("document.querySelector('#step-11 pre').innerText")


def test_a_block_of_a_lane_leads_to_its_step(tab: Page, pages: dict[str, str]) -> None:
    tab.window(1280)
    tab.open(pages["everything"])
    tab.value("document.querySelector('.block.blocks').click()")
    assert tab.value("document.querySelector('.step:target h4').innerText") == "8 Change a type"


def test_steps_stand_in_their_order_from_left_to_right(tab: Page, pages: dict[str, str]) -> None:
    tab.window(1280)
    tab.open(pages["everything"])
    lefts = {}
    for block in tab.value(
        "[...document.querySelectorAll('.lanes .block')].map(one => [one.innerText, one.getBoundingClientRect().left])"
    ):
        lefts.setdefault(int(block[0].split()[0]), set()).add(round(block[1]))
    before = [lefts[number] for number in range(1, 11)]
    assert all(len(places) == 1 for places in before)  # one step, one column
    assert [min(places) for places in before] == sorted(min(places) for places in before)


# WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
CONTRAST = """(() => {
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = rgb => { const [r, g, b] = rgb.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b; };
  const solid = text => { const c = channels(text); return c.length === 3 || c[3] === 1 ? c.slice(0, 3) : null; };
  const behind = one => {
    for (; one; one = one.parentElement) { const c = solid(getComputedStyle(one).backgroundColor); if (c) return c; }
    return [255, 255, 255]; };
  const poor = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || one.closest('.unseen, thead, .symbols') || !one.checkVisibility()) continue;
    let opacity = 1; for (let up = one; up; up = up.parentElement) opacity *= getComputedStyle(up).opacity;
    const back = behind(one), ink = solid(getComputedStyle(one).color).map((v, n) => v * opacity + back[n] * (1 - opacity));
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push([ratio.toFixed(2), one.className, one.innerText.slice(0, 40)]);
  }
  return poor;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(tab: Page, pages: dict[str, str], scheme: str) -> None:
    tab.window(1280)
    tab.medium(scheme=scheme)
    tab.open(pages["everything"])
    tab.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    try:
        assert tab.value(CONTRAST) == []
        dark = tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 28)"
        assert dark is (scheme == "dark")
    finally:
        tab.medium()


def test_those_who_listen_find_their_way(tab: Page, pages: dict[str, str]) -> None:
    """Landmarks, headings in order, the table and its headers, lists; what the browser tells a screen reader."""
    tab.window(360)  # where the lanes are not laid out as a table
    tab.open(pages["everything"])
    nodes = tab.ask("Accessibility.getFullAXTree")["nodes"]
    seen = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    roles = [role for role, _ in seen]
    assert {"banner", "main", "contentinfo", "navigation", "table", "rowheader", "columnheader", "list"} <= set(roles)
    assert ("heading", "Migration plan") in seen
    assert ("region", "Before deploy manage.py safemigrate") in seen
    assert any(role == "link" and name.startswith("8") and "waits" in name for role, name in seen)
    levels = [
        next(item["value"]["value"] for item in node["properties"] if item["name"] == "level")
        for node in nodes
        if not node["ignored"] and node["role"]["value"] == "heading"
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_on_paper_sql_is_unfolded(tab: Page, pages: dict[str, str]) -> None:
    tab.window(1280)
    tab.open(pages["everything"])
    height = "document.querySelector('#step-2 details').offsetHeight"
    folded = tab.value(height)
    tab.medium("print")
    try:
        assert tab.value(height) > folded
    finally:
        tab.medium()
