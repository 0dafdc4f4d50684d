"""What our engine is compared with, and which of Django's tests are about what it does otherwise."""

from __future__ import annotations

from ctypes.util import find_library
from dataclasses import dataclass

from tests.django_suite.server import has_postgis

OURS = (
    "django_safemigrate.backends.postgresql",
    "tests.django_suite.live",
    "django_safemigrate.backends.postgis",
)


@dataclass(frozen=True)
class Stock:
    engine: str
    labels: tuple[str, ...]


POSTGRESQL = Stock(
    "django.db.backends.postgresql",
    (
        "schema",
        "migrations",
        "migrate_signals",
        "postgres_tests",
        "indexes",
        "constraints",
        "introspection",
        "backends",
        "contenttypes_tests",
        "auth_tests.test_management",
    ),
)
POSTGIS = Stock("django.contrib.gis.db.backends.postgis", ("gis_tests",))


def stock_of(engine: str) -> Stock:
    return POSTGIS if engine.endswith(".postgis") else POSTGRESQL


def cannot_run(stock: Stock, url: str) -> str | None:
    """What this machine lacks; None when nothing."""
    if stock is not POSTGIS:
        return None
    missing = [name for name in ("geos_c", "gdal") if find_library(name) is None]
    if missing:
        return f"there is no lib{missing[0]} on this machine"
    return None if has_postgis(url) else "the server has no PostGIS"
