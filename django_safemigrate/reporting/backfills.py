"""``backfill list``: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from django_safemigrate.doing.backfill.overview import BackfillSeen
from django_safemigrate.values.durations import format_duration

from .jsonlines import plain
from .surface import Surface

HEAD = ["number", "name", "table", "done", "rows", "rows/s", "left", "workers", "state"]


def show_backfills(seen: Sequence[BackfillSeen], surface: Surface, style: Any) -> None:
    """A table, and a line for whatever does not go on, with the reason."""
    if not seen:
        surface.line("No backfill was begun here yet.")
        return
    surface.table(HEAD, [_row(one) for one in seen])
    for one in seen:
        for text in _remarks(one):
            surface.line(f"  {style.MIGRATE_LABEL(one.name)} {style.WARNING(text)}")


def _row(one: BackfillSeen) -> list[str]:
    return [
        str(one.number),
        one.name,
        one.table,
        "" if one.share is None else f"{one.share:.0%}",
        f"{one.rows:,}",
        f"{one.rate:,.0f}" if one.workers else "",
        "" if one.left is None else format_duration(one.left),
        str(len(one.workers)) if one.is_open else "",
        _state(one),
    ]


def _state(one: BackfillSeen) -> str:
    if not one.is_open:
        return "done"
    if one.paused:
        return "paused"
    if one.reason:
        return "waits"
    if one.workers:
        return "runs"
    return "failed" if one.error else "idle"


def _remarks(one: BackfillSeen) -> Iterator[str]:
    if one.paused:
        yield f"is paused: manage.py backfill resume {one.name}"
    elif one.reason:
        yield f"waits: {one.reason}"
    if one.batch_rows is not None and one.is_open:
        yield f"has batches of {one.batch_rows:,} rows, as somebody has said"
    if one.error and one.is_open:
        first = one.error.partition("\n")[0]
        yield f"has failed: {first}"
    if one.background and one.is_open and not one.workers and not one.paused:
        yield "has no worker: manage.py backfill work"


def how_far(one: BackfillSeen) -> str:
    """In a line, for where the backfill is a part of something."""
    share = "" if one.share is None else f"{one.share:.0%} of about {one.estimate:,} rows passed, "
    rate = f", {one.rate:,.0f} rows/s by {len(one.workers)} workers" if one.workers and one.rate >= 1 else ""
    left = "" if one.left is None else f", {format_duration(one.left)} left"
    return "; ".join([f"{share}{one.rows:,} changed{rate}{left}", *_remarks(one)])


def backfills_data(seen: Sequence[BackfillSeen]) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "event": "backfills",
        "backfills": [{field.name: plain(getattr(one, field.name)) for field in fields(one)} for one in seen],
    }
