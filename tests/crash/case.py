"""What a migration is that is killed, and the shop whose migrations they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

HEAD = """\
import uuid

from django.db import migrations, models

from django_safemigrate import Safe


def insert(apps, schema_editor):
    apps.get_model("shop", "Order").objects.create(number="by code", coupon="")


def remove(apps, schema_editor):
    apps.get_model("shop", "Order").objects.filter(number="by code").delete()


def insert_unless_there(apps, schema_editor):
    apps.get_model("shop", "Order").objects.get_or_create(number="by code", coupon="")


"""
# The orders of the other tests; they fill a hundred blocks, so that a fill takes several batches.
ORDERS = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20)),
    ("status", models.CharField(max_length=10, default="new")),
    ("gift", models.BooleanField(default=False)),
    ("coupon", models.CharField(max_length=9, null=True)),
]),
"""
FILLED = """
ALTER TABLE shop_order SET (fillfactor = 10);
INSERT INTO shop_order (number, status, gift, coupon) SELECT n, 'new', false, n FROM generate_series(1, 1000) n;
ANALYZE
"""
EVENTS = """
migrations.RunSQL(
    "CREATE TABLE shop_event (id bigint PRIMARY KEY, status text NOT NULL) PARTITION BY RANGE (id);"
    "CREATE TABLE shop_event_1 PARTITION OF shop_event FOR VALUES FROM (0) TO (100);"
    "CREATE TABLE shop_event_2 PARTITION OF shop_event FOR VALUES FROM (100) TO (200);",
    state_operations=[
        migrations.CreateModel("Event", [("id", models.BigIntegerField(primary_key=True)), ("status", models.TextField())]),
    ],
),
"""
# No batch is ever too slow: a run has as many of them as any other, and so as many units of work.
LARGE = {"SMALL_TABLE": None, "BATCH_TARGET": "1h"}
APPS = (("migrate", "contenttypes", "-v0"), ("migrate", "auth", "-v0"))
OUR_APP = ("migrate", "django_safemigrate", "-v0")
SHOP = ("migrate", "shop", "0001", "-v0")
FORWARDS = ("safemigrate", "--noinput")
BACKWARDS = ("safemigrate", "--noinput", "shop", "0001")


@dataclass(frozen=True)
class File:
    """A migration file of the app ``shop``: operations, and what else stands in its class."""

    name: str
    operations: str
    body: str = ""

    def text(self, before: str | None, more: str = "") -> str:
        """``more`` stands before the class."""
        dependencies = [("shop", before)] if before else []
        operations = indent(dedent(self.operations).strip(), " " * 8)
        body = indent(dedent(self.body).strip(), " " * 4)
        return (
            f"{HEAD}{more}class Migration(migrations.Migration):\n"
            f"    safe = Safe.always()\n    dependencies = {dependencies!r}\n"
            f"{body}\n"
            f"    operations = [\n{operations}\n    ]\n"
        )


@dataclass(frozen=True)
class Case:
    """What is killed: a command, on a database after the commands ``before``, ``sql`` and the commands ``then``."""

    name: str
    files: Sequence[File]
    first: str = ORDERS
    before: Sequence[Sequence[str]] = (*APPS, OUR_APP, SHOP)
    sql: str = FILLED
    then: Sequence[Sequence[str]] = ()
    command: Sequence[str] = FORWARDS
    settings: dict[str, Any] = field(default_factory=lambda: dict(LARGE))
    volatile: Sequence[str] = ()
    more: str = ""  # what each file has before its class

    @property
    def package(self) -> str:
        return f"crash_{self.name}"

    def write(self, directory: Path) -> None:
        """Write its migration files."""
        package = directory / self.package
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        last = None
        for file in (File("0001_initial", self.first, "initial = True"), *self.files):
            (package / f"{file.name}.py").write_text(file.text(last, self.more))
            last = file.name


CASES: dict[str, Case] = {}


def case(name: str, operations: str, *, body: str = "", more: Sequence[File] = (), **others: Any) -> None:
    CASES[name] = Case(name, (File("0002_all", operations, body), *more), **others)


def both_ways(name: str, operations: str, *, body: str = "", **others: Any) -> None:
    """Forwards, and back from there."""
    case(name, operations, body=body, **others)
    case(f"{name}_back", operations, body=body, command=BACKWARDS, then=[(*FORWARDS, "-v0")], **others)
