"""Whatever ends a rehearsal, its databases are dropped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from django_safemigrate.testing.ending import Ended, ending_in_order
from django_safemigrate.testing.scratch import Scratch
from tests.support.database import rows

ROOT = Path(__file__).parents[2]


def databases(pid: int) -> list[str]:
    return [
        name for [name] in rows("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"zero_downtime_{pid}_%"])
    ]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "delay", "status"), [(signal.SIGINT, 0.0, 130), (signal.SIGINT, 0.7, 130), (signal.SIGTERM, 0.4, 143)]
)
def test_a_signal(database: None, number: signal.Signals, delay: float, status: int) -> None:
    """At any moment."""
    environment = {name: its for name, its in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    words = ["manage.py", "safemigrate", "--rehearse", "--since", "shop.0001_initial", "--busy", "10min"]
    with subprocess.Popen(
        [sys.executable, "-u", *words],
        cwd=ROOT / "example_project",
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever has started the tests in the background may have had them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "before deploy" in line:  # the phase waits for somebody who reads for minutes
                break
        assert databases(process.pid)
        time.sleep(delay)
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == status, errors
    assert "The scratch databases are dropped." in errors
    assert "Traceback" not in errors
    assert databases(process.pid) == []


@pytest.mark.postgres
def test_an_interrupted_drop_is_made_up_for(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, tries = Scratch(), []
    drop = scratch.drop

    def interrupted(name: str) -> None:
        tries.append(name)
        if len(tries) == 1:
            raise Ended(signal.SIGINT)
        drop(name)

    with contextlib.ExitStack() as stack:
        stack.enter_context(scratch)
        names = [scratch.create(), scratch.create()]
        monkeypatch.setattr(scratch, "drop", interrupted)
        with pytest.raises(Ended):
            stack.close()
    assert sorted(set(tries)) == sorted(names)
    assert databases(os.getpid()) == []


@pytest.mark.postgres
def test_one_that_cannot_be_dropped_keeps_none_of_the_others(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, tries = Scratch(), []
    drop = scratch.drop

    def failing(name: str) -> None:
        tries.append(name)
        drop(name)
        if len(tries) == 1:
            raise RuntimeError("no")

    with contextlib.ExitStack() as stack:
        stack.enter_context(scratch)
        scratch.create()
        scratch.create()
        monkeypatch.setattr(scratch, "drop", failing)
        with pytest.raises(RuntimeError, match="no"):
            stack.close()
    assert databases(os.getpid()) == []


def test_only_the_first_signal_counts() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Ended) as caught, ending_in_order():
        work()
    assert caught.value.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_signals_are_somebody_elses() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with ending_in_order():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
