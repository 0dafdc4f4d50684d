"""Which defects the other linters report, and which ours reports: one bad and one good migration for each of their codes.

    python -m benchmarks.linting.compare --table docs/lint-compared.md

The other tools are installed into a directory of their own. Exit status: 1 where one of them reports a bad migration that
ours lets through, and the corpus has no reason for it; or where ours reports a good one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.installing import python_with
from django_safemigrate.testing.postgres import database_settings, server_url
from tests.lint_corpus.case import Case
from tests.lint_corpus.cases import CASES
from tests.lint_corpus.project import write as write_corpus
from tests.real_apps.databases import database

from . import ours
from .ours import ROOT
from .page import Compared, put, tables

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
MARK = "comparison"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, metavar="FILE", help="a page to put the tables into")
    parser.add_argument("--environment", type=Path, default=ROOT / "build" / "other-linters", metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        write_corpus(Path(name), CASES)
        said = ours.reported(Path(name))
        theirs = _theirs(Path(name), python_with(REQUIREMENTS, options.environment))
    compared = [Compared(case, theirs[case.name], said[case.name]) for case in CASES]
    if options.table:
        put(options.table, MARK, tables(compared))
    wrong = [line for one in compared for line in one.wrong()]
    print("\n".join(wrong) or f"{len(compared)} codes: ours reports what they report, or there is a reason.")
    return 1 if wrong else 0


def _theirs(directory: Path, python: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    """By case, side and tool, the codes; see ``others.py``."""
    with server_url() as server, database(server, "linting") as url:
        asked = {"database": database_settings(url), "cases": {case.name: _about(case) for case in CASES}}
        said = subprocess.run(
            [python, "-m", "benchmarks.linting.others", directory],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=ROOT,
        )
    return json.loads(said.stdout)  # type: ignore[no-any-return]


def _about(case: Case) -> dict[str, object]:
    return {"tool": case.tool, "code": case.code, "opt_in": case.opt_in, "settings": dict(case.settings)}


if __name__ == "__main__":
    raise SystemExit(main())
