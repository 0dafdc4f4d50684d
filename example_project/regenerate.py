#!/usr/bin/env python
"""Compare the committed migrations with those that ``makemigrations`` writes for the two releases.

python regenerate.py            # exit status 1 and a diff when they differ
python regenerate.py --write    # replace the committed ones
"""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
import tempfile
from pathlib import Path

from shop.releases.history import write_migrations

COMMITTED = Path(__file__).parent / "shop" / "migrations"


def differences(committed: dict[str, str], fresh: dict[str, str]) -> list[str]:
    """A unified diff of every file that says something else; empty when all say the same."""
    lines: list[str] = []
    for name in sorted(committed.keys() | fresh.keys()):
        before, after = committed.get(name, ""), fresh.get(name, "")
        if not _same_code(before, after):
            lines += difflib.unified_diff(
                before.splitlines(),
                after.splitlines(),
                f"committed/{name}",
                f"makemigrations/{name}",
                lineterm="",
            )
    return lines


def _same_code(one: str, other: str) -> bool:
    """Whatever the format: makemigrations runs black where it finds it."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def read(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.glob("[0-9]*.py")}


def replace(fresh: dict[str, str]) -> None:
    for name in read(COMMITTED):
        (COMMITTED / name).unlink()
    for name, text in fresh.items():
        (COMMITTED / name).write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the committed migrations")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        fresh = read(write_migrations(Path(directory), settings="config.settings"))
    changed = differences(read(COMMITTED), fresh)
    if options.write:
        replace(fresh)
    elif changed:
        print(
            *changed,
            "",
            "The committed migrations are out of date. Run: python regenerate.py --write",
            sep="\n",
        )
        return 1
    print(f"{len(fresh)} migrations: " + ", ".join(sorted(fresh)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
