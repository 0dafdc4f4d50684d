"""Make a database for every (group, variant) on one server, run a history in it, and read what came out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.real_apps.dump import schema
from tests.real_apps.environment import Environment
from tests.real_apps.groups import Group

OURS = "django_safemigrate"
RECORDED = "SELECT app, name FROM django_migrations WHERE app <> %s"
CONTENT_TYPES = "SELECT app_label, model FROM django_content_type WHERE app_label <> %s"
PERMISSIONS = """
SELECT t.app_label, t.model, p.codename
FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
WHERE t.app_label <> %s
"""


@dataclass(frozen=True)
class Variant:
    """One way through a group's history."""

    name: str
    command: str
    mode: str

    @property
    def with_package(self) -> bool:
        return self.command == "safemigrate"


STOCK = Variant("stock", "migrate", "at-once")
NEW_DATABASE = Variant("new_database", "safemigrate", "at-once")
ONE_BY_ONE = Variant("one_by_one", "safemigrate", "one-by-one")


@dataclass(frozen=True)
class Outcome:
    """What a history leaves in the database, as lines that can be compared."""

    schema: list[str]
    recorded: list[str]
    content_types: list[str]
    permissions: list[str]


class HistoryFailed(Exception):
    """The child process that ran a history did not succeed; the message is the end of what it said."""


def outcome(server: str, group: Group, variant: Variant) -> Outcome:
    with database(server, f"real_apps_{group.name}_{variant.name}") as url:
        run(url, group, variant)
        return Outcome(
            schema=schema(url),
            recorded=_rows(url, RECORDED),
            content_types=_rows(url, CONTENT_TYPES),
            permissions=_rows(url, PERMISSIONS),
        )


def run(url: str, group: Group, variant: Variant) -> None:
    """Run the history in a process of its own."""
    environment = Environment(group=group, database_url=url, with_package=variant.with_package)
    child = subprocess.run(
        [sys.executable, "-m", "tests.real_apps.migrate", variant.command, variant.mode],
        env=environment.as_variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if child.returncode:
        lines = child.stdout.splitlines()
        raise HistoryFailed(f"{group.name}, {variant.name}:\n" + "\n".join(lines[-60:]))


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """A new, empty database on the server; yields its URL and drops it at the end."""
    identifier = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(drop)


def _rows(url: str, query: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return sorted(" ".join(row) for row in connection.execute(query, [OURS]))
