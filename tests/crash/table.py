"""The counts as a table: migration x way, with the moments side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .matrix import Outcome
from .ways import WAYS, Moment


def table(outcomes: Iterable[Outcome]) -> str:
    """A row for each migration and way; in each cell how many kills ended as nobody disturbed, of how many.

    Only what was struck counts: a runner that did not get to the unit was not killed. Kills of the runner's other sessions
    stand in a column of their own.
    """
    all_of, equal, missed = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]](), 0
    for outcome in outcomes:
        kill = outcome.kill
        if not outcome.struck and outcome.equal:
            missed += 1
            continue
        column = kill.moment.value if kill.unit.session == 1 else "other sessions"
        for case in (kill.case, "all"):
            all_of[case, kill.way, column] += 1
            equal[case, kill.way, column] += outcome.equal
    columns = [moment.value for moment in Moment] + ["other sessions"]
    columns = [column for column in columns if any(column == key[2] for key in all_of)]
    cases = list(dict.fromkeys(key[0] for key in all_of if key[0] != "all"))
    lines = [["migration", "way", *columns]]
    for case in (*cases, "all"):
        for way in WAYS:
            if any(key[:2] == (case, way) for key in all_of):
                lines.append([case, way, *(_cell(equal, all_of, (case, way, column)) for column in columns)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    total = sum(count for key, count in all_of.items() if key[0] == "all")
    good = sum(count for key, count in equal.items() if key[0] == "all")
    not_reached = f"; {missed} more were not reached" if missed else ""
    return "\n".join(
        [*text, "", f"{total} kills, {good} resumed to the same end, {total - good} did not{not_reached}."]
    )


def _cell(
    equal: Counter[tuple[str, str, str]], all_of: Counter[tuple[str, str, str]], key: tuple[str, str, str]
) -> str:
    if not all_of[key]:
        return ""
    return str(all_of[key]) if equal[key] == all_of[key] else f"{equal[key]} of {all_of[key]}"
