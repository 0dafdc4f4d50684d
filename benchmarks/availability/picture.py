"""The results as a picture: the longest wait of each cell, a panel for each obstacle, the tools side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .changes import CHANGES
from .obstacles import OBSTACLES
from .results import Key, Measured, allowance
from .runners import RUNNERS

COLOURS = {
    "ours": "#2a7f5f",
    "stock": "#c44536",
    "zero-downtime": "#4878a8",
    "migration-tools": "#b08d3c",
    "deferred": "#7d5ba6",
}
INK, FAINT, BAND = "#333333", "#888888", "#f4f4f1"


def draw(cells: Mapping[Key, Measured], path: Path) -> None:
    """Write the picture to ``path``; its suffix says in which format."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    obstacles = [name for name in OBSTACLES if any(key[2] == name for key in cells)]
    changes = [name for name in CHANGES if any(key[1] == name for key in cells)]
    runners = [name for name in RUNNERS if any(key[0] == name for key in cells)]
    columns = min(2, len(obstacles))
    lines = -(-len(obstacles) // columns)
    figure, axes = pyplot.subplots(
        lines, columns, figsize=(1.6 + 6 * columns, 1.6 + 3.1 * lines), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis, obstacle in zip(axes.flat, obstacles, strict=False):
        _panel(axis, {key: cell for key, cell in cells.items() if key[2] == obstacle}, obstacle, changes, runners)
    for axis in list(axes.flat)[len(obstacles) :]:
        axis.set_visible(False)
    _label(axes, changes)
    figure.suptitle(
        "The longest wait of a query, by change and by what is in the way",
        x=0.01, ha="left", fontsize=14, fontweight="bold", color=INK,
    )  # fmt: skip
    figure.legend(handles=_legend(runners), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _panel(
    axis: Any, cells: Mapping[Key, Measured], obstacle: str, changes: Sequence[str], runners: Sequence[str]
) -> None:
    for place in range(0, len(changes), 2):
        axis.axvspan(place - 0.5, place + 0.5, color=BAND, linewidth=0, zorder=0)
    for number, runner in enumerate(runners):
        offset = 0.8 * ((number + 0.5) / len(runners) - 0.5)
        _points(axis, [cells.get((runner, change, obstacle)) for change in changes], offset, COLOURS[runner])
    measured = [cell.baseline_worst for cell in cells.values() if not cell.impossible]
    if measured:
        bar = median(measured) + allowance(obstacle)
        axis.axhline(bar, color=FAINT, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
    axis.set_title(f"In the way: {OBSTACLES[obstacle].title}", loc="left", fontsize=10, color=INK)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)


def _points(axis: Any, cells: Sequence[Measured | None], offset: float, colour: str) -> None:
    """A dot where the change was made and nothing failed, a cross where queries failed or the tool did."""
    for went_well, marker in ((True, "o"), (False, "x")):
        chosen = [
            (place + offset, max(cell.worst, 1.0))
            for place, cell in enumerate(cells)
            if cell and not cell.impossible and (cell.went_through and not cell.failed) is went_well
        ]
        if chosen:
            axis.scatter(*zip(*chosen, strict=True), s=26, color=colour, marker=marker, zorder=3, linewidths=1.4)


def _label(axes: Any, changes: Sequence[str]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for axis in axes.flat:
        axis.set_yscale("log")
        axis.set_ylim(1, 100_000)
        axis.yaxis.set_major_locator(FixedLocator([1, 10, 100, 1_000, 10_000, 100_000]))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"))
        axis.set_xlim(-0.5, len(changes) - 0.5)
        axis.set_xticks(range(len(changes)), [CHANGES[change].title for change in changes], rotation=35, ha="right")
        axis.tick_params(labelsize=8.5, colors=INK)


def _legend(runners: Sequence[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    def mark(label: str, colour: str, marker: str = "o") -> Line2D:
        return Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=6, label=label)

    return [
        *(mark(RUNNERS[runner].title, COLOURS[runner]) for runner in runners),
        mark("queries failed, or the change was not made", INK, "x"),
        Line2D(
            [], [], color=FAINT, linestyle="--", label="the bar: the longest wait of the baseline, and the allowance"
        ),
    ]
