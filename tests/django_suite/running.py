"""One run of Django's suite with one engine, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django_safemigrate.testing.postgres import database_settings
from tests.django_suite import outcomes
from tests.django_suite.recording import RECORD
from tests.django_suite.source import CACHE, tests_directory

ROOT = Path(__file__).parents[2]
# Of settings.py, which only Django's own process can import.
DATABASE = "DJANGO_SUITE_DATABASE"


class RunFailed(Exception):
    """The run did not come to its end; the message says at which test, and the end of what it printed."""


@dataclass(frozen=True)
class Run:
    engine: str
    results: outcomes.Results
    seconds: float
    log: Path

    def summary(self) -> str:
        totals = ", ".join(f"{number:,} {name}" for name, number in self.results.totals().items())
        return f"{self.engine}: {len(self.results.outcomes):,} tests in {self.seconds:.0f} s: {totals}"


def run(engine: str, url: str, labels: list[str], timeout: float) -> Run:
    record, log = CACHE / f"{engine}.jsonl", CACHE / f"{engine}.log"
    tests = tests_directory()
    record.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        with log.open("w") as output:
            subprocess.run(
                [sys.executable, "runtests.py", *_options(), *labels],
                cwd=tests,
                env=_variables(engine, url, record),
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        ended = "ended early"
    except subprocess.TimeoutExpired:
        ended = f"was ended after {timeout:.0f} s"
    results = outcomes.read(record.read_text().splitlines() if record.exists() else [])
    if not results.finished:
        at = f" in {results.last}" if results.last else ""
        raise RunFailed(f"{engine}: the run {ended}{at}\n\n{_end(log)}")
    return Run(engine, results, time.monotonic() - began, log)


def _options() -> list[str]:
    """In one process: it takes half a minute, and the order of the tests is the same in each run."""
    return ["--settings=tests.django_suite.settings", "--noinput", "--parallel=1"]


def _variables(engine: str, url: str, record: Path) -> dict[str, str]:
    database = {**database_settings(url), "ENGINE": engine}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        DATABASE: json.dumps(database),
        RECORD: str(record),
    }


def _end(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-30:])
