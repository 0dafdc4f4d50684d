from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from django.contrib.postgres.indexes import OpClass
from django.core.management import call_command
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression
from django.test import override_settings

from tests.same_end.compare import History, Server
from tests.support.project import Project


@pytest.fixture(scope="session")
def server(django_db_blocker: object) -> Iterator[Server]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        server = Server()
        yield server
        server.close()


@pytest.fixture(scope="session", autouse=True)
def operator_classes() -> Iterator[None]:
    """As ``django.contrib.postgres`` has it, when it is installed: ``OpClass`` around expressions of indexes."""
    IndexExpression.register_wrappers(OrderBy, OpClass, Collate)
    yield
    IndexExpression.register_wrappers(OrderBy, Collate)


@pytest.fixture(scope="session")
def empty(server: Server) -> Iterator[str]:
    """A database in use, but without a table of the shop."""
    with server.database() as name:
        with server.using(name), override_settings(MIGRATION_MODULES={"shop": None}):
            for app in ("django_safemigrate", "contenttypes", "auth"):
                call_command("migrate", app, verbosity=0)
        yield name


@pytest.fixture
def history(project: Project, monkeypatch: pytest.MonkeyPatch) -> History:
    # Files of one name follow each other within a second, which compiled files cannot tell apart.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return History(project)
