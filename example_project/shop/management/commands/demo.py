from __future__ import annotations

import importlib.util
import json
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from shop.demo.deploy import FULL, QUICK
from shop.demo.manage import CommandFailed
from shop.demo.measure import Run, summarize
from shop.demo.picture import draw
from shop.demo.screen import open_screen
from shop.demo.table import print_table
from shop.demo.whole import WAYS, run_demo
from shop.demo.workers import WorkerFailed

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


class Command(BaseCommand):
    help = (
        "Deploys release 2 of the shop under live traffic, once with safemigrate and once with stock Django, "
        "and shows what the requests saw. Starts a PostgreSQL server of its own, or makes databases of its "
        "own on the one in DATABASE_URL; leaves neither behind."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--runs", choices=[*WAYS, "both"], default="both", help="which deploys (default: both)")
        parser.add_argument("--quick", action="store_true", help="fewer orders, less traffic, shorter phases")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to this file")
        parser.add_argument(
            "--picture", type=Path, metavar="FILE", default=Path("demo-latency.png"),
            help="where to write the picture, a .png or .svg (default: %(default)s)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, _interrupt)  # also where a shell's background job would ignore it
        signal.signal(signal.SIGTERM, _end_in_order)
        names = list(WAYS) if options["runs"] == "both" else [options["runs"]]
        try:
            with open_screen() as screen:
                runs = run_demo(names, QUICK if options["quick"] else FULL, screen)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. No process and no database is left.")
            sys.exit(INTERRUPTED)
        except (CommandFailed, WorkerFailed, psycopg.Error, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self._report(runs, options["json"], options["picture"])

    def _report(self, runs: dict[str, Run], numbers: Path | None, picture: Path) -> None:
        self.stdout.write("")
        print_table(list(runs.values()))
        self.stdout.write("")
        if numbers is not None:
            summaries = {name: summarize(run).to_json() for name, run in runs.items()}
            numbers.write_text(json.dumps(summaries, indent=2) + "\n")
            self.stdout.write(f"The numbers are in {numbers}")
        if importlib.util.find_spec("matplotlib") is None:
            self.stdout.write("No picture without matplotlib. Run: pip install 'django-safemigrate-pg[demo]'")
        else:
            draw(list(runs.values()), picture)
            self.stdout.write(f"The picture is in {picture}")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """Once: a second Ctrl-C must not interrupt the tidying up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_in_order(signum: int, frame: FrameType | None) -> None:
    """SIGTERM leaves through every ``finally``, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(TERMINATED)
