"""Runner processes: forked from one that has imported Django and has no connections, since there are thousands of them.

Run as a program, this is that process: a job on each line of its stdin, answered by the process id and by the end of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What a session can be left with, as its own process sees it at the end.
LEFT_BEHIND = """
SELECT name, setting FROM pg_settings WHERE source = 'session' AND setting IS DISTINCT FROM reset_val AND name <> 'TimeZone'
UNION ALL SELECT 'advisory lock', objid::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
ORDER BY 1
"""


@dataclass(frozen=True)
class Job:
    """``manage.py`` with ``arguments``, on a database, with the migrations of ``shop`` in ``package``."""

    database: str
    host: str
    port: int
    arguments: Sequence[str]
    package: str
    directory: str
    output: str
    safemigrate: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """How a runner ended: its exit status, or minus the signal that killed it, and what it wrote."""

    status: int
    output: str

    @property
    def left_behind(self) -> list[list[str]]:
        """Settings and locks of the session at the end of the run; nothing where it did not get there."""
        last = self.output.rstrip().rpartition("\n")[2]
        left: list[list[str]] = json.loads(last.removeprefix("left behind: ")) if "left behind: " in last else []
        return left


class Runners:
    """Starts them, one at a time."""

    def __init__(self) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONDONTWRITEBYTECODE": "1"}
        environment["DATABASE_URL"] = "postgresql://postgres@/postgres"  # each job has its own
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.runners"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is for the matrix, which then ends this one
        )

    def start(self, job: Job) -> Running:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return Running(int(self._answer()), job, self)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("The process that starts runners has ended.")
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@dataclass
class Running:
    """A runner that has been started."""

    pid: int
    job: Job
    runners: Runners

    def wait(self) -> Ended:
        """Until it has ended, by itself or by its own alarm."""
        status = int(self.runners._answer())
        path = Path(self.job.output)
        return Ended(status, path.read_text(errors="replace") if path.exists() else "")


@contextlib.contextmanager
def runners() -> Iterator[Runners]:
    """The process from which runners are forked, for the time of the context."""
    started = Runners()
    try:
        yield started
    finally:
        started.close()


# In the process from which they are forked

# Seconds after which a runner hangs, and is killed by SIGALRM.
LIMIT = 240


def serve() -> None:
    import django

    django.setup()
    # Whatever a run imports is imported once.
    from django.core.management import call_command, load_command_class
    from django.db import connections

    load_command_class("django_safemigrate", "safemigrate")
    load_command_class("django_safemigrate", "migrate")
    del call_command
    connections["default"].get_connection_params()
    for line in sys.stdin:
        job = Job(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            os._exit(run(job))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(job: Job) -> int:
    """The runner itself; its exit status."""
    signal.alarm(LIMIT)
    descriptor = os.open(job.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    try:
        _configure(job)
        return _run(job)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException as error:
        traceback.print_exc()
        return int(getattr(error, "returncode", 1))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _configure(job: Job) -> None:
    from django.conf import settings
    from django.db import connection

    sys.path.insert(0, job.directory)
    settings.MIGRATION_MODULES = {**settings.MIGRATION_MODULES, "shop": job.package}
    settings.SAFEMIGRATE = job.safemigrate
    connection.settings_dict.update(NAME=job.database, HOST=job.host, PORT=job.port, USER="postgres")
    connection.settings_dict["OPTIONS"] = {"sslmode": "disable", "gssencmode": "disable"}


def _run(job: Job) -> int:
    from django.core.management import call_command
    from django.db import connection

    call_command(*job.arguments, no_color=True)
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BEHIND)
        print("left behind:", json.dumps(cursor.fetchall()))
    connection.close()
    return 0


if __name__ == "__main__":
    serve()
