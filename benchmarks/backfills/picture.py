"""The results as a picture: what an application waited for, and what each change took, the tools side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .changes import CHANGES
from .results import BATCHES, FOUR, OURS, QUIET, RUNNERS, STOCK, TITLES, TRAFFIC, UPDATE, WORST, Group, Measured

COLOURS = {OURS: "#2a7f5f", FOUR: "#7cb89f", STOCK: "#c44536", BATCHES: "#4878a8", UPDATE: "#b08d3c"}
INK, FAINT = "#333333", "#888888"


def draw(groups: Mapping[tuple[str, str], Group], path: Path) -> None:
    """Write the picture to ``path``; its suffix says in which format."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels: list[tuple[str, str, Callable[[Measured], float], float | None]] = [
        ("The longest wait of a query, ms", TRAFFIC, lambda one: max(one.worst, 1.0), WORST),
        ("Wall time beside an application, s", TRAFFIC, lambda one: one.took, None),
        ("Rows a second in the fill, without an application", QUIET, lambda one: one.pace, None),
    ]
    panels = [panel for panel in panels if any(load == panel[1] for load, _ in groups)]
    figure, axes = pyplot.subplots(
        len(panels), 1, figsize=(9, 0.8 + 3 * len(panels)), squeeze=False, layout="constrained"
    )
    for axis, (title, load, value, bar) in zip(axes.flat, panels, strict=True):
        _panel(axis, {name: groups[load, name] for name in CHANGES if (load, name) in groups}, RUNNERS[load], value)
        axis.set_title(title, loc="left", fontsize=10, color=INK)
        if load == TRAFFIC:
            axis.set_yscale("log")
        if bar is not None:
            axis.axhline(bar, color=FAINT, linewidth=1, linestyle=(0, (5, 3)))
    shown = [name for name in TITLES if any(group.of(name) for group in groups.values())]
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=COLOURS[name], label=TITLES[name]) for name in shown]
    handles.append(pyplot.Rectangle((0, 0), 1, 1, fc=FAINT, hatch="///", ec="white", label="queries failed"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _panel(axis: Any, changes: Mapping[str, Group], runners: Sequence[str], value: Callable[[Measured], float]) -> None:
    width = 0.8 / len(runners)
    for number, runner in enumerate(runners):
        offset = (number + 0.5) * width - 0.4
        for place, group in enumerate(changes.values()):
            if found := group.of(runner):
                high = group.median(runner, value)
                hatch = "///" if any(one.failed or not one.went_through for one in found) else None
                axis.bar(place + offset, high, width * 0.9, color=COLOURS[runner], hatch=hatch, edgecolor="white")
    axis.set_xticks(range(len(changes)), [CHANGES[name].title for name in changes])
    axis.tick_params(labelsize=9, colors=INK)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
