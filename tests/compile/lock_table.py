"""The page ``docs/lock-table.md``: what each named change locked, on a real server.

python -m tests.compile.lock_table --write docs/lock-table.md

Run it on PostgreSQL 18 first, then on an older one, for what differs there (``DATABASE_URL`` names another server than the
embedded one; ``tests/support/local_cluster.py`` starts one).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

INTRODUCTION = """# Lock table

Generated from a run: each change was compiled and run on tables with rows, and this is what the server's `pg_locks` had
before the commit. The test suite does so anew, and fails when a statement takes another lock, replaces a file, or reads a
table other than it promises, and when this page is not what the run says.

Every statement is a transaction of its own. `CONCURRENTLY` runs outside of one, and `UPDATE` is run in batches. The tables
are `shop_order`, its `shop_customer` and `shop_tag`, a `shop_thing` with the columns `a` and `b`, and a `shop_thing` with
the partitions `thing_1`, `thing_2` and, below the latter, `thing_2a`. What is marked as "small" is refused on a table that is
not; what is marked as "unsafe" is refused without `--allow-unsafe`. [Locks](locks.md) says who waits for which mode.
"""
NEW, OLD = "## PostgreSQL 18", "## Before PostgreSQL 18"
OLD_INTRODUCTION = (
    "The changes that have other statements or locks there (measured on PostgreSQL 15; 17 says the same)."
)
HEAD = "| change | statement | locks | work |\n|---|---|---|---|"
LONGEST = 110

Rows = dict[str, list[str]]


def measured() -> Rows:
    """The rows of the table for each change that this server can do."""
    from tests.compile.runs import BACK, changes, names, observed

    found: Rows = {}
    for name in names():
        if name.endswith(BACK):
            continue
        change = changes()[name]
        mark = " (small)" if change.small else " (unsafe)" if change.unsafe else ""
        found[name + mark] = [
            f"| {name}{mark} | {_code(one.step.sql)} | {'; '.join(one.facts.shown()) or 'none'} | {one.step.work.value} |"
            for one in observed(name)
        ] or [f"| {name}{mark} | | none | |"]
    return found


def _code(sql: str) -> str:
    line = " ".join(sql.split()).replace("|", "\\|")
    return f"`{line if len(line) <= LONGEST else line[: LONGEST - 3] + '...'}`"


def page(before: str, rows: Rows, *, old: bool) -> str:
    """The page with the rows of this server: of its own section where it is new, of what differs where it is old."""
    new_rows = _read(before, NEW) if old else rows
    old_rows = (
        {name: lines for name, lines in rows.items() if lines != new_rows.get(name)} if old else _read(before, OLD)
    )
    # A change that is measured only on the newer server stays there.
    parts = [INTRODUCTION, NEW, _table(new_rows), OLD, OLD_INTRODUCTION, _table(old_rows)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(rows: Rows) -> str:
    return "\n".join([HEAD, *(line for lines in rows.values() for line in lines)])


def _read(text: str, heading: str) -> Rows:
    found: Rows = {}
    section = text.partition(f"{heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| ") and line != HEAD.splitlines()[0]:
            found.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(line)
    return found


def current(before: str) -> str:
    """The page as it would be written now, on the server of the connection."""
    from django.db import connection

    return page(before, measured(), old=connection.pg_version < 180000)  # type: ignore[attr-defined]


def main(arguments: list[str]) -> str | None:
    if len(arguments) != 2 or arguments[0] != "--write":
        return __doc__
    import django

    from django_safemigrate.testing.postgres import server_url

    path = Path(arguments[1])
    with server_url() as url, tempfile.TemporaryDirectory() as directory:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        django.setup()
        from tests.support.database import new_database

        with new_database(Path(directory)):
            text = current(path.read_text() if path.exists() else "")
    path.write_text(text)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
