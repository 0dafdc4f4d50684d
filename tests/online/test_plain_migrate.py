"""Who has run the phase before deploy with ``safemigrate`` may run the rest with ``migrate``: nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.online.catalog import catalog, differences
from tests.support.database import execute, rows
from tests.support.project import Project

pytestmark = [pytest.mark.postgres]


def test_plain_migrate_finishes_what_was_begun(shop: Project, phases: Callable[..., None]) -> None:
    shop.write(
        "0001_initial",
        'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), '
        '("amount", models.IntegerField(db_index=True)), ("number", models.CharField(max_length=9, unique=True))]),',
        initial="True",
    )
    shop.safemigrate()
    execute("INSERT INTO shop_order (amount, number) SELECT n, n FROM generate_series(1, 100) n")
    phases(
        'AlterFieldOnline("order", "amount", models.BigIntegerField(db_index=True)),\n'
        'RenameFieldOnline("order", "number", "reference"),',
        'FinishAlterField("order", "amount"),\nFinishRenameField("order", "number", "reference"),',
    )
    shop.safemigrate()
    shop.migrate()
    finished = catalog()
    assert (finished["triggers"], finished["functions"]) == ([], [])
    assert rows("SELECT amount, reference FROM shop_order WHERE id = 7") == [(7, "7")]
    shop.migrate("shop", "zero")
    shop.migrate()
    assert differences(catalog(), finished) == []
