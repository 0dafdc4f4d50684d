"""Why a statement matters, in words: the lock, who waits, and for how long."""

from __future__ import annotations

from django_safemigrate.linting.statements.seen import Seen
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.rates import RATES, Rate, format_about, typical_size
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Work

# How large a table is taken to be for an example, where nobody knows.
EXAMPLE_ROWS = 10_000_000
# One UPDATE of all rows, where nobody waits in between: on the tables and the server of ``benchmarks.rates``, 7.5 s for a
# million short rows, 19 s for a million of a kilobyte each (PostgreSQL 18, two processors).
_ONE_STATEMENT = Rate(million_rows=7.0, gigabyte=11.0)

_UNTIL = {
    Work.BLOCKING_SCAN: "until every row has been read",
    Work.BLOCKING_BUILD: "until the index is built",
    Work.REWRITE: "until the table and its indexes are written anew",
    Work.ROWS: "until all rows are changed and the transaction is over",
}


def counts(seen: Seen, size: Size | None, small: SmallTable) -> bool:
    """Whether it is worth a word, at the size of its table (None where nobody knows it)."""
    if size is None:
        return not seen.only_when_large
    return seen.counts_when_small or not small.allows(size.rows, size.bytes)


def why(seen: Seen, size: Size | None) -> str:
    """The whole reason."""
    return " ".join(part for part in (_lock(seen, size), seen.why) if part)


def _lock(seen: Seen, size: Size | None) -> str:
    if seen.mode is None:
        return ""
    name = seen.table.name if seen.table else ""
    on = f" on {name}" if name else ""
    until = _UNTIL.get(seen.work)
    if until is None:
        wait = "" if not seen.mode.makes_others_wait else f", and {_who(seen.mode, name)} until the transaction is over"
        behind = " Whoever comes while it waits for its lock queues behind it." if seen.mode.makes_others_wait else ""
        return f"It takes {seen.mode.value}{on}{wait}.{behind}"
    return f"It takes {seen.mode.value}{on}: {_who(seen.mode, name)} {until}. {_how_long(seen, size)}"


def _who(mode: LockMode, table: str) -> str:
    name = table or "its table"
    if LockMode.ACCESS_SHARE in mode.conflicts:
        return f"nobody reads or writes {name}"
    if LockMode.ROW_EXCLUSIVE in mode.conflicts:
        return f"nobody writes to {name}"
    return f"whoever changes the same rows of {name} waits"


def _how_long(seen: Seen, size: Size | None) -> str:
    known = size or typical_size(EXAMPLE_ROWS)
    seconds = _ONE_STATEMENT.seconds(known) if seen.work is Work.ROWS else RATES[seen.work].seconds(known)
    if size is None:
        return f"At 10 million rows that is {format_about(seconds)}."
    return f"With {size}, that is {format_about(seconds)}."
