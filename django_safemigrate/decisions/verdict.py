"""What many steps come to, in a sentence: how long anybody waits at a time, and how long all of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.rates import format_about

from .explaining import Explanation, Impact


@dataclass(frozen=True)
class Verdict:
    """``impact``: the worst of the steps', what nobody can say aside; ``longest``: how long others could wait at a time, None
    where nobody knows; ``takes``: what the steps do to tables, together, in seconds. ``unknown`` and ``not_undoable``: how
    many steps are so."""

    steps: int
    impact: Impact
    longest: float | None
    takes: float
    unknown: int
    not_undoable: int

    def __str__(self) -> str:
        said = [self._who_waits]
        if self.takes >= 1:
            said.append(f"The work on tables takes {format_about(self.takes)}.")
        return " ".join(said)

    @property
    def _who_waits(self) -> str:
        if self.unknown == self.steps:
            return "Nobody can say who waits, or for how long." if self.steps else "Nobody waits."
        unknown = f"; of {self.unknown} step{'s' * (self.unknown > 1)} nobody can say" if self.unknown else ""
        return f"{_LONGEST[self.impact].format(self._longest)}{unknown}."

    @property
    def _longest(self) -> str:
        if self.longest is None:
            return "for longer than anybody can say"
        return format_about(self.longest) if self.impact is Impact.BLOCKS else format_duration(self.longest)


_LONGEST = {
    Impact.NOBODY: "Nobody waits",
    Impact.BRIEFLY: "Nobody waits longer than some {} at a time",
    Impact.BLOCKS: "Others wait {} at a time",
}


def verdict(explained: Sequence[Explanation]) -> Verdict:
    """Of the steps of one phase."""
    known = [one for one in explained if one.impact is not Impact.UNKNOWN]
    order = list(Impact)
    return Verdict(
        steps=len(explained),
        impact=max((one.impact for one in known), key=order.index, default=Impact.NOBODY),
        longest=None
        if any(one.longest is None for one in known)
        else max((one.longest or 0.0 for one in known), default=0.0),
        takes=sum(one.takes or 0.0 for one in known),
        unknown=len(explained) - len(known),
        not_undoable=sum(not one.undoable for one in explained),
    )
