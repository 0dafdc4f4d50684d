from __future__ import annotations

from typing import Any

import django
import pytest
from django.db import models
from django.db.migrations.operations import DeleteModel

from tests.decisions.states import Stubborn, check_levels, detect, model, parts, state, written

CUSTOMER = model("Customer", app="crm")


def gone(**fields: Any) -> list[str]:
    return parts(DeleteModel("Order"), CUSTOMER, model("Order", **fields))


def test_m2_a_table_goes_when_the_code_that_reads_it_is_gone() -> None:
    assert gone(a=models.IntegerField()) == ["contract: Delete model Order"]


@pytest.mark.parametrize("kind", [models.ForeignKey, models.OneToOneField])
def test_m2_new_code_may_delete_what_its_rows_refer_to(kind: Any) -> None:
    """Trap 34."""
    assert gone(customer=kind("crm.Customer", models.PROTECT, null=True, related_name="+")) == [
        f"expand: AlterField order.customer models.{kind.__name__}(db_constraint=False, null=True, "
        "on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.customer')",
        "contract: Delete model Order",
    ]


def test_m2_so_it_may_with_a_table_of_djangos_own_making() -> None:
    assert gone(customers=models.ManyToManyField("crm.Customer")) == [
        "expand: AlterField order.customers models.ManyToManyField(db_constraint=False, to='crm.customer')",
        "contract: Delete model Order",
    ]


def test_m2_a_row_of_the_parent_may_go_without_that_of_the_child() -> None:
    link = models.OneToOneField("shop.Base", models.CASCADE, parent_link=True, primary_key=True, auto_created=True)
    child = model("Child", bases=("shop.base",), base_ptr=link)
    assert parts(DeleteModel("Child"), model("Base"), child) == [
        "expand: AlterField child.base_ptr models.OneToOneField(auto_created=True, db_constraint=False, "
        "on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, to='shop.base')",
        "contract: Delete model Child",
    ]


@pytest.mark.parametrize(
    "field",
    [
        models.ForeignKey("crm.Customer", models.CASCADE, db_constraint=False),
        models.ForeignKey("shop.Order", models.CASCADE),
        models.ForeignKey("self", models.CASCADE),
        models.ManyToManyField("shop.Order"),
        models.ManyToManyField("crm.Customer", db_constraint=False),
        models.ManyToManyField("crm.Customer", through="shop.Link"),
    ],
)
def test_m2_what_keeps_no_row_of_another_model_stays(field: Any) -> None:
    assert gone(x=field) == ["contract: Delete model Order"]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete of the database is new in Django 6.1")
def test_m2_where_the_server_clears_up_its_constraint_stays() -> None:
    for on_delete in (models.DB_CASCADE, models.DB_SET_NULL):
        assert gone(x=models.ForeignKey("crm.Customer", on_delete, null=True)) == ["contract: Delete model Order"]


class StubbornKey(models.ForeignKey):  # type: ignore[type-arg]
    """Somebody's, which takes no ``db_constraint``."""

    def __init__(self, to: Any = "crm.Customer") -> None:
        super().__init__(to, models.CASCADE)

    def deconstruct(self) -> Any:
        return self.name, "tests.StubbornKey", [], {"to": "crm.customer"}


def test_m2_a_constraint_that_cannot_go_is_said() -> None:
    assert gone(a=Stubborn(), customer=StubbornKey()) == [
        "contract: Delete model Order [until it is dropped, new code cannot delete what order.customer refers to: the "
        "field takes no db_constraint=False]"
    ]


@pytest.mark.parametrize("options", [{"proxy": True}, {"managed": False}])
def test_m5_a_model_without_a_table_of_ours_goes_in_either_phase(options: Any) -> None:
    order = model("Order", options=options, customer=models.ForeignKey("crm.Customer", models.CASCADE))
    assert parts(DeleteModel("Order"), CUSTOMER, order) == ["expand: Delete model Order [may wait]"]


def test_m2_models_that_refer_to_each_other_go_together() -> None:
    before = state(
        model("A", app="one", b=models.ForeignKey("two.B", models.CASCADE, null=True)),
        model("B", app="two", a=models.ForeignKey("one.A", models.CASCADE)),
    )
    changes = detect(before, state())
    check_levels(before, changes)
    assert [line for its in written(changes).values() for line in its if not line.startswith("AlterField")] == [
        "Remove field b from a",
        "Delete model A",
        "Delete model B",
    ]
