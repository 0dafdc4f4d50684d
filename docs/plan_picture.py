#!/usr/bin/env python
"""The picture of docs/plan.md: the page of a real plan, over tables with many rows, as a browser shows it.

python docs/plan_picture.py     # writes docs/plan.png

In a new project, in the new database ``tutorial`` on the server in ``DATABASE_URL`` or on an embedded one; needs Chromium.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import console  # noqa: E402

from tests.support.browser import browser  # noqa: E402

FIRST = """
from django.db import models


class Customer(models.Model):
    email = models.EmailField()


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.PROTECT)
    number = models.CharField(max_length=20)
    total = models.IntegerField(default=0)
    coupon = models.CharField(max_length=20, blank=True)
"""

SECOND = """
from django.db import models


class Customer(models.Model):
    email = models.EmailField(unique=True)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.PROTECT)
    number = models.CharField(max_length=20)
    total = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=10, default="web")


class Parcel(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
"""

BY_HAND = '''
from django.db import migrations

from django_safemigrate import Safe


def correct(apps, schema_editor):
    """Corrects some orders."""


class Migration(migrations.Migration):
    safe = Safe.after_deploy()
    dependencies = [("shop", "{last}")]
    operations = [migrations.RunPython(correct)]
'''

ROWS = """
INSERT INTO shop_customer (email) SELECT n || '@example.com' FROM generate_series(1, {rows} / 10) n;
INSERT INTO shop_order (customer_id, number, total, coupon)
    SELECT 1 + n % ({rows} / 10), 'R-' || n, n % 1000, '' FROM generate_series(1, {rows}) n;
VACUUM ANALYZE;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, help="orders (default 2,000,000)")
    parser.add_argument("--page", type=Path, help="keep the page here")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "plan.png")
    options = parser.parse_args()
    with console.session() as session:
        page = options.page or session.directory / "plan.html"
        _write_plan(session, options.rows, page)
        with browser() as tab:
            tab.window(1280, 1560)
            tab.open(page.resolve().as_uri())
            tab.value("document.querySelectorAll('details')[3].open = true")
            tab.picture(options.picture, whole=False)


def _write_plan(session: console.Session, rows: int, page: Path) -> None:
    def manage(*command: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=session.directory, env=session.environment, check=True
        )

    session._start_project()
    models = session.directory / "shop" / "models.py"
    models.write_text(FIRST)
    manage("makemigrations")
    manage("safemigrate", "-v", "0")
    parameters = {key: session.environment.get(f"PG{key.upper()}") for key in ("host", "port", "user", "password")}
    with psycopg.connect(dbname=console.DATABASE, autocommit=True, **parameters) as connection:
        for statement in filter(str.strip, ROWS.format(rows=rows).split(";")):
            connection.execute(statement)
    models.write_text(SECOND)
    manage("makemigrations", "--noinput")
    migrations = session.directory / "shop" / "migrations"
    last = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / f"{int(last[:4]) + 1:04d}_correct.py").write_text(BY_HAND.format(last=last))
    manage("safemigrate", "--plan", "--format", "html", "--output", str(page.resolve()))


if __name__ == "__main__":
    main()
