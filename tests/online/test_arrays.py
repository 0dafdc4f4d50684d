"""Of a type whose values nobody can look into, the cast itself says what fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_safemigrate.values.errors import OffendingRows
from tests.support.database import execute, rows, value
from tests.support.project import Project

pytestmark = [pytest.mark.postgres]

ARRAY = "ArrayField(models.{}())"


def test_there_and_back(shop: Project, phases: Callable[..., None]) -> None:
    shop.write(
        "0001_initial",
        'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), '
        f'("sizes", {ARRAY.format("IntegerField")})]),',
        initial="True",
    )
    phases(f'AlterFieldOnline("order", "sizes", {ARRAY.format("BigIntegerField")}),')
    for name in shop.names():
        path = shop.directory / f"{name}.py"
        path.write_text("from django.contrib.postgres.fields import ArrayField\n" + path.read_text())
    shop.safemigrate("shop", "0001")
    execute("INSERT INTO shop_order (sizes) SELECT ARRAY[n, NULL, -n] FROM generate_series(1, 50) n")
    shop.safemigrate()
    execute(
        "UPDATE shop_order SET sizes = ARRAY[5000000000] WHERE id = 7; UPDATE shop_order SET sizes = '{}' WHERE id = 8"
    )
    assert value("SELECT sizes_safemigrate_old FROM shop_order WHERE id = 7") is None
    with pytest.raises(OffendingRows) as error:
        shop.safemigrate("shop", "0001")
    assert "5000000000" in str(error.value)
    execute("UPDATE shop_order SET sizes = ARRAY[2000000000] WHERE id = 7")
    shop.safemigrate("shop", "0001")
    assert rows("SELECT sizes FROM shop_order WHERE id IN (7, 8, 9) ORDER BY id") == [
        ([2_000_000_000],),
        ([],),
        ([9, None, -9],),
    ]
