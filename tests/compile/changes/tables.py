"""Tables: made, dropped, commented on."""

from __future__ import annotations

from django.contrib.postgres.operations import CreateCollation
from django.db import models
from django.db.migrations import AlterModelTableComment, DeleteModel, RemoveField
from django.db.models import CASCADE, Q

from tests.compile.shop import change, model

LINE = model(
    "Line",
    order=models.ForeignKey("shop.Order", CASCADE),
    code=models.CharField(max_length=9, db_index=True),
    number=models.PositiveIntegerField(unique=True),
    options={"constraints": [models.CheckConstraint(condition=Q(number__gt=1), name="line_number")]},
)
LINE_ROWS = "INSERT INTO shop_line (order_id, code, number) SELECT n, n, n + 1 FROM generate_series(1, 100) n"

CHANGES = [
    change("table", model("Note", text=models.TextField()), back=True),
    change("table with a foreign key", LINE, back=True),
    change("table with a many-to-many field", model("Box", orders=models.ManyToManyField("shop.Order"))),
    change("table dropped", DeleteModel("Line"), before=[LINE], rows=LINE_ROWS),
    change("tables dropped that are referred to", RemoveField("order", "tags"), DeleteModel("Tag")),
    change("collation created", CreateCollation("plain", "C"), back=True),
    change("table comment", AlterModelTableComment("order", "It's ours"), back=True),
]
