"""Names that the running release asks for: only with --allow-unsafe."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField, AlterModelTable, RenameField, RenameModel

from tests.compile.shop import change

CHANGES = [
    change("column renamed", RenameField("order", "amount", "total"), unsafe=True, back=True),
    change(
        "column renamed by db_column",
        AlterField("order", "amount", models.IntegerField(db_column="Total")),
        unsafe=True,
    ),
    change("table renamed", AlterModelTable("order", "Our orders"), unsafe=True, back=True),
    change("model renamed", RenameModel("Order", "Purchase"), unsafe=True, back=True),
    change("model renamed that is referred to", RenameModel("Customer", "Client"), unsafe=True),
]
