"""The two deploys side by side, as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from shop.demo.measure import WAIT_BUDGET, Run, Summary, summarize

Row = tuple[str, ...]


def rows(summaries: Sequence[Summary]) -> list[Row]:
    """One row for each number, one column for each run."""

    def row(title: str, cells: Sequence[str]) -> Row:
        return (title, *cells)

    budget = f"{1000 * WAIT_BUDGET:.0f} ms"
    numbers = [
        row("requests", [f"{summary.requests:,}" for summary in summaries]),
        row("failed", [f"{summary.failed:,}" for summary in summaries]),
        row(f"waited over {budget}", [f"{summary.over_budget:,}" for summary in summaries]),
        row("  of these before the deploy", [f"{s.over_budget_before_the_deploy:,}" for s in summaries]),
        row("worst wait", [milliseconds(summary.worst_ms) for summary in summaries]),
        row("99 % within", [milliseconds(summary.p99_ms) for summary in summaries]),
        row("median", [milliseconds(summary.median_ms) for summary in summaries]),
        row("longest wait for a lock", [milliseconds(s.longest_lock_wait_ms) for s in summaries]),
        row("  looked for at least every", [milliseconds(s.lock_watch_gap_ms) for s in summaries]),
        row("orders lost", [f"{summary.orders_lost:,}" for summary in summaries]),
        row("the deploy took", [f"{summary.deploy_seconds:.1f} s" for summary in summaries]),
    ]
    errors = dict.fromkeys(error for summary in summaries for error in summary.errors)
    return numbers + [row(error, [f"{s.errors.get(error, 0):,}" for s in summaries]) for error in errors]


def milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def print_table(runs: Sequence[Run]) -> None:
    """With rich on a terminal, as plain text elsewhere."""
    header = ("", *(run.name for run in runs))
    body = rows([summarize(run) for run in runs])
    if sys.stdout.isatty():
        try:
            return _print_rich(header, body)
        except ImportError:
            pass
    print(plain_table(header, body))


def plain_table(header: Row, body: Sequence[Row]) -> str:
    widths = [max(len(row[column]) for row in [header, *body]) for column in range(len(header))]

    def line(row: Row) -> str:
        first, *others = (f"{cell:{'<' if n == 0 else '>'}{widths[n]}}" for n, cell in enumerate(row))
        return "   ".join([first, *others])

    rule = "   ".join("-" * width for width in widths)
    return "\n".join([line(header), rule, *(line(row) for row in body)])


def _print_rich(header: Row, body: Sequence[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAVY, header_style="bold")
    for number, title in enumerate(header):
        table.add_column(title, justify="right" if number else "left")
    for row in body:
        table.add_row(*row)
    Console(highlight=False).print(table)
