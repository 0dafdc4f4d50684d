"""One pair under two versions of the code, on a database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django_safemigrate.testing.failures import CannotRehearse, StockCannot
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.pairs import rehearse
from django_safemigrate.testing.scratch import Scratch

from .changes import Pair
from .phases import NotAPair, check_phases
from .states import ONE_APP, Answers, make_state


@dataclass
class Tally:
    """What became of the pairs, by a word; and the failures, each with the pair that had it."""

    count: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[Pair, str]] = field(default_factory=list)

    def add(self, outcome: str) -> None:
        self.count[outcome] += 1

    def fail(self, pair: Pair, text: str) -> None:
        self.add("failed")
        self.failures.append((pair, text))


def check_pair(pair: Pair, scratch: Scratch, options: Options) -> str:
    """``passed``, ``refused`` (by makemigrations), or why it is no pair. Raises what the harness has found."""
    before, after = make_state(pair.old, ONE_APP), make_state(pair.new, ONE_APP)
    try:
        if check_phases(pair, before, after):
            return "refused"
        rehearse(before, after, questioner=Answers(pair, after), options=options, scratch=scratch)
    except NotAPair:
        return "nothing to do, or stock Django cannot"
    except StockCannot:
        return "stock Django cannot with these rows"
    except CannotRehearse as error:
        print(error)
        return "no rows can be made"
    return "passed"
