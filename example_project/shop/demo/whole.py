"""The whole demo: databases, one deploy after another, and what they came to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from django_safemigrate.testing.postgres import server_url

from shop.demo import manage
from shop.demo.database import database, fill, url_of
from shop.demo.deploy import OURS, STOCK, Load, Way, deploy
from shop.demo.measure import Run
from shop.demo.screen import Screen
from shop.releases.history import migrations_environment, write_migrations

WAYS = {"ours": OURS, "stock": STOCK}


def run_demo(names: Sequence[str], load: Load, screen: Screen) -> dict[str, Run]:
    """Deploy once in each way, each time to a fresh copy of the same database."""
    runs = {}
    screen.heading("A PostgreSQL server, and release 1 of the shop")
    with server_url() as server, database(server, "release1") as release1:
        create_release1(url_of(server, release1), load, screen)
        for name in names:
            way = WAYS[name]
            screen.heading(f"Deploy release 2 with {way.name}")
            with database(server, name, copy_of=release1) as copy, tempfile.TemporaryDirectory() as directory:
                runs[name] = deploy(
                    way,
                    load,
                    url=url_of(server, copy),
                    environment=migrations_for(way, Path(directory), screen),
                    screen=screen,
                )
    return runs


def create_release1(url: str, load: Load, screen: Screen) -> None:
    environment = {"DATABASE_URL": url, "SHOP_RELEASE": "1"}
    manage.run_quietly("migrate", "django_safemigrate", settings="config.settings", environment=environment)
    manage.run_quietly("migrate", "shop", "0001_initial", settings="config.settings", environment=environment)
    screen.line(f"Release 1's tables are there; now {load.orders:,} orders")
    fill(url, orders=load.orders)
    screen.line("Filled, vacuumed and analyzed")


def migrations_for(way: Way, directory: Path, screen: Screen) -> Mapping[str, str]:
    """Ours are committed; those of stock Django are written now, by stock ``makemigrations``."""
    if way is OURS:
        return {}
    written = write_migrations(directory, settings=way.settings)
    names = sorted(path.stem for path in written.glob("[0-9]*.py"))
    screen.line(f"Stock makemigrations wrote {', '.join(names)}")
    return migrations_environment(directory)
