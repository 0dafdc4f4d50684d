"""The same migrations on two copies of one database, by Django's executor and by ``safemigrate``: where do they end?"""

from __future__ import annotations

import difflib
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import load_command_class
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.testing.postgres import cheapest_copy
from tests.real_apps.dump import schema
from tests.same_end.left_over import makes_and_alters, mend
from tests.support.database import rows, wait_for_ending_sessions
from tests.support.project import Project

TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_schema$'
    AND c.relname !~ '^(django|auth)_'
ORDER BY 1
"""
SEQUENCES = """
SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE sequencename !~ '^(django|auth)_' ORDER BY 1, 2
"""
# pg_dump leaves them out.
INVALID_INDEXES = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
RECORDED = "SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY 1"

_numbers = itertools.count(1)


class Server:
    """Makes databases as copies, and dumps them in the background: most of the time goes there."""

    def __init__(self) -> None:
        self.parameters = {
            key: item
            for key, item in connection.get_connection_params().items()
            if key in {"user", "password", "host", "port"} and item
        }
        self.maintenance = connection.settings_dict["NAME"]
        self.admin = psycopg.connect(**self.parameters, dbname=self.maintenance, autocommit=True)
        self.copied = cheapest_copy(self.admin)
        self.pool = ThreadPoolExecutor(2)

    def close(self) -> None:
        self.pool.shutdown()
        self.admin.close()

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        name = f"same_end_{next(_numbers)}"
        self.admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        wait_for_ending_sessions(self.admin, template)
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} {self.copied}")
        try:
            yield name
        finally:
            connection.close()
            wait_for_ending_sessions(self.admin, name)
            self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def using(self, name: str) -> Iterator[None]:
        """``django.db.connection`` leads to that database for the time of the context."""
        before = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.connect()  # forgets a transaction that Django left open when deferred SQL failed
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before

    def url(self, name: str) -> str:
        user, password, host, port = (self.parameters.get(key, "") for key in ("user", "password", "host", "port"))
        return f"postgresql:///{name}?" + "&".join(
            f"{key}={quote(str(item))}"
            for key, item in {"user": user, "password": password, "host": host, "port": port}.items()
            if item
        )

    def end(self, name: str, volatile: Sequence[str]) -> End:
        """What the database is like now. Nothing may be changed there until its ``schema`` has been read."""
        with self.using(name):
            content = [str(row) for query in (SEQUENCES, INVALID_INDEXES, RECORDED) for row in rows(query)]
            for [table] in rows(TABLES):
                content += [f"{table}: {row}" for [row] in rows(_rows_of(table, volatile))]
        return End(self.pool.submit(schema, self.url(name)), content)


def _rows_of(table: str, volatile: Sequence[str]) -> str:
    """As JSON, whose keys have an order of their own; of a volatile column only whether it is NULL."""
    row = "to_jsonb(t)"
    for column in volatile:
        row = f"""CASE WHEN {row} ->> '{column}' IS NULL THEN {row} ELSE {row} || '{{"{column}": "something"}}' END"""
    return f"SELECT ({row})::text FROM {table} t ORDER BY 1"


@dataclass
class End:
    dump: Future[list[str]]
    content: list[str]

    @property
    def schema(self) -> list[str]:
        return self.dump.result()

    def lines(self) -> list[str]:
        return [*self.schema, *self.content]


@dataclass
class Run:
    """One database on its way forwards and back."""

    server: Server
    database: str
    volatile: Sequence[str]
    migrate: Callable[[str], str]
    said: list[str] = field(default_factory=list)

    def to(self, migration: str) -> End:
        with self.server.using(self.database):
            self.said.append(self.migrate(migration))
        return self.server.end(self.database, self.volatile)


class StockRefuses(Exception):
    """Django cannot do it either."""


class History:
    """The migration files of one case: ``0001_before``, which makes the tables, and those under test."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def clear(self) -> None:
        for path in self.project.directory.glob("0*.py"):
            path.unlink()

    def write(self, name: str, operations: Sequence[object], *, atomic: bool = True) -> None:
        last = self.project.names()[-1:]
        attributes = {"operations": list(operations), "dependencies": [("shop", before) for before in last]}
        migration = type("Migration", (Migration,), attributes)(name, "shop")
        head = "class Migration(migrations.Migration):\n"
        text = MigrationWriter(migration, include_header=False).as_string()
        text = text if atomic else text.replace(head, f"{head}    atomic = False\n")
        # Whatever phase its operations may belong to: both are run.
        text = text.replace(head, f"{head}    safe = Safe.always()\n")
        text = f"from django_safemigrate import Safe\n{text}"
        (self.project.directory / f"{name}.py").write_text(text)

    def text(self) -> str:
        return "\n".join(self.project.text(name) for name in self.project.names())

    def stock(self, target: str, *, mended: bool = True) -> str:
        """``mended``: without what Django leaves over of fields that were made and altered in one migration."""
        self.project._forget_modules()
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan([("shop", target)])
            state = executor.migrate([("shop", target)])
            assert state.apps.get_models()  # as the command does for the receivers of its signals
        except Exception as error:
            raise StockRefuses(f"Django cannot do it: {error!r}\n{self.text()}") from error
        if mended and makes_and_alters(plan):
            mend(state)
        return ""

    def ours(self, target: str) -> str:
        return self.project.safemigrate("shop", target, *permission())


@functools.cache
def permission() -> list[str]:
    """These tables are small and nobody waits for them: what would be refused elsewhere may run."""
    parser = load_command_class("django_safemigrate", "safemigrate").create_parser("manage.py", "safemigrate")
    return ["--allow-unsafe", "*"] if "--allow-unsafe" in parser.format_help() else []


def check(
    server: Server, history: History, start: str, *, empty: str, volatile: Sequence[str] = (), back: bool | None = True
) -> None:
    """Forwards from ``start``, a database after ``0001_before`` (made in a copy of ``empty``), and back.

    ``start`` becomes ours. ``back`` says whether Django has a way back; None: try.
    """
    last = history.project.names()[-1]
    with server.database(start) as copy:
        stock = Run(server, copy, volatile, history.stock)
        ours = Run(server, start, volatile, history.ours)
        expected = stock.to(last)
        found = _ours(history, ours, last)
        assert expected.schema
        expected_back = _back(stock, required=back) if back is not False else None
        _same(history, ours, "forwards", expected, found)
        if expected_back:
            found = _ours(history, ours, "0001_before")
            if found.schema != expected_back.schema and found.schema == _beginning(server, history, empty):
                found.dump = expected_back.dump  # back where it began, which Django misses here
            _same(history, ours, "backwards", expected_back, found)


def _beginning(server: Server, history: History, empty: str) -> list[str]:
    with server.database(empty) as again:
        return Run(server, again, (), history.stock).to("0001_before").schema


def _back(stock: Run, *, required: bool | None) -> End | None:
    try:
        return stock.to("0001_before")
    except StockRefuses:
        if required:
            raise
        return None


def _ours(history: History, ours: Run, target: str) -> End:
    try:
        return ours.to(target)
    except BaseException as error:
        error.add_note(f"Django can do it, safemigrate to {target} cannot:\n{history.text()}")
        raise


def _same(history: History, ours: Run, way: str, expected: End, found: End) -> None:
    if expected.lines() != found.lines():
        difference = difflib.unified_diff(expected.lines(), found.lines(), "Django", "ours", lineterm="", n=4)
        text = "\n".join([f"{way}: another end than Django's", *difference, history.text(), *ours.said])
        pytest.fail(text, pytrace=False)
