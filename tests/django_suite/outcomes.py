"""What a run of the suite said about each test, as lines of JSON: the run writes them, the comparison reads them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# From the best to the worst: a test that says several things (its body, its clean-up, its subtests) has said the worst.
PASSED, EXPECTED, SKIPPED, UNEXPECTED, FAILED, ERROR = OUTCOMES = (
    "passed",
    "expected failure",
    "skipped",
    "unexpected success",
    "failed",
    "error",
)
BAD = frozenset({UNEXPECTED, FAILED, ERROR})
NOT_RUN = "not run"
FINISHED = "finished"


@dataclass
class Outcome:
    """Of one test. ``said`` is the first line of the exception, or why it was skipped; subtests only where they failed."""

    test: str
    outcome: str = PASSED
    said: str = ""
    subtests: dict[str, str] = field(default_factory=dict)

    def add(self, outcome: str, said: str = "") -> None:
        if OUTCOMES.index(outcome) > OUTCOMES.index(self.outcome):
            self.outcome, self.said = outcome, said

    def line(self) -> str:
        return json.dumps(vars(self))


@dataclass(frozen=True)
class Results:
    """Of one run. ``last`` is the test that had begun when the run ended early; None when it went to its end."""

    outcomes: Mapping[str, Outcome]
    finished: bool
    last: str | None

    def totals(self) -> dict[str, int]:
        """How many tests ended how, the best first."""
        counted = Counter(outcome.outcome for outcome in self.outcomes.values())
        return {name: counted[name] for name in OUTCOMES if counted[name]}

    def bad(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes.values() if outcome.outcome in BAD]


def started_line(test: str) -> str:
    return json.dumps({"started": test})


def finished_line() -> str:
    return json.dumps({FINISHED: True})


def read(lines: Iterable[str]) -> Results:
    outcomes: dict[str, Outcome] = {}
    finished, last = False, None
    for line in lines:
        said: dict[str, Any] = json.loads(line)
        if "started" in said:
            last = said["started"]
        elif FINISHED in said:
            finished, last = True, None
        else:
            outcomes[said["test"]] = Outcome(**said)
    return Results(outcomes, finished, last)
