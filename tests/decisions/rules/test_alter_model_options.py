from __future__ import annotations

import pytest
from django.db.migrations.operations import AlterModelManagers, AlterModelOptions, AlterModelTableComment
from django.db.migrations.operations.base import Operation

from tests.decisions.states import model, parts


@pytest.mark.parametrize(
    "operation",
    [
        AlterModelOptions("order", {"ordering": ["id"]}),
        AlterModelManagers("order", []),
        AlterModelTableComment("order", "Comment"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_m5_m6_what_no_query_sees_is_safe_in_either_phase(operation: Operation) -> None:
    assert parts(operation, model("Order")) == [f"expand: {operation.describe()} [may wait]"]
