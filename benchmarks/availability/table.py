"""The results as tables in markdown: a summary of the tools, and for each obstacle a row a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os.path import relpath
from pathlib import Path

from .changes import CHANGES
from .obstacles import OBSTACLES
from .results import Key, Measured, misses
from .runners import OURS, RUNNERS

BEGIN, END = "<!-- begin of the results -->", "<!-- end of the results -->"

ALTERNATIVE = "The longest wait of a query by change, a panel for each obstacle, a colour for each tool"


def write(cells: Mapping[Key, Measured], path: Path, picture: Path | None = None) -> None:
    """Put the tables, and the picture, between the two marks of a page, or write a page of nothing else."""
    text = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    shown = f"![{ALTERNATIVE}]({relpath(picture, path.parent)})\n\n" if picture else ""
    path.write_text(f"{before}{BEGIN}\n\n{shown}{tables(cells)}\n\n{END}{after}")


def tables(cells: Mapping[Key, Measured]) -> str:
    runners = [runner for runner in RUNNERS if any(key[0] == runner for key in cells)]
    parts = [conditions(cells), summary(cells, runners)]
    for obstacle, kind in OBSTACLES.items():
        of_obstacle = {key: cell for key, cell in cells.items() if key[2] == obstacle}
        if of_obstacle:
            parts.append(f"### In the way: {kind.title}\n\n{panel(of_obstacle, runners, obstacle)}")
    if bar := list(_misses_of_ours(cells)):
        parts.append("### Where safemigrate misses the bar\n\n" + "\n".join(bar))
    return "\n\n".join(parts)


def conditions(cells: Mapping[Key, Measured]) -> str:
    done = [cell for cell in cells.values() if not cell.impossible]
    servers = " and ".join(sorted({f"PostgreSQL {cell.server}" for cell in done}))
    rows = " and ".join(sorted({f"{cell.rows:,}" for cell in done}))
    rates = " and ".join(sorted({f"{cell.rate:g}" for cell in done}))
    return f"{servers}, {rows} orders, {rates} queries a second."


def summary(cells: Mapping[Key, Measured], runners: Sequence[str]) -> str:
    head = ("", "cells", "went through", "met the bar", "queries", "failed", "over 1 s", "worst wait", "not measured")
    return _table(
        head, (_summary_row(runner, [cell for key, cell in cells.items() if key[0] == runner]) for runner in runners)
    )


def _summary_row(runner: str, cells: Sequence[Measured]) -> Sequence[str]:
    done = [cell for cell in cells if not cell.impossible]
    return (
        RUNNERS[runner].title,
        str(len(done)),
        str(sum(cell.went_through for cell in done)),
        str(sum(not misses(cell) for cell in done)),
        f"{sum(cell.queries for cell in done):,}",
        f"{sum(cell.failed for cell in done):,}",
        f"{sum(cell.over_1s for cell in done):,}",
        milliseconds(max((cell.worst for cell in done), default=0.0)),
        str(len(cells) - len(done)),
    )


def panel(cells: Mapping[Key, Measured], runners: Sequence[str], obstacle: str) -> str:
    head = ["change", "baseline", *(RUNNERS[runner].title for runner in runners)]
    rows = []
    for change in CHANGES.values():
        found = [cells.get((runner, change.name, obstacle)) for runner in runners]
        measured = [cell for cell in found if cell and not cell.impossible]
        if any(found):
            baseline = milliseconds(max((cell.baseline_worst for cell in measured), default=0.0))
            rows.append([change.title, baseline, *(cell_text(cell) for cell in found)])
    return _table(head, rows)


def cell_text(cell: Measured | None) -> str:
    """The longest wait first, then only what is not as it should be, then how long it took."""
    if cell is None:
        return ""
    if cell.impossible:
        return cell.impossible
    parts = [milliseconds(cell.worst)]
    if cell.over_1s:
        parts.append(f"{cell.over_1s:,} over 1 s")
    if cell.failed:
        parts.append(f"**{cell.failed:,} failed**")
    if cell.status is None:
        parts.append("**stopped: time was up**")
    elif cell.status:
        parts.append("**gave up**")
    elif not cell.made:
        parts.append("**not made**")
    elif cell.late is not None:
        parts.append(f"+{cell.late:.1f} s")
    else:
        parts.append(f"{cell.took:.1f} s")
    if cell.runner == OURS:
        parts.append("**missed**" if misses(cell) else "✓")
    return ", ".join(parts)


def _misses_of_ours(cells: Mapping[Key, Measured]) -> Iterator[str]:
    for (runner, change, obstacle), cell in cells.items():
        if runner == OURS and (found := misses(cell)):
            yield f"- {CHANGES[change].title}, {OBSTACLES[obstacle].title}: {', '.join(found)}"


def milliseconds(value: float) -> str:
    return f"{value:,.0f} ms"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
