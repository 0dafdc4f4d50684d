"""Run ``manage.py`` in a process of its own, so that each has one release's code and one set of settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shop.demo.screen import Screen

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
SECONDS_TO_STOP = 5


class CommandFailed(Exception):
    """A ``manage.py`` command ended with another exit status than 0."""


def start(
    *command: str, settings: str, environment: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start ``manage.py command``; its errors come in the same stream as its output.

    It gets a session of its own: Ctrl-C in a terminal then reaches the demo alone, which stops its children.
    """
    return subprocess.Popen(
        [sys.executable, "-u", str(MANAGE), *command],
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": settings},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that was started here, politely and then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running(*command: str, settings: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = start(*command, settings=settings, environment=environment)
    try:
        yield process
    finally:
        stop(process)


def run_quietly(*command: str, settings: str, environment: Mapping[str, str]) -> None:
    """Run a command of no interest to the reader; its output is shown when it fails."""
    with running(*command, settings=settings, environment=environment) as process:
        output, _ = process.communicate()
    if process.returncode:
        raise _failure(command, process.returncode, f":\n{output.rstrip()}")


def run_shown(*command: str, settings: str, environment: Mapping[str, str], screen: Screen) -> None:
    """Run a command and pass its output through, line by line as it comes."""
    screen.line(f"$ python manage.py {' '.join(command)}")
    with running(*command, settings=settings, environment=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            screen.line(f"    {line.rstrip()}")
        process.wait()
    if process.returncode:
        raise _failure(command, process.returncode, "; its output is above.")


def _failure(command: tuple[str, ...], status: int, output: str) -> CommandFailed:
    return CommandFailed(f"`manage.py {' '.join(command)}` ended with exit status {status}{output}")
