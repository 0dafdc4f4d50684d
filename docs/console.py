#!/usr/bin/env python
"""Follow a page of the docs: write its files, run its commands, and compare what they say with what the page shows.

python docs/console.py docs/tutorial.md            # exit status 1 and the differences
python docs/console.py --write docs/tutorial.md    # put the real output into the page

A ``python`` block whose first line is ``# path`` is written to that file; ``# at the end of path`` appends; after ``# path,
before`` the project is brought up to date with it. In a ``console`` block, lines after ``$`` are run if they begin with one
of ``RUN``, and what follows is their output. A ``...`` in the output stands for anything, numbers with a unit for any such
number, and what was measured for any duration; what a log says only of what takes long is left out. Where somebody has
typed something in what is shown, the command runs on a terminal, and the same is typed. Everything happens in a new
directory, in the new database ``tutorial`` on the server in ``DATABASE_URL`` or on an embedded one. A page that does not
start a project begins in that of the tutorial.
"""

from __future__ import annotations

import argparse
import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.core.management import call_command

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import terminal  # noqa: E402

from django_safemigrate.testing.postgres import database_settings, server_url  # noqa: E402

DATABASE = "tutorial"
RUN = ("python manage.py ", "django-admin ", "cat ")

BRING_UP_TO_DATE = """
import os
import django
from django.core.management import call_command
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()
call_command("makemigrations")
call_command("safemigrate")
"""

BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
STAMP = re.compile(r"^ *\d+\.\d s ", re.MULTILINE)
# What was measured, which has another unit on a slow machine: of steps and migrations, and in the tables of a rehearsal.
DURATION = r"\d[\d,.]* (?:ms|s|min)"
TOOK = re.compile(rf"(done in|OK \S+,) {DURATION}\b", re.MULTILINE)
COST = re.compile(rf"{DURATION}; {DURATION}$", re.MULTILINE)
# What a log says of a step that takes longer than a quarter of a second.
PASSING = re.compile(
    r"^ *\d+\.\d s {8}(?:initializing|building index|index validation|waiting for|reading the table)\b.*\n",
    re.MULTILINE,
)
NUMBER = re.compile(r"\d[\d,.]* (ms|s|min|h|bytes|kB|MB|rows)\b")


class Process(Protocol):
    """What runs the arguments of a Python interpreter, as ``subprocess.run`` does; stderr goes into stdout."""

    def __call__(
        self, arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]: ...


def own_process(
    arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Session:
    """Where the commands of a page run, and as what."""

    directory: Path
    environment: dict[str, str]
    process: Process = own_process

    def follow(self, page: str) -> str:
        """The page, with the output of its commands as it is now."""
        if "startproject" not in page:
            self._start_project()
        return BLOCK.sub(self._block, page)

    def _start_project(self) -> None:
        """The project of the tutorial, as it is before its first model, made without a process for each command."""
        call_command("startproject", "mysite", str(self.directory), verbosity=0)
        for package in ("shop", "shop/migrations"):  # as startapp, which minds other modules of that name
            (self.directory / package).mkdir()
            (self.directory / package / "__init__.py").touch()
        tutorial = (ROOT / "docs" / "tutorial.md").read_text()
        for block in BLOCK.finditer(tutorial[: tutorial.index("## Release 1")]):
            if block["language"] == "python":
                self._write(block["body"])

    def _block(self, block: re.Match[str]) -> str:
        language, body = block["language"], block["body"]
        if language == "python":
            self._write(body)
        if language == "console":
            body = "".join(self._command(command, shown) for command, shown in commands(body))
        return f"```{language}\n{body}```"

    def _write(self, body: str) -> None:
        first, _, rest = body.partition("\n")
        named = re.fullmatch(r"# (at the end of )?(\S+\.py)(, before|, after)?", first)
        if named is None:
            return
        path = self.directory / named[2]
        before = path.read_text() if named[1] else ""
        path.write_text(before + rest)
        if named[3] == ", before":
            self._run(["python", "-c", BRING_UP_TO_DATE], [])

    def _command(self, command: str, shown: str) -> str:
        if not command.startswith(RUN):
            return f"$ {command}\n{shown}"
        said = self._run(shlex.split(command, comments=True), terminal.typed(shown))
        return f"$ {command}\n{shown if same(shown, said) else said}"

    def _run(self, words: list[str], typed: list[str]) -> str:
        program, *arguments = words
        if program == "cat":
            return "".join((self.directory / name).read_text() for name in arguments)
        if program == "django-admin":
            arguments = ["-m", "django", *arguments]
        where: dict[str, Any] = {"directory": self.directory, "environment": self.environment}
        if typed:
            code, said = terminal.run([sys.executable, *arguments], typed, **where)
            return said + _status(code)
        result = self.process(arguments, **where)
        return result.stdout + _status(result.returncode)


def _status(code: int) -> str:
    return f"(exit status {code})\n" if code else ""


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a ``console`` block, each with the output that stands below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def same(shown: str, said: str) -> bool:
    """Whether two outputs say the same, times and sizes aside."""
    said = said if PASSING.search(shown) else PASSING.sub("", said)
    return doctest.OutputChecker().check_output(_without_numbers(shown), _without_numbers(said), doctest.ELLIPSIS)


def _without_numbers(text: str) -> str:
    measured = TOOK.sub(r"\1 # s", COST.sub("# s; # s", STAMP.sub("# s ", text)))
    return NUMBER.sub(r"# \1", measured)


@contextmanager
def session(process: Process = own_process) -> Iterator[Session]:
    """A new directory and a new database, both gone at the end."""
    with server_url() as url, tempfile.TemporaryDirectory() as directory:
        own = {
            name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
        }
        variables = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
        settings = database_settings(url)
        server = {variable: settings[key] for key, variable in variables.items() if settings[key]}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**own, **server, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            connection.execute(f"CREATE DATABASE {DATABASE}")
            try:
                yield Session(Path(directory), environment, process)
            finally:
                connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--write", action="store_true", help="put the real output into the page")
    options = parser.parse_args()

    shown = options.page.read_text()
    with session() as where:
        followed = where.follow(shown)
    if options.write:
        options.page.write_text(followed)
    elif followed != shown:
        import difflib

        print(*difflib.unified_diff(shown.splitlines(), followed.splitlines(), "shown", "said", lineterm=""), sep="\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
