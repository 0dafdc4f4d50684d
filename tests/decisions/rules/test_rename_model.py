from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import RenameModel

from django_safemigrate.decisions.rules import Refusal, answer_of
from tests.decisions.states import ModelState, model, parts, state

RENAME = RenameModel("Order", "Purchase")
NAMED = {"db_table": "shop_order"}


def refusal(*before: ModelState, operation: RenameModel = RENAME) -> Refusal:
    found = answer_of(operation, "shop", state(*before))
    assert isinstance(found, Refusal)
    assert found.parts == (operation,)
    return found


@pytest.mark.parametrize(
    ("operation", "options"),
    [
        (RENAME, NAMED),
        (RENAME, {"proxy": True}),
        (RENAME, {"managed": False}),
        (RenameModel("Order", "ORDER"), {}),
    ],
)
def test_m3_a_model_that_keeps_its_table_is_another_name_in_python(operation: RenameModel, options: Any) -> None:
    line = model("Line", order=models.ForeignKey("shop.Order", models.CASCADE))
    assert parts(operation, model("Order", options=options), line) == [f"expand: {operation.describe()} [may wait]"]


def test_m3_it_is_said_that_its_content_type_is_renamed() -> None:
    content_type = model("ContentType", app="contenttypes")
    [line] = parts(RENAME, model("Order", options=NAMED), content_type)
    assert line.startswith("expand: Rename model Order to Purchase [django.contrib.contenttypes renames")
    assert line.endswith("[may wait]")


def test_m4_a_rename_of_the_table_is_refused_with_the_line_that_keeps_it() -> None:
    said = refusal(model("Order"))
    assert said.fact == "shop: renaming model Order to Purchase renames its table shop_order to shop_purchase."
    assert said.remedy == 'Keep the table: write db_table = "shop_order" into class Meta of Purchase.'


@pytest.mark.parametrize(
    ("relation", "name"),
    [
        (model("Order", options=NAMED, tags=models.ManyToManyField("shop.Tag")), "Order.tags"),
        (model("Order", options=NAMED, orders=models.ManyToManyField("self")), "Order.orders"),
    ],
)
def test_m3_columns_of_djangos_own_tables_would_be_renamed(relation: ModelState, name: str) -> None:
    said = refusal(relation, model("Tag"))
    assert said.fact.endswith(f"renames columns in the table that Django makes for {name}.")


def test_m3_so_they_would_in_tables_of_relations_to_it() -> None:
    tags = [
        model(name, orders=models.ManyToManyField("shop.Order", **options))
        for name, options in [("Tag", {}), ("Label", {}), ("Free", {"through": "shop.Link"})]
    ]
    said = refusal(model("Order", options=NAMED), *tags)
    assert said.fact.endswith("renames columns in the table that Django makes for Label.orders, Tag.orders.")
