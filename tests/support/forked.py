"""Python processes that begin with Django imported: forked from one that has no settings, no connections and no threads.

Half of what a command of ``manage.py`` costs is importing Django. Apart from that it is a process like any other: its own
settings and apps, ``sys.path``, environment and directory, and its exit status.

Run as a program, this is the process from which they are forked: a job on each line of its stdin, answered by the exit
status.
"""

from __future__ import annotations

import atexit
import json
import os
import pkgutil
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Whatever commands import that wants no settings: of Django, and of ours all of these layers.
LAYERS = ("values", "catalog", "compile", "decisions", "operations")
PRELOADED = (
    "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation",
    "django.contrib.postgres.constraints",
    "django.contrib.postgres.fields",
    "django.contrib.postgres.indexes",
    "django.contrib.postgres.operations",
    "django.core.checks",
    "django.core.management",
    "django.core.management.commands.makemigrations",
    "django.core.management.commands.migrate",
    "django.core.management.commands.sqlmigrate",
    "django.core.management.commands.squashmigrations",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.forms",
    "django.template.backends.django",
    "django.test.signals",
    "django.urls",
    "django.views.debug",
)


@dataclass(frozen=True)
class Job:
    """``python`` with these arguments, and the files that it writes into."""

    arguments: Sequence[str]
    directory: str
    environment: Mapping[str, str]
    stdout: str
    stderr: str


def run(
    arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str], merged: bool = False
) -> subprocess.CompletedProcess[str]:
    """As ``subprocess.run([sys.executable, "-B", *arguments])``; ``merged``: what it writes to stderr is in stdout."""
    with tempfile.TemporaryDirectory() as written:
        stdout, stderr = Path(written, "stdout"), Path(written, "stdout" if merged else "stderr")
        job = Job(arguments, str(directory), environment, str(stdout), str(stderr))
        status = _server().ask(job)
        said = "" if merged else stderr.read_text()
        return subprocess.CompletedProcess(arguments, status, stdout.read_text(), said)


class _Server:
    def __init__(self) -> None:
        # A site-packages that is not the interpreter's own is found by its path alone.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [sys.executable, "-B", __file__],
            env=environment,
            cwd=tempfile.gettempdir(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, job: Job) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(asdict(job)) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())
        except BaseException:  # a test that takes too long: the answer would be that of the next one
            self.close()
            raise

    def close(self) -> None:
        global _started
        _started = None
        self._process.kill()
        self._process.communicate()


_started: _Server | None = None


def _server() -> _Server:
    global _started
    if _started is None:
        _started = _Server()
        atexit.register(_started.close)
    return _started


# In the process from which they are forked


def preload() -> None:
    for name in PRELOADED:
        import_module(name)
    sys.path.insert(0, str(ROOT))
    for layer in LAYERS:
        package = import_module(f"django_safemigrate.{layer}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    del sys.path[0]


def serve() -> Job | None:
    """Fork a process for each job; returns its job in the process that is forked, and nothing at the end."""
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if child == 0:
            return job
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return None


def become(job: Job, own: Sequence[str]) -> None:
    """Take on what a new process would begin with. ``own``: the ``sys.path`` of an interpreter."""
    for standard, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, job.stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, job.stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        os.dup2(os.open(path, mode, 0o600), standard)
    os.chdir(job.directory)
    os.environ.clear()
    os.environ.update(job.environment)
    program = job.arguments[0]
    first = Path.cwd() if program in {"-m", "-c"} else Path(program).parent.absolute()
    path = [entry for entry in job.environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:] = [str(first), *path, *own]


def execute(arguments: Sequence[str]) -> None:
    kind, *rest = arguments
    if kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        exec(rest[0], namespace)
    elif kind == "-m":
        sys.argv = ["-m", *rest[1:]]
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [kind, *rest]
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    own = sys.path[1:]
    preload()
    job = serve()
    if job is not None:
        become(job, own)
        execute(job.arguments)
