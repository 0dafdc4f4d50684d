"""Names that the running release asks for: in two phases, or with --allow-unsafe."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField, AlterModelTable, RenameField, RenameModel
from django.db.models.functions import Random

from django_safemigrate.operations import FinishRenameField, RenameFieldOnline
from tests.compile.shop import change, model

CHANGES = [
    change("column renamed", RenameField("order", "amount", "total"), unsafe=True, back=True),
    change(
        "column renamed by db_column",
        AlterField("order", "amount", models.IntegerField(db_column="Total")),
        unsafe=True,
    ),
    change("table renamed", AlterModelTable("order", "Our orders"), unsafe=True, back=True),
    change("model renamed", RenameModel("Order", "Purchase"), unsafe=True, back=True),
    change(
        "column renamed in two phases",
        RenameFieldOnline("order", "amount", "total"),
        FinishRenameField("order", "amount", "total"),
        back=True,
    ),
    change(
        "unique column renamed in two phases",
        RenameFieldOnline("order", "number", "no"),
        FinishRenameField("order", "number", "no"),
        back=True,
    ),
    change(
        "foreign key renamed in two phases",
        RenameFieldOnline("order", "customer", "client"),
        FinishRenameField("order", "customer", "client"),
        back=True,
    ),
    change(
        "column with a volatile default renamed in two phases",
        RenameFieldOnline("thing", "a", "c"),
        FinishRenameField("thing", "a", "c"),
        before=[model("Thing", a=models.FloatField(db_default=Random()))],
        rows="INSERT INTO shop_thing SELECT FROM generate_series(1, 200)",
        back=True,
    ),
    change("model renamed that is referred to", RenameModel("Customer", "Client"), unsafe=True),
]
