"""What each kind of test leaves in the record."""

from __future__ import annotations

import io
import unittest
from pathlib import Path
from unittest.runner import _WritelnDecorator

import pytest

from tests.django_suite.outcomes import (
    ERROR,
    EXPECTED,
    FAILED,
    PASSED,
    SKIPPED,
    UNEXPECTED,
    Outcome,
    Results,
    finished_line,
    read,
    started_line,
)
from tests.django_suite.recording import RECORD, Recording


class Kinds(unittest.TestCase):
    """One test of each outcome, for the recording; pytest does not collect what has no name with test in front."""

    def passes(self) -> None:
        pass

    def fails(self) -> None:
        self.fail("no\nmore")

    def breaks(self) -> None:
        raise ValueError("no\nmore")

    def breaks_at_the_end(self) -> None:
        self.addCleanup(self.breaks)

    def skips(self) -> None:
        self.skipTest("no need")

    @unittest.expectedFailure
    def fails_as_expected(self) -> None:
        self.fail()

    @unittest.expectedFailure
    def passes_unexpectedly(self) -> None:
        pass

    def has_subtests(self) -> None:
        for number in (1, 2, 3):
            with self.subTest(number=number):
                if number == 2:
                    self.fail("two")


class Unprepared(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        raise ValueError("no class")

    def passes(self) -> None:
        pass


def recorded(tests: list[unittest.TestCase], path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.setenv(RECORD, str(path))
    result = Recording(_WritelnDecorator(io.StringIO()), True, 0)
    unittest.TestSuite(tests)(result)
    result.stopTestRun()
    return read(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "outcome", "said"),
    [
        ("passes", PASSED, ""),
        ("fails", FAILED, "AssertionError: no"),
        ("breaks", ERROR, "ValueError: no"),
        ("breaks_at_the_end", ERROR, "ValueError: no"),
        ("skips", SKIPPED, "no need"),
        ("fails_as_expected", EXPECTED, "AssertionError: None"),
        ("passes_unexpectedly", UNEXPECTED, ""),
        ("has_subtests", FAILED, "AssertionError: two"),
    ],
)
def test_a_recorded_outcome_is_read(
    name: str, outcome: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = Kinds(name)
    results = recorded([test], tmp_path / "record", monkeypatch)
    assert results.finished
    assert results.last is None
    subtests = {"(number=2)": said} if name == "has_subtests" else {}
    assert dict(results.outcomes) == {test.id(): Outcome(test.id(), outcome, said, subtests)}


def test_a_class_that_cannot_be_set_up_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = recorded([Unprepared("passes")], tmp_path / "record", monkeypatch)
    assert [(outcome.outcome, outcome.said) for outcome in results.outcomes.values()] == [
        (ERROR, "ValueError: no class")
    ]


def test_a_run_that_ended_early_says_where() -> None:
    results = read([started_line("a"), Outcome("a").line(), started_line("b")])
    assert (results.finished, results.last) == (False, "b")
    assert read([started_line("a"), Outcome("a").line(), finished_line()]).finished
