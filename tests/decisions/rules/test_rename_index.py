from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import RenameIndex

from tests.decisions.states import model, parts

ORDER = model(
    "Order",
    a=models.IntegerField(),
    b=models.IntegerField(),
    options={"indexes": [models.Index(fields=["a"], name="i")], "index_together": {("a", "b")}},
)


@pytest.mark.parametrize(
    "operation", [RenameIndex("order", "j", old_name="i"), RenameIndex("order", "j", old_fields=("a", "b"))]
)
def test_i3_no_query_names_an_index(operation: RenameIndex) -> None:
    assert parts(operation, ORDER) == [f"expand: {operation.describe()} [may wait]"]
