"""``makemigrations --check`` with our app installed and without it, in a generated project, in pairs.

    python -m benchmarks.makemigrations_check [--models 300] [--apps 10] [--pairs 5]

Prints the medians of wall time and processor time of the commands, and the median of the pairs' ratios ours / stock: where
nothing has changed, and where one model in ten has a change that is in no migration. Writing the project takes a while.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.generated_project import RELEASES, Project
from benchmarks.measuring import HEADER, Cost, cost, row
from django_safemigrate.testing.postgres import server_url
from tests.real_apps.databases import database

# The name of a case, the release of the models in it, and the exit status of the command.
CASES = (("no changes", RELEASES, 0), ("changes", RELEASES + 1, 1))


def measured(project: Project, with_package: bool, expected: int) -> Cost:
    statuses: list[int] = []
    taken = cost(
        lambda: statuses.append(project.manage("makemigrations", "--check", "--noinput", with_package=with_package))
    )
    if statuses != [expected]:
        raise RuntimeError(f"makemigrations --check should have ended with {expected}, and not {statuses[0]}")
    return taken


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=300)
    parser.add_argument("--apps", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as directory,
        server_url() as server,
        database(server, "benchmark_makemigrations") as url,
    ):
        project = Project(Path(directory), url, options.models, options.apps)
        project.write()
        print(HEADER)
        for name, release, expected in CASES:
            project.write_models(release)
            stock, ours = (partial(measured, project, with_package, expected) for with_package in (False, True))
            print(row(name, options.pairs, stock, ours), flush=True)


if __name__ == "__main__":
    main()
