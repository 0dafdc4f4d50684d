"""``safemigrate --plan``: as text, as JSON, or as a page; on the standard output or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.color import no_style
from django.utils import timezone

from django_safemigrate.doing.deploy import Deploy
from django_safemigrate.doing.preview import Preview
from django_safemigrate.reporting.jsonlines import JsonReport
from django_safemigrate.reporting.plan import plan_data, plan_lines
from django_safemigrate.reporting.plan_page import Heading, plan_page
from django_safemigrate.values.errors import UsageError

TEXT, JSON, HTML = "text", "json", "html"


def add_plan_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--format",
        choices=(TEXT, JSON, HTML),
        help="With --plan: how to write it; html is one page, for a review of both phases (default text).",
    )
    parser.add_argument("--output", metavar="FILE", help="With --plan: write it to a file.")


def check_plan_options(options: dict[str, Any]) -> None:
    """Raises ``UsageError`` where a plan is asked for in some way, and not asked for. ``--format json`` is ``--json``."""
    given = [f"--{name} {options[name]}" for name in ("format", "output") if options[name]]
    other = next((f"--{name}" for name in ("status", "split", "abort", "rehearse") if options[name]), "")
    if given and (other or not options["plan"]):
        raise UsageError(
            f"{given[0]} is for the plan of a run" + (f", and not for {other}." if other else ", and needs --plan."),
            "It says how, or where to, the plan is written.",
            f"Run: manage.py safemigrate --plan {' '.join(given)}",
        )
    if options["json"] and options["format"] not in (None, JSON):
        raise UsageError(
            f"--json and --format {options['format']} are two ways to write one plan.",
            "It is written once.",
            f"Run: manage.py safemigrate --plan --format {options['format']}",
        )
    options["json"] = options["json"] or options["format"] == JSON


def show_plan(seen: Preview, deploy: Deploy, options: dict[str, Any], stdout: Any, style: Any) -> None:
    """Write the plan where it is to go. Raises ``UsageError`` where that cannot be written."""
    if not options["output"]:
        _write(seen, deploy, options, stdout, style)
        return
    path = Path(options["output"])
    try:
        with path.open("w", encoding="utf-8") as file:
            _write(seen, deploy, options, _Lines(file), no_style())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.",
            "--output names the file for the plan.",
            "Run the same command with a file in a directory that is there and that you may write to.",
        ) from error
    if options["verbosity"] and not options["json"]:
        stdout.write(f"The plan is in {path}. Nothing else was changed.")


class _Lines:
    """A file that ends what is written with a line, as a command's ``stdout`` does."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, text: str) -> None:
        self.file.write(text if text.endswith("\n") else f"{text}\n")


def _write(seen: Preview, deploy: Deploy, options: dict[str, Any], stdout: Any, style: Any) -> None:
    if options["json"]:
        JsonReport(stdout).write(plan_data(seen, deploy.phase))
    elif options["format"] == HTML:
        connection = deploy.connection
        heading = Heading(
            phase=deploy.phase,
            database=f"{connection.alias} ({connection.display_name})",
            at=timezone.now(),
        )
        stdout.write(plan_page(seen, heading))
    else:
        for line in plan_lines(seen, deploy.phase, style, options["verbosity"]):
            stdout.write(line)
