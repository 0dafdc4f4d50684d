"""Rows that are filled by an operation."""

from __future__ import annotations

from django.db.models import F, Q

from django_safemigrate.operations import Backfill
from tests.compile.shop import change

CHANGES = [
    change("rows filled where they are NULL", Backfill("order", {"note": F("number")})),
    change(
        "rows filled, several columns under a condition",
        Backfill("order", {"kept": F("amount") * 2, "note": F("status")}, where=Q(amount__gt=100)),
    ),
]
