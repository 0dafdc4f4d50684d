"""The test runner that Django's runtests.py is told to use: Django's own, which also writes down each test's outcome."""

from __future__ import annotations

import os
import re
import signal
import traceback
import unittest
from pathlib import Path
from types import FrameType
from typing import Any

from django.test.runner import DiscoverRunner

from tests.django_suite.outcomes import (
    ERROR,
    EXPECTED,
    FAILED,
    PASSED,
    SKIPPED,
    UNEXPECTED,
    Outcome,
    finished_line,
    started_line,
)

RECORD = "DJANGO_SUITE_RECORD"
# A test that waits for a lock which nobody gives up becomes an error, and those after it still run.
SECONDS_PER_TEST = 90


def first_line(error: tuple[Any, Any, Any]) -> str:
    """The exception as the traceback ends with it, without the lines that PostgreSQL adds below."""
    return "".join(traceback.format_exception_only(error[1])).strip().partition("\n")[0]


def description(subtest: unittest.TestCase) -> str:
    """The subtest's parameters; two processes have different addresses in them."""
    return re.sub(r"0x[0-9a-f]+", "0x", subtest._subDescription())  # type: ignore[attr-defined]


class Recording(unittest.TextTestResult):
    """Writes a line when a test begins and one when it has ended, so that an early end is seen, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = Path(os.environ[RECORD]).open("w", encoding="utf-8")  # noqa: SIM115
        self.current: Outcome | None = None

    def startTest(self, test: unittest.TestCase) -> None:
        self._write(started_line(test.id()))
        self.current = Outcome(test.id())
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(SECONDS_PER_TEST)
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:
        signal.alarm(0)
        super().stopTest(test)
        if self.current is not None:
            self._write(self.current.line())
        self.current = None

    def stopTestRun(self) -> None:
        super().stopTestRun()
        self._write(finished_line())
        self.record.close()

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self._add(test, PASSED)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._add(test, SKIPPED, reason)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._add(test, FAILED, first_line(err))

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._add(test, ERROR, first_line(err))

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._add(test, EXPECTED, first_line(err))

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self._add(test, UNEXPECTED)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._add(test, FAILED if issubclass(err[0], test.failureException) else ERROR, first_line(err))
            if self.current is not None:
                self.current.subtests[description(subtest)] = first_line(err)

    def _add(self, test: unittest.TestCase, outcome: str, said: str = "") -> None:
        """What stands for a class (its setUpClass failed, say) never begins or ends."""
        of = self.current or Outcome(test.id())
        of.add(outcome, said)
        if of is not self.current:
            self._write(of.line())

    def _write(self, line: str) -> None:
        self.record.write(line + "\n")
        self.record.flush()


class Runner(DiscoverRunner):
    def get_resultclass(self) -> type[Recording]:
        return Recording


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"the test took more than {SECONDS_PER_TEST} s")
