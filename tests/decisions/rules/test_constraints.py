"""Constraints that come, go and change under one name."""

from __future__ import annotations

from typing import Any

import django
import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations import AddConstraint, RemoveConstraint
from django.db.models import BaseConstraint, CheckConstraint, Deferrable, Q, UniqueConstraint

from django_safemigrate.decisions.rules import Question, answer_of
from tests.decisions.states import detect as detected
from tests.decisions.states import model, notes, parts, state, written

CHECK = CheckConstraint(condition=Q(a__gt=0), name="c")
UNIQUE = UniqueConstraint(fields=["a"], name="C_unique")
DEFERRED = UniqueConstraint(fields=["a"], name="c", deferrable=Deferrable.DEFERRED)
EXCLUSION = ExclusionConstraint(name="c", expressions=[("a", "=")])


def order(*constraints: BaseConstraint) -> Any:
    return model("Order", a=models.IntegerField(), b=models.IntegerField(), options={"constraints": [*constraints]})


@pytest.mark.parametrize("constraint", [CHECK, DEFERRED])
def test_k1_a_constraint_comes_when_nobody_writes_any_more_what_it_forbids(constraint: BaseConstraint) -> None:
    """K2: no code can upsert on one that is deferrable."""
    assert parts(AddConstraint("order", constraint), order()) == ["contract: Create constraint c on model order"]


def test_k1_so_it_does_where_it_is_not_validated_yet() -> None:
    [line] = parts(AddConstraintNotValid("order", CHECK), order())
    assert line.startswith("contract: ")
    assert parts(ValidateConstraint("order", "c"), order(CHECK)) == [
        "expand: Validate constraint c on model order [may wait]"
    ]


def test_k2_whether_new_code_relies_on_a_unique_one_is_asked() -> None:
    assert parts(AddConstraint("order", UNIQUE), order()) == [
        "asked: shop.order.c_unique",
        "1. after deploy",
        "contract: Create constraint C_unique on model order",
        "2. before deploy",
        "expand: Create constraint C_unique on model order",
    ]


def test_k3_an_exclusion_constraint_has_no_way_while_the_table_is_in_use() -> None:
    [line] = parts(AddConstraint("order", EXCLUSION), order())
    assert line.startswith("contract: Create constraint c on model order [PostgreSQL builds the index of exclusion")
    assert 'SAFEMIGRATE["SMALL_TABLE"]' in line


@pytest.mark.parametrize("constraint", [CHECK, DEFERRED, EXCLUSION])
def test_k4_a_constraint_goes_before_new_code_writes_what_it_forbids(constraint: BaseConstraint) -> None:
    assert parts(RemoveConstraint("order", "c"), order(constraint)) == ["expand: Remove constraint c from model order"]


def test_k4_whether_old_code_upserts_on_a_unique_one_is_asked() -> None:
    assert parts(RemoveConstraint("order", "C_unique"), order(UNIQUE)) == [
        "asked: shop.order.c_unique.removed",
        "1. before deploy",
        "expand: Remove constraint C_unique from model order",
        "2. after deploy",
        "contract: Remove constraint C_unique from model order",
    ]


def test_every_option_has_a_consequence_in_a_line() -> None:
    for operation in (AddConstraint("order", UNIQUE), RemoveConstraint("order", "C_unique")):
        answer = answer_of(operation, "shop", state(order(UNIQUE)))
        assert isinstance(answer, Question)
        assert "shop.order" in answer.text
        assert all(option.consequence and "\n" not in option.consequence for option in answer.options)


@pytest.mark.parametrize("condition", [Q(a__gt=-1), Q(a__gt=1), Q(a__gt=0, b__gt=0)])
def test_a_condition_that_is_loosened_or_tightened_is_not_there_in_between(condition: Q) -> None:
    changes = detected(state(order(CHECK)), state(order(CheckConstraint(condition=condition, name="c"))))
    assert list(written(changes).values()) == [
        ["Remove constraint c from model order"],
        ["Create constraint c on model order"],
    ]
    assert notes(changes) == {}


def test_a_unique_constraint_that_changes_under_its_name_is_not_there_in_between() -> None:
    wider = UniqueConstraint(fields=["a", "b"], name="C_unique")
    assert list(written(detected(state(order(UNIQUE)), state(order(wider)))).values()) == [
        ["Remove constraint C_unique from model order"],
        ["Create constraint C_unique on model order"],
    ]


@pytest.mark.skipif(django.VERSION < (6, 0), reason="AlterConstraint is new in Django 6.0")
def test_k6_its_error_message_is_python_only() -> None:
    other = CheckConstraint(condition=Q(a__gt=0), name="c", violation_error_message="No.")
    operation = operations.AlterConstraint("order", "c", other)
    assert parts(operation, order(CHECK)) == ["expand: Alter constraint c on order [may wait]"]
    assert list(written(detected(state(order(CHECK)), state(order(other)))).values()) == [
        ["Alter constraint c on order"]
    ]
