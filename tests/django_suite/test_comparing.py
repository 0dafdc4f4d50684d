"""The comparison itself; what it compares takes too long for each run of the tests."""

from __future__ import annotations

from tests.django_suite import differences
from tests.django_suite.comparing import Verdict, differing, judge
from tests.django_suite.differences import Difference
from tests.django_suite.engines import OURS
from tests.django_suite.outcomes import ERROR, FAILED, Outcome, Results


def results(**outcomes: Outcome) -> Results:
    return Results(outcomes, True, None)


def test_only_what_ends_otherwise_differs() -> None:
    stock = results(
        same=Outcome("same", FAILED, "index a"),
        worse=Outcome("worse"),
        subtest=Outcome("subtest", FAILED, "", {"(n=1)": "no"}),
        gone=Outcome("gone"),
    )
    ours = results(
        same=Outcome("same", FAILED, "index b"),
        worse=Outcome("worse", ERROR, "ValueError: no"),
        subtest=Outcome("subtest", FAILED, "", {"(n=2)": "no"}),
        more=Outcome("more"),
    )
    found = differing(stock, ours)
    assert [pair.test for pair in found] == ["worse", "subtest", "gone", "more"]
    assert list(found[0].lines()) == ["worse", "    stock: passed", "    ours:  error: ValueError: no"]
    assert list(found[1].lines())[-1] == "           (n=2) no"
    assert [(pair.stock.outcome, pair.ours.outcome) for pair in found[2:]] == [
        ("passed", "not run"),
        ("not run", "passed"),
    ]


def verdict_on(*known: str, labels: tuple[str, ...] = ("schema",)) -> Verdict:
    """With one test that differs: schema.tests.T.one."""
    found = differing(results(one=Outcome("schema.tests.T.one")), results(one=Outcome("schema.tests.T.one", FAILED)))
    return judge(found, [Difference(test, ("6.1",), ("ours",), "why") for test in known], labels)


def test_a_difference_has_to_be_listed() -> None:
    assert not verdict_on().good
    assert [pair.test for pair in verdict_on().new] == ["schema.tests.T.one"]
    assert verdict_on("schema.tests.T.one").good


def test_what_is_listed_has_to_differ_when_it_was_run() -> None:
    verdict = verdict_on("schema.tests.T.one", "schema.tests.T.two", "schematic.T.three")
    assert [difference.test for difference in verdict.stale] == ["schema.tests.T.two"]
    assert not verdict.good
    assert len(verdict_on("schema.tests.T.one", "schema.tests.T.two", "schematic.T.three", labels=()).stale) == 2


LISTED = """
[[difference]]
test = "schema.tests.T.one"
django = ["6.1"]
engines = ["ours"]
reason = "The test counts statements."
"""


def test_an_entry_is_about_the_feature_releases_and_engines_it_names() -> None:
    entry = Difference("schema.tests.T.one", ("6.1",), ("ours",), "The test counts statements.")
    assert differences.known("6.1.3", "ours", LISTED) == [entry]
    assert differences.known("6.0.1", "ours", LISTED) == []
    assert differences.known("6.1.3", "theirs", LISTED) == []


def test_the_list_can_be_read_and_gives_reasons() -> None:
    entries = differences.listed(differences.FILE.read_text())
    assert len({entry.test for entry in entries}) == len(entries)
    assert all(entry.reason and entry.django and set(entry.engines) <= set(OURS) for entry in entries)
