"""Processes of workers, on the database of the test, that end with a context."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.tasks.worker_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "PYTHONPATH": str(ROOT),
        **more,
    }


@contextlib.contextmanager
def worker(log: Path, *command: str, start_new_session: bool = False, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m`` a command, with ``more`` in its environment and what it says in ``log``; told to stop at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment(**more),
            stdout=output,
            stderr=output,
            start_new_session=start_new_session,
            # Whoever has started the tests in the background may have had them ignore it, and their children as well.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(*command: str) -> None:
    """``python -m`` a command, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wait_until(question: Callable[[], object], log: Path, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, log.read_text()[-5000:]
        time.sleep(0.05)
