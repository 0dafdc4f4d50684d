"""The results as tables in markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os.path import relpath
from pathlib import Path

from .changes import CHANGES
from .results import BATCHES, FOUR, OURS, QUIET, RUNNERS, STOCK, TITLES, TRAFFIC, UPDATE, Group, Measured

BEGIN, END = "<!-- begin of the results -->", "<!-- end of the results -->"
PAGE = Path(__file__).with_name("page.md")
ALTERNATIVE = "The longest wait of a query and the time of each change, a colour for each tool"

Groups = Mapping[tuple[str, str], Group]


def write(groups: Groups, path: Path, picture: Path | None = None) -> None:
    """Put the tables, and the picture, between the two marks of a page; a new page says how it was measured."""
    text = (path if path.exists() else PAGE).read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    shown = f"![{ALTERNATIVE}]({relpath(picture, path.parent)})\n\n" if picture else ""
    path.write_text(f"{before}{BEGIN}\n\n{shown}{tables(groups)}\n\n{END}{after}")


def tables(groups: Groups) -> str:
    parts = [_conditions(groups)]
    if any(load == TRAFFIC for load, _ in groups):
        parts.append("### Beside an application\n\n" + _beside(groups))
    if any(load == QUIET for load, _ in groups):
        parts.append("### Without one\n\n" + _alone(groups))
    parts.append("### The ratios of the bar\n\n" + _ratios(groups))
    missed = [
        f"- {CHANGES[group.change].title}, {load}: {'; '.join(misses)}"
        for (load, _), group in groups.items()
        if (misses := group.misses())
    ]
    if missed:
        parts.append("### Where safemigrate misses the bar\n\n" + "\n".join(missed))
    return "\n\n".join(parts)


def _conditions(groups: Groups) -> str:
    measured = [one for group in groups.values() for one in group.measured]
    servers = " and ".join(sorted({f"PostgreSQL {one.server}" for one in measured}))
    rows = " and ".join(sorted({f"{one.rows:,}" for one in measured}))
    of_each = sorted({max(one.round for one in group.measured) for group in groups.values()})
    rounds = " to ".join(str(count) for count in dict.fromkeys([*of_each[:1], *of_each[-1:]]))
    rates = " and ".join(sorted({f"{one.rate:g}" for one in measured if one.rate}))
    served = f", {rates} queries a second" if rates else ""
    return f"{servers}, {rows} orders{served}, {rounds} round{'' if rounds == '1' else 's'}: medians."


def _beside(groups: Groups) -> str:
    head = ("change", "tool", "wall time", "rows a second in the fill", "worst wait", "p99 (baseline)", "failed", "")
    return _table(head, [_row(group, runner) for group, runner in _chosen(groups, TRAFFIC)])


def _row(group: Group, runner: str) -> Sequence[str]:
    return (
        CHANGES[group.change].title,
        TITLES[runner],
        _seconds(group.median(runner, lambda one: one.took)),
        _pace(group, runner),
        f"{group.median(runner, lambda one: one.worst):,.0f} ms",
        f"{group.median(runner, lambda one: one.p99):,.1f} ms ({group.median(runner, lambda one: one.baseline_p99):,.1f} ms)",
        f"{sum(one.failed for one in group.of(runner)):,} of {sum(one.queries for one in group.of(runner)):,}",
        "" if all(one.went_through for one in group.of(runner)) else "**not made**",
    )


def _alone(groups: Groups) -> str:
    rows = [
        (
            CHANGES[group.change].title,
            TITLES[runner],
            _seconds(group.median(runner, lambda one: one.took)),
            _pace(group, runner),
        )
        for group, runner in _chosen(groups, QUIET)
    ]
    return _table(("change", "tool", "wall time", "rows a second in the fill"), rows)


def _ratios(groups: Groups) -> str:
    """Wall times, then rows a second, of safemigrate beside another one."""
    asked = (
        (TRAFFIC, OURS, STOCK, "took"),
        (TRAFFIC, OURS, UPDATE, "took"),
        (TRAFFIC, OURS, BATCHES, "took"),
        (TRAFFIC, OURS, BATCHES, "pace"),
        (QUIET, OURS, BATCHES, "pace"),
        (QUIET, FOUR, UPDATE, "pace"),
    )
    head = (
        "change",
        "time / stock's",
        "time / one UPDATE's",
        "time / batches'",
        "rows a second / batches'",
        "the same, without traffic",
        "four workers / one UPDATE, without traffic",
    )
    rows = []
    for change in (name for name in CHANGES if any(key[1] == name for key in groups)):
        found = []
        for load, one, other, what in asked:
            group = groups.get((load, change))
            ratio = (
                group.ratio(one, other, lambda measured, what=what: float(getattr(measured, what))) if group else None
            )
            found.append("" if ratio is None else f"{ratio:.2f}")
        rows.append([CHANGES[change].title, *found])
    return _table(head, rows)


def _chosen(groups: Groups, load: str) -> Iterator[tuple[Group, str]]:
    for change in CHANGES:
        if group := groups.get((load, change)):
            for runner in RUNNERS[load]:
                if group.of(runner):
                    yield group, runner


def _pace(group: Group, runner: str) -> str:
    pace = group.median(runner, lambda one: one.pace)
    return f"{pace:,.0f}" if pace else ""


def _seconds(value: float) -> str:
    return f"{value:,.1f} s"


def line(one: Measured) -> str:
    """A measurement in one line."""
    said = [f"{one.load}, {one.change}, {TITLES[one.runner]}: {one.took:.1f} s"]
    if one.pace:
        said.append(f"{one.pace:,.0f} rows/s")
    if one.load == TRAFFIC:
        said.append(f"worst {one.worst:.0f} ms ({one.worst_kind}, at {one.worst_at:.1f} s)")
        said.append(f"p99 {one.p99:.1f} ms, baseline {one.baseline_p99:.1f} ms")
        said.append(f"{one.failed:,} of {one.queries:,} failed")
    if not one.went_through:
        said.append(f"NOT MADE: {one.said}")
    return ", ".join(said)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])
