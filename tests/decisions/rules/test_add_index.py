from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import models
from django.db.migrations.operations import AddIndex

from tests.decisions.states import detect, model, parts, state, written

ORDER = model("Order", a=models.IntegerField(), b=models.JSONField())


def test_i1_an_index_comes_before_the_code_that_needs_it() -> None:
    assert parts(AddIndex("order", models.Index(fields=["a"], name="a_idx")), ORDER) == [
        "expand: Create index a_idx on field(s) a of model order [may wait]"
    ]


def test_i1_every_kind_of_index_is_the_same() -> None:
    for index in (
        GinIndex(fields=["b"], name="i"),
        models.Index(fields=["a"], name="i", condition=models.Q(a__gt=3)),
        models.Index(models.F("a") + 1, name="i"),
        models.Index(fields=["a"], include=["b"], name="i"),
    ):
        [line] = parts(AddIndex("order", index), ORDER)
        assert line.startswith("expand: Create index i on ")
        assert line.endswith(" [may wait]")


def test_i1_concurrently_by_hand_is_the_same() -> None:
    [line] = parts(AddIndexConcurrently("order", models.Index(fields=["a"], name="i")), ORDER)
    assert line == "expand: Concurrently create index i on field(s) a of model order [may wait]"


def test_an_index_made_anew_under_its_name_waits_for_the_old_one_to_go() -> None:
    def order(*fields: str) -> object:
        index = models.Index(fields=fields, name="i")
        return state(model("Order", a=models.IntegerField(), b=models.JSONField(), options={"indexes": [index]}))

    assert written(detect(order("a"), order("a", "b"))) == {  # type: ignore[arg-type]
        "shop.0002_remove_order_i_order_i_contract": [
            "Remove index i from order",
            "Create index i on field(s) a, b of model order",
        ]
    }


def test_an_index_on_a_column_that_is_added_comes_with_it() -> None:
    index = models.Index(fields=["c"], name="i")
    after = model("Order", a=models.IntegerField(), c=models.IntegerField(default=0), options={"indexes": [index]})
    assert written(detect(state(model("Order", a=models.IntegerField())), state(after))) == {
        "shop.0002_order_c_order_i_expand": [
            "AddField order.c models.IntegerField(db_default=0, default=0)",
            "Create index i on field(s) c of model order",
        ],
        "shop.0003_alter_order_c_contract": ["AlterField order.c models.IntegerField(default=0)"],
    }
