"""The check of an app's migrations on disk: what users call."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.testing.failures import CannotRehearse, ZeroDowntimeError
from django_safemigrate.testing.history import releases_of
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.project import check
from django_safemigrate.values.errors import UsageError
from tests.conftest import ORDERS
from tests.support.project import Project
from tests.support.traffic import locked_until_somebody_has_waited


@pytest.fixture
def shop(project: Project, django_db_blocker: Any) -> Any:
    """An app with a history, and two releases that ``makemigrations`` has written."""
    with django_db_blocker.unblock():
        project.write("0001_initial", ORDERS, initial="True")
        order = {
            "number": models.CharField(max_length=20),
            "status": models.CharField(max_length=10, default="new"),
            "gift": models.BooleanField(default=False),
            "coupon": models.CharField(max_length=9),
        }
        project.define("Order", {**order, "vip": models.BooleanField(default=False)})
        project.makemigrations("shop", "--name", "vip")
        del order["coupon"]
        project.define("Order", {**order, "vip": models.BooleanField(default=False)})
        project.makemigrations("shop", "--name", "coupon")
        yield project


def test_every_release_that_declares_a_phase(shop: Project) -> None:
    before = connection.settings_dict["NAME"]
    done = check("shop")
    assert [one.title for one in done.releases] == [
        "The release of shop.0002_vip_expand, shop.0003_vip_contract",
        "The release of shop.0004_coupon_expand, shop.0005_coupon_contract",
    ]
    assert connection.settings_dict["NAME"] == before
    assert str(done).count("The release of") == 2
    assert done.releases[0].migrations[:2] == ["shop.0002_vip_expand", "shop.0003_vip_contract"]


def test_some_of_them(shop: Project) -> None:
    [last] = check("shop", last=1, traffic=False, backwards=False).releases
    assert last.title == "The release of shop.0004_coupon_expand, shop.0005_coupon_contract"
    [since] = check("shop", since="0004", traffic=False, backwards=False).releases
    assert since.title == last.title
    assert (since.traffic, len(since.migrations)) == (0, 2)


def test_one_without_a_phase_runs_before_deploy(shop: Project) -> None:
    shop.write("0006_gift", 'migrations.RemoveField("Order", "gift")')
    assert len(check("shop", options=Options(traffic=False, backwards=False)).releases) == 2
    with pytest.raises(ZeroDowntimeError) as caught:
        check("shop", since="0006")
    assert "shop.0006_gift" in str(caught.value)
    assert {(one.version, one.field) for one in caught.value.failures} >= {("old", "gift")}


@pytest.mark.postgres
def test_a_migration_that_takes_too_long_a_lock(shop: Project) -> None:
    sql = locked_until_somebody_has_waited("shop_order", seconds=2)
    shop.write("0006_slow", f'migrations.RunSQL("{sql}", migrations.RunSQL.noop)', safe="Safe.before_deploy()")
    with pytest.raises(ZeroDowntimeError) as caught:
        check("shop", last=1, budget=0.2, backwards=False)
    [found] = [one for one in caught.value.failures if one.version == "old"][:1]
    assert found.what == "A query of the old code waited for a lock for more than 0.2 s."
    assert (found.phase, found.migration, found.activity) == ("before deploy", "shop.0006_slow", "traffic")


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_lost_row(shop: Project, phase: str) -> None:
    shop.write(
        "0006_lost",
        'migrations.RunSQL("DELETE FROM shop_order WHERE id = 2", migrations.RunSQL.noop)',
        safe=f"Safe.{phase}_deploy()",
    )
    with pytest.raises(ZeroDowntimeError, match=r"The row 2 of shop\.Order is lost"):
        check("shop", last=1, backwards=False, traffic=False)


def test_a_changed_value(shop: Project) -> None:
    shop.write(
        "0006_changed",
        "migrations.RunSQL(\"UPDATE shop_order SET status = 'x' WHERE id = 2\", migrations.RunSQL.noop)",
        safe="Safe.before_deploy()",
    )
    with pytest.raises(ZeroDowntimeError, match=r"shop.Order.status of row 2 is 'x', and 'v[0-9]+' was written"):
        check("shop", last=1, backwards=False, traffic=False)


def test_an_irreversible_migration_is_not_undone(shop: Project) -> None:
    shop.write("0006_once", 'migrations.RunSQL("SELECT 1")', safe="Safe.before_deploy()")
    [done] = check("shop", last=1).releases
    assert any("irreversible" in line for line in done.said)
    assert "irreversible" in str(done)


@pytest.mark.postgres
def test_a_way_back_that_ends_elsewhere(shop: Project) -> None:
    shop.write(
        "0006_index",
        'migrations.RunSQL("CREATE INDEX CONCURRENTLY extra ON shop_order (status)", migrations.RunSQL.noop)',
        safe="Safe.before_deploy()",
        atomic="False",
    )
    with pytest.raises(
        ZeroDowntimeError, match="differs from that of the beginning: index extra of shop_order is left"
    ):
        check("shop", last=1)


def test_rows_that_cannot_be_made_say_nothing_about_the_migrations(shop: Project) -> None:
    shop.write(
        "0006_check",
        'migrations.AddConstraint("Order", models.CheckConstraint(condition=models.Q(number="odd"), name="odd"))',
        safe="Safe.after_deploy()",
    )
    shop.write(
        "0007_note", 'migrations.AddField("Order", "note", models.TextField(null=True))', safe="Safe.before_deploy()"
    )
    with pytest.raises(CannotRehearse, match="Give it a factory"):
        check("shop", since="0007")
    assert check("shop", since="0007", factories={"shop.Order": lambda number: {"number": "odd"}})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"app_label": "nothing"}, "There are no migrations of an app 'nothing'"),
        ({"app_label": "shop", "since": "0009"}, "shop has no migration that begins with '0009'"),
        ({"app_label": "auth"}, "No migration of auth declares a phase"),
    ],
)
def test_what_there_is_not(shop: Project, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(**arguments)


def test_what_the_migrations_are_meant_to_change(shop: Project) -> None:
    shop.write(
        "0006_meant",
        "migrations.RunSQL(\"UPDATE shop_order SET status = 'x' WHERE id = 2; DELETE FROM shop_order WHERE id = 1\", "
        "migrations.RunSQL.noop)",
        safe="Safe.before_deploy()",
    )
    with pytest.raises(ZeroDowntimeError, match=r"shop\.Order\.status"):
        check("shop", last=1, traffic=False, backwards=False, rewrites=["shop.Order"])
    check("shop", last=1, traffic=False, backwards=False, rewrites=["shop.Order", "shop.order.status"])
    with pytest.raises(UsageError, match=r"rewrites has .shop\.Purchase., which is neither a model nor a field"):
        check("shop", last=1, rewrites=["shop.Purchase"])


@pytest.mark.postgres
def test_with_a_reader_and_a_writer_in_the_way(shop: Project) -> None:
    [done] = check("shop", last=1, reader=0.4, writer=0.4, backwards=False).releases
    assert done.took > 0.8
    assert done.traffic > 0


def test_a_release_of_contracts_alone_and_one_that_runs_at_any_time(shop: Project) -> None:
    shop.write("0006_index", 'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)', safe="Safe.before_deploy()")
    shop.write("0007_always", 'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)', safe="Safe.always()")
    [done] = check("shop", since="0006", traffic=False, backwards=False).releases
    assert done.title == "The release of shop.0006_index, shop.0007_always"
    shop.write("0002_vip_expand", 'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)', safe="Safe.after_deploy()")
    releases = releases_of(MigrationLoader(None), "shop")
    assert [str(one) for one in releases][:2] == ["shop.0001_initial", "shop.0002_vip_expand, shop.0003_vip_contract"]
    assert [one.declares for one in releases][:2] == [False, True]
