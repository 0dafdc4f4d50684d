"""The two-version harness sees what stock Django's migrations do to the old code, and nothing in ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import models
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from django_safemigrate.testing.failures import CannotRehearse, StockCannot, ZeroDowntimeError
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.pairs import rehearse
from django_safemigrate.testing.scratch import Scratch
from tests.decisions.states import model, state
from tests.support.database import is_postgres


class Answers(MigrationQuestioner):
    """Renames are what they look like, and new rows get a zero."""

    def __init__(self) -> None:
        super().__init__({"ask_rename": True, "ask_rename_model": True, "ask_initial": True})

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return 0

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        return 0


def order(*its_models: ModelState, options: Any = None, **fields: Any) -> ProjectState:
    return state(model("Order", number=models.CharField(max_length=20), options=options, **fields), *its_models)


def customer() -> ModelState:
    return model("Customer", name=models.CharField(max_length=20))


def with_customer() -> dict[str, Any]:
    return {"customer": models.ForeignKey("shop.Customer", models.CASCADE, null=True)}


@pytest.fixture(scope="module")
def scratch(django_db_blocker: Any) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), Scratch() as place:
        yield place


Pair = Callable[[], tuple[ProjectState, ProjectState]]

# Each with what the report has to name: the phase is always that before deploy.
UNSAFE: dict[str, tuple[Pair, str, str]] = {
    "a new column that may not be null": (
        lambda: (order(), order(vip=models.BooleanField(default=False))),
        "old code inserts rows without the column vip",
        "INSERT INTO",
    ),
    "a removed column": (
        lambda: (order(note=models.TextField()), order()),
        "old code uses a column that is not there",
        "note",
    ),
    "a renamed column": (
        lambda: (order(note=models.TextField(null=True)), order(remark=models.TextField(null=True))),
        "old code uses a column that is not there",
        "note",
    ),
    "a renamed table": (
        lambda: (state(model("Order", note=models.TextField())), state(model("Purchase", note=models.TextField()))),
        "old code uses a table that is not there",
        "shop_order",
    ),
    "no more NULLs": (
        lambda: (order(count=models.IntegerField(null=True)), order(count=models.IntegerField())),
        "old code writes NULL into count",
        "INSERT INTO",
    ),
    "a unique constraint": (
        lambda: (
            order(place=models.IntegerField()),
            order(
                place=models.IntegerField(), options={"constraints": [UniqueConstraint(fields=["place"], name="one")]}
            ),
        ),
        "a unique constraint of the new version does not allow",
        "INSERT INTO",
    ),
    "a check constraint": (
        lambda: (
            order(place=models.IntegerField()),
            order(
                place=models.IntegerField(),
                options={"constraints": [CheckConstraint(condition=Q(place__gt=0), name="positive")]},
            ),
        ),
        "that a check constraint does not allow",
        "INSERT INTO",
    ),
    "a removed model that others are referred to by": (
        lambda: (order(customer(), **with_customer()), order()),
        "is not there",
        "shop_customer",
    ),
    "another type": (
        lambda: (order(place=models.CharField(max_length=9)), order(place=models.IntegerField())),
        "The old code",
        "place",
    ),
}


@pytest.mark.postgres
@pytest.mark.parametrize("name", UNSAFE)
def test_what_stock_migrations_do_to_the_old_code_is_seen(scratch: Scratch, name: str) -> None:
    make, meaning, statement = UNSAFE[name]
    with pytest.raises(ZeroDowntimeError) as caught:
        rehearse(*make(), migrations="stock", questioner=Answers(), scratch=scratch, title=name)
    found = [one for one in caught.value.failures if meaning in one.what and statement in one.statement]
    assert found, str(caught.value)
    assert (found[0].phase, found[0].version) == ("before deploy", "old")
    assert found[0].model.startswith("shop.")
    assert found[0].migration.startswith("shop.0002")


SAFE: dict[str, Pair] = {
    "a new column with a default": UNSAFE["a new column that may not be null"][0],
    "a nullable column": lambda: (order(), order(note=models.TextField(null=True))),
    "an index": lambda: (order(), order(options={"indexes": [Index(fields=["number"], name="by_number")]})),
    "an index less": lambda: (order(options={"indexes": [Index(fields=["number"], name="by_number")]}), order()),
    "a removed column": UNSAFE["a removed column"][0],
    "relations": lambda: (
        order(customer(), **with_customer(), friends=models.ManyToManyField("shop.Customer", related_name="+")),
        order(
            customer(),
            **with_customer(),
            friends=models.ManyToManyField("shop.Customer", related_name="+"),
            note=models.TextField(default="none"),
        ),
    ),
}


@pytest.mark.parametrize("name", SAFE)
def test_ours_pass(scratch: Scratch, name: str) -> None:
    report = rehearse(*SAFE[name](), scratch=scratch, title=name, options=Options(pause=0.001))
    assert report.exercises > 4
    assert report.traffic > 0 if is_postgres() else report.traffic == 0
    assert name in str(report)


class Unanswered(Answers):
    """Nobody is there to ask."""

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        raise OSError("no terminal")


def test_what_stock_django_has_no_migration_for(scratch: Scratch) -> None:
    with pytest.raises(StockCannot, match="stock Django finds no change"):
        rehearse(order(), order(), migrations="stock", scratch=scratch)
    pair = order(), order(place=models.IntegerField())
    with pytest.raises(StockCannot, match="cannot detect this change: OSError: no terminal"):
        rehearse(*pair, migrations="stock", questioner=Unanswered(), scratch=scratch)


def test_rows_whose_values_cannot_be_made_say_nothing_about_the_migrations(scratch: Scratch) -> None:
    def fail() -> int:
        raise LookupError("no number is left")

    pair = order(), order(note=models.TextField(null=True))
    with pytest.raises(CannotRehearse, match="no number is left"):
        rehearse(*pair, scratch=scratch, factories={"shop.Order": lambda number: {"number": fail()}})
