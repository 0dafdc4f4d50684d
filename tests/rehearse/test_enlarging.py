"""Many rows, as far as they can be made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models

from django_safemigrate.testing.enlarging import BATCH, enlarge
from django_safemigrate.testing.failures import CannotRehearse
from django_safemigrate.testing.ledger import Ledger
from django_safemigrate.testing.lineage import lineages
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.scratch import Scratch
from django_safemigrate.testing.version import Version
from tests.decisions.states import model, state
from tests.two_versions.pair import child

pytestmark = pytest.mark.postgres
MANY = 2 * BATCH + 500


@pytest.fixture
def scratch(django_db_blocker: Any) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), Scratch() as made:
        yield made


def enlarged(scratch: Scratch, *models_: Any, **options: Any) -> tuple[dict[str, int], list[str], list[str]]:
    """How many rows each model has then, the remarks, and what was told."""
    before = state(*models_)
    factories = options.pop("factories", {})
    version = Version(
        "old",
        before,
        lineages(before, [])[0],
        alias=scratch.alias,
        ledger=Ledger(),
        numbers=itertools.count(1),
        factories=factories,
        labels={"shop"},
    )
    told: list[str] = []
    with scratch.database() as name, scratch.connected(name) as connection:
        with connection.schema_editor() as editor:
            for its in version.models:
                editor.create_model(its)
        version.fill(3)
        wanted = Options(**{"large": MANY, "filling": 600.0, **options})
        remarks = enlarge(version, connection, wanted, lambda stage, what: told.append(what))
        counts = {its.__name__: version.objects(its).count() for its in version.models}
    assert version.enlarged
    return counts, remarks, told


def test_copies_and_others(scratch: Scratch) -> None:
    customer = model("Customer", name=models.CharField(max_length=20))
    order = model(
        "Order",
        code=models.CharField(max_length=20, unique=True),
        customer=models.ForeignKey("shop.Customer", models.CASCADE),
    )
    counts, remarks, told = enlarged(scratch, customer, order, model("Bare"))
    assert counts == {"Customer": MANY + 3, "Order": MANY + 3, "Bare": MANY + 3}
    assert remarks == []
    assert f"shop.Order: {MANY:,} of {MANY:,} rows" in told


def test_what_needs_a_row_of_another_table_each(scratch: Scratch) -> None:
    person = model("Person", name=models.CharField(max_length=20))
    passport = model("Passport", person=models.OneToOneField("shop.Person", models.CASCADE))
    counts, remarks, _ = enlarged(scratch, person, passport, child("Author", "shop.Person"))
    assert counts["Passport"] == counts["Author"] == 3
    assert remarks == [
        f"shop.Passport has 0 rows of the {MANY:,} asked for: each of its rows needs another row of another table.",
        f"shop.Author has 0 rows of the {MANY:,} asked for: its rows are in several tables.",
    ]


def test_the_time_is_over(scratch: Scratch) -> None:
    code = model("Order", code=models.CharField(max_length=20, unique=True))
    counts, remarks, _ = enlarged(scratch, code, filling=0.0)
    assert counts == {"Order": BATCH + 3}
    assert remarks == [f"shop.Order has {BATCH:,} rows of the {MANY:,} asked for: the time for filling (0 s) was over."]


def test_values_that_run_out(scratch: Scratch) -> None:
    code = model("Order", code=models.IntegerField(unique=True))
    with pytest.raises(CannotRehearse, match=r"2,500 rows for shop.Order.*\n?.*"):
        enlarged(scratch, code, factories={"shop.Order": lambda number: {"code": number % 700}})
