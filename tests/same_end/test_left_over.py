"""A field that is made and altered in one migration: Django makes its first key and index all the same, or no other.

Ours has what the models have, under the names that stock Django gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, models
from django.db.migrations import AddField, AlterField, AlterModelTable, RenameField, RenameModel
from django.db.migrations.operations.base import Operation

from tests.same_end.case import SHOP, SHOP_ROWS, model
from tests.same_end.compare import History, Run, Server, check
from tests.support.database import execute

pytestmark = pytest.mark.postgres

NUMBER = models.BigIntegerField(null=True)
TEXT = models.CharField(max_length=9, null=True)


def key(to: str, kind: Any = models.ForeignKey, **options: Any) -> Any:
    return kind(f"shop.{to}", models.CASCADE, null=True, related_name="+", **options)


def thing(field: Any) -> Operation:
    return model("Thing", a=field, b=models.IntegerField(null=True), options={"unique_together": {("id", "a")}})


def altered(field: Any) -> Operation:
    return AlterField("thing", "a", field)


CHANGES: dict[str, Sequence[Operation]] = {
    "a key becomes a number of the same column": [thing(key("customer", db_column="a")), altered(NUMBER)],
    "a key becomes a number": [thing(key("customer", models.OneToOneField)), altered(NUMBER)],
    "a key of another table": [thing(key("customer")), altered(key("tag"))],
    "a key that nobody holds": [thing(key("customer")), altered(key("customer", db_constraint=False))],
    "a key without an index": [thing(key("customer")), altered(key("customer", db_index=False))],
    "an index that goes": [thing(models.CharField(max_length=9, db_index=True, null=True)), altered(TEXT)],
    "an index of a new column that goes": [
        AddField("order", "a", models.IntegerField(null=True, db_index=True)),
        AlterField("order", "a", NUMBER),
    ],
}
RENAMED: dict[str, Sequence[Operation]] = {
    "and the table renamed": [AlterModelTable("thing", "kept")],
    "and the model renamed": [RenameModel("thing", "object")],
    "and another column renamed": [RenameField("thing", "b", "c")],
}
ANOTHER = CHANGES["a key of another table"]
CHANGES |= {f"a key of another table, {what}": [*ANOTHER, *more] for what, more in RENAMED.items()}


@pytest.mark.parametrize("change", CHANGES.values(), ids=[name.replace(" ", "-") for name in CHANGES])
def test_the_end_is_that_of_the_models(
    server: Server, empty: str, history: History, change: Sequence[Operation]
) -> None:
    history.write("0001_before", SHOP)
    history.write("0002_change", change)
    with server.database(empty) as start:
        with server.using(start):
            history.stock("0001_before")
            execute(SHOP_ROWS)
        check(server, history, start, empty=empty)


def test_with_djangos_own_end_rows_are_refused_that_the_models_allow(
    server: Server, empty: str, history: History
) -> None:
    """If this fails because Django does it well now, ``tests.same_end.left_over`` is no longer needed for that version."""
    history.write("0001_before", SHOP)
    history.write("0002_change", CHANGES["a key becomes a number"])
    row = "INSERT INTO shop_thing (a) VALUES (77); SET CONSTRAINTS ALL IMMEDIATE"
    with server.database(empty) as name:
        Run(server, name, (), lambda target: history.stock(target, mended=False)).to("0002_change")
        with server.using(name), pytest.raises(IntegrityError, match="_fk_shop_customer_id"):
            execute(row)
    with server.database(empty) as name:
        Run(server, name, (), history.ours).to("0002_change")
        with server.using(name):
            execute(row)
