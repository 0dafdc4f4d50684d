"""The project of the corpus: one app, whose tables are in use, and a directory of migrations for each case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from .case import Case, Change

BAD, GOOD = "bad", "good"

INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Customer",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=100)),
                ("email", models.CharField(max_length=254, null=True)),
                ("note", models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "Product",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("title", models.CharField(max_length=200)),
                ("sku", models.CharField(max_length=40)),
                ("price", models.IntegerField()),
                ("weight", models.IntegerField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["title"], name="product_title")]},
        ),
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
                ("total", models.IntegerField()),
                ("state", models.CharField(max_length=20)),
                ("placed", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "Note",
            [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField(null=True))],
        ),
    ]
"""

MODELS = """\
from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=254, null=True)
    note = models.TextField(null=True)


class Product(models.Model):
    title = models.CharField(max_length=200)
    sku = models.CharField(max_length=40)
    price = models.IntegerField()
    weight = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["title"], name="product_title")]


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    total = models.IntegerField()
    state = models.CharField(max_length=20)
    placed = models.DateTimeField(null=True)


class Note(models.Model):
    text = models.TextField(null=True)
"""


def write(directory: Path, cases: Iterable[Case]) -> None:
    """An app ``shop`` without migrations, and ``CASE/bad`` and ``CASE/good`` with those of each case: packages for the
    setting ``MIGRATION_MODULES``."""
    _file(directory / "shop" / "__init__.py")
    _file(directory / "shop" / "models.py", MODELS)
    for case in cases:
        _file(directory / case.name / "__init__.py")
        for side, change in ((BAD, case.bad), (GOOD, case.good)):
            package = directory / case.name / side
            _file(package / "__init__.py")
            _file(package / "0001_initial.py", INITIAL)
            for name, one in migrations_of(change):
                _file(package / f"{name}.py", one.text())


def migrations_of(change: Change) -> Iterator[tuple[str, Change]]:
    """The migrations after the initial one, by their names."""
    yield "0002_change", change
    yield from change.also.items()


def _file(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
