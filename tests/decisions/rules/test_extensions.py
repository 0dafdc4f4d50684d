from __future__ import annotations

import pytest
from django.contrib.postgres.operations import (
    CITextExtension,
    CreateCollation,
    CreateExtension,
    HStoreExtension,
    RemoveCollation,
)
from django.db.migrations.operations.base import Operation

from tests.decisions.states import model, parts


@pytest.mark.parametrize(
    ("operation", "phase"),
    [
        (CreateExtension("pg_trgm"), "expand"),
        (HStoreExtension(), "expand"),
        (CITextExtension(), "expand"),
        (CreateCollation("c", "de-x-icu"), "expand"),
        (RemoveCollation("c", "de-x-icu"), "contract"),
    ],
)
def test_x3_what_is_new_comes_before_its_code_and_what_goes_goes_after(operation: Operation, phase: str) -> None:
    assert parts(operation, model("Order")) == [f"{phase}: {operation.describe()}"]
