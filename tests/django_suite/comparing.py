"""Which tests ended otherwise than on stock, and whether we know why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tests.django_suite.differences import Difference
from tests.django_suite.outcomes import NOT_RUN, Outcome, Results


@dataclass(frozen=True)
class Differing:
    """A test that ended in two ways."""

    stock: Outcome
    ours: Outcome

    @property
    def test(self) -> str:
        return self.ours.test

    def lines(self) -> Iterator[str]:
        yield self.test
        yield f"    stock: {_in_words(self.stock)}"
        yield f"    ours:  {_in_words(self.ours)}"
        for subtest, said in self.ours.subtests.items():
            if subtest not in self.stock.subtests:
                yield f"           {subtest} {said}"


@dataclass(frozen=True)
class Verdict:
    """New: differs, and is not listed. Listed: differs, and is. Stale: is listed, and does not differ."""

    new: list[Differing]
    listed: list[tuple[Differing, Difference]]
    stale: list[Difference]

    @property
    def good(self) -> bool:
        return not self.new and not self.stale


def differing(stock: Results, ours: Results) -> list[Differing]:
    """By outcome, and by which subtests failed. The messages may differ: they have names of indexes and addresses in them."""
    found = []
    for test in [*stock.outcomes, *(test for test in ours.outcomes if test not in stock.outcomes)]:
        pair = [results.outcomes.get(test) or Outcome(test, NOT_RUN) for results in (stock, ours)]
        if pair[0].outcome != pair[1].outcome or pair[0].subtests.keys() != pair[1].subtests.keys():
            found.append(Differing(*pair))
    return found


def judge(found: Iterable[Differing], known: Iterable[Difference], labels: Collection[str]) -> Verdict:
    """Whether a listed test still differs can only be said of those that the labels cover."""
    reasons = {difference.test: difference for difference in known}
    new, listed = [], []
    for pair in found:
        if difference := reasons.pop(pair.test, None):
            listed.append((pair, difference))
        else:
            new.append(pair)
    return Verdict(new, listed, [difference for difference in reasons.values() if difference.covered_by(labels)])


def _in_words(outcome: Outcome) -> str:
    return f"{outcome.outcome}: {outcome.said}" if outcome.said else outcome.outcome
