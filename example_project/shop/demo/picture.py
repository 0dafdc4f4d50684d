"""The two deploys as a picture: every request a point, its latency against the time at which it was due."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shop.demo.measure import AFTER, BEFORE, REPORT, ROLLING, WAIT_BUDGET, Phase, Request, Run, summarize
from shop.demo.table import milliseconds

RELEASE_COLOURS = {1: "#4878a8", 2: "#3a9a6b"}
FAILED_COLOUR = "#cc3333"
REPORT_COLOUR = "#b08d3c"
PHASE_COLOURS = {BEFORE: "#f3e6c8", ROLLING: "#e3ebf5", AFTER: "#f3e6c8"}
FLOOR_MS, CEILING_MS = 0.5, 20_000  # leaves room for the reports below and the phases' names above
INK, FAINT = "#333333", "#888888"


def draw(runs: Sequence[Run], path: Path) -> None:
    """Write the picture to ``path``; its suffix (.png, .svg) says in which format."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(runs), 1, figsize=(11, 1.1 + 3.5 * len(runs)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis, run in zip(axes[:, 0], runs, strict=True):
        _draw_run(axis, run)
    _label_latencies(axes[0, 0])
    axes[-1, 0].set_xlabel("seconds since the deploy began", color=INK)
    figure.suptitle(
        "What requests saw while release 2 was deployed",
        x=0.01, ha="left", fontsize=15, fontweight="bold", color=INK,
    )  # fmt: skip
    figure.legend(handles=_legend(), loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _draw_run(axis: Any, run: Run) -> None:
    origin = run.deploy_began
    for phase in run.phases:
        _draw_phase(axis, phase, origin)
    for release, colour in RELEASE_COLOURS.items():
        served = [r for r in run.requests if r.release == release and r.kind != REPORT and not r.error]
        _draw_points(axis, served, origin, s=7, color=colour, alpha=0.55, linewidths=0)
    failed = [request for request in run.requests if request.error]
    _draw_points(axis, failed, origin, s=16, color=FAILED_COLOUR, marker="x", linewidths=0.8, alpha=0.7)
    _draw_reports(axis, run, origin)
    axis.axhline(1000 * WAIT_BUDGET, color=FAINT, linewidth=1, linestyle=(0, (5, 3)))
    axis.set_title(_title(run), loc="left", fontsize=11, color=INK, pad=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.margins(x=0.01)


def _draw_points(axis: Any, requests: Sequence[Request], origin: float, **style: Any) -> None:
    axis.scatter(
        [request.due - origin for request in requests],
        [1000 * request.latency for request in requests],
        zorder=3,
        rasterized=True,
        **style,
    )


def _draw_phase(axis: Any, phase: Phase, origin: float) -> None:
    if colour := PHASE_COLOURS.get(phase.name):
        axis.axvspan(phase.began - origin, phase.ended - origin, color=colour, linewidth=0, zorder=0)
        axis.text(
            (phase.began + phase.ended) / 2 - origin, 0.97, phase.name, transform=axis.get_xaxis_transform(),
            ha="center", va="top", fontsize=9, color=INK,
        )  # fmt: skip


def _draw_reports(axis: Any, run: Run, origin: float) -> None:
    """A strip at the bottom: when a report read the table, which is what a migration has to wait for."""
    reports = [(r.due - origin, r.latency) for r in run.requests if r.kind == REPORT and not r.error]
    axis.broken_barh(reports, (0.015, 0.025), transform=axis.get_xaxis_transform(), color=REPORT_COLOUR, linewidth=0)


def _title(run: Run) -> str:
    summary = summarize(run)
    return (
        f"{run.name}:  {summary.failed:,} of {summary.requests:,} requests failed,  "
        f"{summary.over_budget:,} waited over {1000 * WAIT_BUDGET:.0f} ms,  "
        f"the worst {milliseconds(summary.worst_ms)}"
    )


def _label_latencies(axis: Any) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.set_ylim(min(FLOOR_MS, low), max(CEILING_MS, high))
    for each in axis.get_shared_y_axes().get_siblings(axis):
        each.yaxis.set_major_locator(FixedLocator([1, 10, 100, 1_000, 10_000]))
        each.yaxis.set_minor_locator(NullLocator())
        each.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"))
        each.set_ylabel("latency", color=INK)


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D

    def dot(label: str, colour: str, marker: str = "o") -> Line2D:
        return Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=6, label=label)

    return [
        dot("served by release 1", RELEASE_COLOURS[1]),
        dot("served by release 2", RELEASE_COLOURS[2]),
        dot("failed", FAILED_COLOUR, "x"),
        Line2D([], [], color=REPORT_COLOUR, linewidth=5, label="a report reads the table"),
        Line2D([], [], color=FAINT, linestyle="--", label=f"{1000 * WAIT_BUDGET:.0f} ms"),
    ]
