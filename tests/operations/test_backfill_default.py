from __future__ import annotations

import itertools

import pytest

from django_safemigrate.operations import BackfillDefault
from tests.support.database import execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending

numbers = itertools.count()


def next_number() -> int:
    return next(numbers)


FIELD = f"models.IntegerField(default={__name__}.next_number, null=True)"
BACKFILL = 'safemigrate.BackfillDefault("order", "token"),'


@pytest.fixture
def with_token(live: Project) -> Project:
    """A column ``token`` that only Python can fill, and a migration that does."""
    live.write("0002_token", 'migrations.AddField("order", "token", models.IntegerField(null=True)),')
    live.safemigrate()
    live.write(
        "0003_fill",
        f'migrations.AlterField("order", "token", {FIELD}),\n{BACKFILL}',
        safe="Safe.before_deploy()",
    )
    path = live.directory / "0003_fill.py"
    head = f"import {__name__}\nimport django_safemigrate.operations as safemigrate\n"
    path.write_text(head + path.read_text())
    return live


def test_every_row_gets_a_value_of_its_own(with_token: Project) -> None:
    """Trap 32."""
    execute("UPDATE shop_order SET token = -1 WHERE id <= 10")
    with_token.safemigrate()
    assert value("SELECT count(DISTINCT token) FROM shop_order") == 991
    assert value("SELECT count(*) FROM shop_order WHERE token = -1") == 10
    assert value("SELECT count(*) FROM shop_order WHERE token IS NULL") == 0


def test_stock_migrate_runs_it_too_and_the_way_back_leaves_the_values(with_token: Project) -> None:
    with_token.migrate()
    assert value("SELECT count(DISTINCT token) FROM shop_order") == 1000
    with_token.migrate("shop", "0002")
    assert value("SELECT count(DISTINCT token) FROM shop_order") == 1000


@pytest.mark.parametrize(
    "field",
    [
        "models.DateTimeField(null=True, default=django.utils.timezone.now)",
        "models.UUIDField(null=True, default=uuid.uuid4)",
        "models.JSONField(null=True, default=dict)",
        "models.BinaryField(null=True, default=bytes)",
    ],
)
def test_any_type_may_be_filled(live: Project, field: str) -> None:
    live.write("0002_token", f'migrations.AddField("order", "token", {field.partition(", default")[0]})),')
    live.safemigrate()
    live.write("0003_fill", f'migrations.AlterField("order", "token", {field}),\n{BACKFILL}')
    path = live.directory / "0003_fill.py"
    head = "import uuid\nimport django.utils.timezone\nimport django_safemigrate.operations as safemigrate\n"
    path.write_text(head + path.read_text())
    live.safemigrate()
    assert value("SELECT count(*) FROM shop_order WHERE token IS NULL") == 0


@pytest.mark.postgres
def test_it_is_no_transaction_over_all_rows(with_token: Project) -> None:
    """Somebody who has a row makes that row's batch wait, and waits for nobody himself."""
    with (
        holding("UPDATE shop_order SET gift = true WHERE id = 700") as other,
        sending("UPDATE shop_order SET gift = NOT gift WHERE id = 5") as writes,
    ):
        with_token.when("Fill shop_order.token", other.rollback, after=0.5)
        with_token.safemigrate()
    assert not writes.errors
    assert rows("SELECT count(*) FROM shop_order WHERE token IS NULL") == [(0,)]


@pytest.mark.postgres
def test_what_is_filled_stays_filled_when_it_ends_early(with_token: Project) -> None:
    execute("ALTER TABLE shop_order ADD CONSTRAINT early CHECK (token IS NULL OR id < 800)")
    with pytest.raises(Exception, match="early"):
        with_token.safemigrate()
    assert 500 <= value("SELECT count(*) FROM shop_order WHERE token IS NOT NULL") < 800
    kept = rows("SELECT id, token FROM shop_order WHERE token IS NOT NULL ORDER BY id")
    execute("ALTER TABLE shop_order DROP CONSTRAINT early")
    with_token.safemigrate()
    assert rows(f"SELECT id, token FROM shop_order ORDER BY id LIMIT {len(kept)}") == kept
    assert value("SELECT count(DISTINCT token) FROM shop_order") == 1000


def test_it_is_written_as_what_it_is() -> None:
    plain, once = BackfillDefault("order", "token"), BackfillDefault("Order", "token", next_number)
    assert plain.deconstruct() == ("BackfillDefault", [], {"model_name": "order", "name": "token"})
    assert once.deconstruct()[2]["default"] is next_number
    assert BackfillDefault.__module__ == "django_safemigrate.operations"
    assert once.describe() == "Fill token of Order where it is NULL, calling its default for each row"
    assert once.migration_name_fragment == "fill_order_token"
    assert plain.references_field("Order", "token", "shop")
    assert not plain.references_field("order", "id", "shop")
    assert not plain.references_model("tag", "shop")
