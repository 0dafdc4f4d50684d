from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection

from tests.support.database import drop_database, is_postgres, maintenance, new_database
from tests.support.project import Project, make_project

# What tests start is not measured: it would write over what is.
os.environ.pop("COVERAGE_PROCESS_START", None)

# The same examples each time, however long a busy machine takes for one; others: --hypothesis-profile=default
if find_spec("hypothesis"):
    import hypothesis

    hypothesis.settings.register_profile(
        "tests", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: needs a PostgreSQL server (skipped on SQLite)")
    config.addinivalue_line(
        "markers", "slow: takes seconds, and need not run with every version (CI runs it in two rows)"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if is_postgres():
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="this run is on SQLite"))


@pytest.fixture(scope="session", autouse=True)
def nobody_vacuums() -> Iterator[None]:
    """The server does nothing by itself: an autovacuum would hold its lock at any moment, and change sizes and statistics.

    Tests of autovacuums switch it on.
    """
    if not is_postgres():
        yield
        return
    with maintenance() as admin:
        admin.execute("ALTER SYSTEM SET autovacuum = off")
        admin.execute("SELECT pg_reload_conf()")
    yield
    with maintenance() as admin:
        admin.execute("ALTER SYSTEM RESET autovacuum")
        admin.execute("SELECT pg_reload_conf()")


@pytest.fixture
def database(django_db_blocker: object, tmp_path: Path) -> Iterator[None]:
    """A new, empty database behind ``django.db.connection``."""
    with django_db_blocker.unblock(), new_database(tmp_path):  # type: ignore[attr-defined]
        yield
        connection.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without models and migrations, and without a database."""
    return make_project(tmp_path, monkeypatch)


ORDERS = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20)),
    ("status", models.CharField(max_length=10, default="new")),
    ("gift", models.BooleanField(default=False)),
    ("coupon", models.CharField(max_length=9)),
]),
"""


# Whatever many tests begin with is made once, and copied for each of them.


@pytest.fixture(scope="session")
def installed(django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with the tables of all apps but ``shop``."""
    with django_db_blocker.unblock(), _prepared(tmp_path_factory.mktemp("installed")) as name:  # type: ignore[attr-defined]
        yield name


@pytest.fixture(scope="session")
def in_use(django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the database of ``live``, which one run has made."""
    with django_db_blocker.unblock(), _prepared(tmp_path_factory.mktemp("in_use"), orders=True) as name:  # type: ignore[attr-defined]
        yield name


@contextlib.contextmanager
def _prepared(directory: Path, *, orders: bool = False) -> Iterator[str]:
    with new_database(directory, keep=True) as name, pytest.MonkeyPatch.context() as patch:
        project = make_project(directory, patch)
        if orders:
            project.write("0001_initial", ORDERS, initial="True")
        project.safemigrate()
        if orders:
            _fill_orders()
    yield name
    drop_database(name)


def _fill_orders() -> None:
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(
                "INSERT INTO shop_order (number, status, gift, coupon) "
                "SELECT n, 'new', false, '' FROM generate_series(1, 1000) n"
            )
            cursor.execute("ANALYZE")
        else:
            cursor.executemany(
                "INSERT INTO shop_order (number, status, gift, coupon) VALUES (%s, 'new', 0, '')",
                [(str(n),) for n in range(1, 1001)],
            )


@pytest.fixture
def live(in_use: str, project: Project, django_db_blocker: object, tmp_path: Path) -> Iterator[Project]:
    """A database in use: the tables of release 1 with 1,000 orders in them, and nothing pending."""
    project.write("0001_initial", ORDERS, initial="True")
    with django_db_blocker.unblock(), new_database(tmp_path, template=in_use):  # type: ignore[attr-defined]
        yield project
