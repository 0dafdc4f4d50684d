"""Rows that are hard to make, and changes for which rows have to be made with care."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from django_safemigrate.testing.failures import CannotRehearse, MakemigrationsRefuses, StockCannot
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.pairs import rehearse
from django_safemigrate.testing.scratch import Scratch
from tests.decisions.states import model, state

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def scratch(django_db_blocker: Any) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), Scratch() as place:
        yield place


def quickly(scratch: Scratch, old: ProjectState, new: ProjectState, *, backwards: bool = True, **more: Any) -> Any:
    return rehearse(old, new, scratch=scratch, options=Options(traffic=False, backwards=backwards), **more)


def with_note(*its_models: ModelState, **fields: Any) -> tuple[ProjectState, ProjectState]:
    """Any models, beside one that gets a field."""
    more = {"note": models.TextField(null=True)}
    return state(model("Order", **fields), *its_models), state(model("Order", **fields, **more), *its_models)


def test_checks_that_compare_fields(scratch: Scratch) -> None:
    checks = [
        CheckConstraint(condition=Q(a__gt=F("b")), name="a_over_b"),
        CheckConstraint(condition=Q(c__gte=0) & Q(c__lt=60), name="c_small"),
    ]
    fields = {name: models.IntegerField() for name in "abc"}
    quickly(scratch, *with_note(model("Thing", options={"constraints": checks}, **fields)))


def test_what_no_pattern_satisfies_takes_a_factory(scratch: Scratch) -> None:
    odd = CheckConstraint(condition=Q(a="odd"), name="odd")
    pair = with_note(model("Thing", a=models.CharField(max_length=9), options={"constraints": [odd]}))
    with pytest.raises(CannotRehearse, match=r'Give it a factory: factories=\{"shop.Thing"'):
        quickly(scratch, *pair)
    quickly(scratch, *pair, factories={"shop.Thing": lambda number: {"a": "odd", "unknown": 7}}, backwards=False)


def test_ranges_that_exclude_each_other_and_unique_ones_of_several(scratch: Scratch) -> None:
    constraints = [
        ExclusionConstraint(name="apart", expressions=[("span", "&&")]),
        UniqueConstraint(fields=["a", "customer"], name="together"),
    ]
    customer = model("Customer", name=models.CharField(max_length=9))
    thing = model(
        "Thing",
        a=models.IntegerField(),
        span=IntegerRangeField(),
        customer=models.ForeignKey("shop.Customer", models.CASCADE),
        words=SearchVectorField(null=True),
        options={"constraints": constraints},
    )
    quickly(scratch, *with_note(customer, thing), backwards=False)


def test_relations_of_all_kinds(scratch: Scratch) -> None:
    base = model("Base", a=models.IntegerField())
    link = models.OneToOneField(
        "shop.base", models.CASCADE, auto_created=True, parent_link=True, primary_key=True, serialize=False
    )
    child = ModelState("shop", "Child", [("base_ptr", link), ("b", models.IntegerField())], {}, ("shop.base",))
    tree = model(
        "Tree",
        parent=models.ForeignKey("self", models.SET_NULL, null=True),
        only=models.OneToOneField("shop.Base", models.CASCADE, related_name="+"),
        code=models.CharField(max_length=9, unique=True),
        friends=models.ManyToManyField("self"),
    )
    by_code = model(
        "Leaf",
        tree=models.ForeignKey("shop.Tree", models.PROTECT, to_field="code"),
        places=models.ManyToManyField("shop.Base"),
    )
    quickly(scratch, *with_note(base, child, tree, by_code))


def test_rows_that_need_each_other(scratch: Scratch) -> None:
    one = model("One", two=models.ForeignKey("shop.Two", models.CASCADE, related_name="+"))
    two = model("Two", one=models.ForeignKey("shop.One", models.CASCADE, related_name="+"))
    with pytest.raises(CannotRehearse, match="needs one in its turn"):
        quickly(scratch, *with_note(one, two))


def test_a_key_that_becomes_unique_and_a_column_that_becomes_a_key(scratch: Scratch) -> None:
    customer = model("Customer", name=models.CharField(max_length=9))
    key = models.ForeignKey("shop.Customer", models.CASCADE)
    quickly(
        scratch,
        state(customer, model("Order", customer=key, other_id=models.BigIntegerField(db_column="other_id"))),
        state(
            customer,
            model(
                "Order",
                customer=models.OneToOneField("shop.Customer", models.CASCADE),
                other_id=models.BigIntegerField(db_column="other_id"),
            ),
        ),
        backwards=False,
    )


def test_keys_that_are_somebodys_default_stay(scratch: Scratch) -> None:
    customer = model("Customer", name=models.CharField(max_length=9))
    key = models.ForeignKey("shop.Customer", models.CASCADE, default=6, db_constraint=False)
    quickly(scratch, state(customer, model("Order")), state(customer, model("Order", customer=key)), backwards=False)


def test_another_value_for_each_row_where_stock_django_has_one_for_all(scratch: Scratch) -> None:
    """It fails with rows, so its schema of empty tables is what has to be reached."""
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    done = quickly(scratch, state(model("Order")), state(model("Order", key=key)), backwards=False)
    assert done.steps


def test_a_table_that_somebody_else_has_made(scratch: Scratch) -> None:
    old = model("Order", a=models.IntegerField(), options={"managed": False})
    pair = with_note(model("Legacy", a=models.IntegerField(), options={"managed": False}))
    quickly(scratch, *pair, backwards=False)
    assert old.options["managed"] is False


@pytest.mark.skipif(django.VERSION < (5, 2), reason="composite keys are of 5.2")
def test_a_composite_key(scratch: Scratch) -> None:
    pair = models.CompositePrimaryKey("a", "b")
    fields = {"pk": pair, "a": models.IntegerField(), "b": models.IntegerField(), "c": models.TextField()}
    thing = ModelState("shop", "Thing", list(fields.items()), {}, (models.Model,))
    quickly(scratch, *with_note(thing), backwards=False)


def test_what_there_is_no_trying_of(scratch: Scratch) -> None:
    one, other = state(model("Order", a=models.IntegerField())), state(model("Order", a=models.JSONField()))
    with pytest.raises(StockCannot, match="There is nothing to migrate"):
        quickly(scratch, one, one)
    with pytest.raises(MakemigrationsRefuses) as caught:
        quickly(scratch, one, other)
    assert caught.value.refusals
    with pytest.raises(ValueError, match='"ours" or "stock"'):
        quickly(scratch, one, other, migrations="theirs")
