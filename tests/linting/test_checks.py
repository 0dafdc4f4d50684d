"""The checks of phases, of transactions, of going back and of the order: what is a finding, and what is none."""

from __future__ import annotations

import pytest

from tests.support.project import Project

from .reviews import NO_GIFT, NOTE, ORDERS, codes, found

MIGRATE = ("--runner", "migrate")
FILL = "migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),"
CONCURRENTLY = 'AddIndexConcurrently("order", models.Index(fields=["number"], name="order_number")),'
RENAME = 'migrations.RenameField("order", "number", "code"),'


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    return project


def test_a_phase_that_is_wrong(shop: Project) -> None:
    shop.write("0002_no_gift", 'migrations.RemoveField("order", "gift"),', safe="Safe.before_deploy()")
    shop.write("0003_note", NOTE, safe="Safe.after_deploy()")
    before, after = found(shop, "shop")
    assert before["code"] == after["code"] == "SM102"
    assert before["fact"] == (
        "shop.0002_no_gift is declared to run before the deploy in its file, and not all of it is safe there."
    )
    assert before["instead"] == "Run: manage.py safemigrate --split shop 0002_no_gift"
    assert after["instead"] == "safe = Safe.before_deploy()"
    assert codes(shop, "shop", "0003", *MIGRATE) == []


def test_a_phase_that_the_settings_say_and_that_is_wrong(shop: Project, settings: object) -> None:
    settings.SAFEMIGRATE = {"PHASES": {"shop": "before_deploy"}}  # type: ignore[attr-defined]
    shop.write("0002_no_index", 'migrations.AlterField("order", "number", models.CharField(max_length=10)),', safe="")
    (finding,) = found(shop, "shop")
    assert finding["code"] == "SM102"
    assert "by your settings" in finding["fact"]


def test_code_that_does_not_say_when_it_runs(shop: Project) -> None:
    shop.write("0002_code", f"{NOTE}\n{FILL}", safe="")
    (finding,) = found(shop, "shop")
    assert (finding["code"], finding["operation"]) == ("SM103", "1")
    assert finding["fact"] == ("shop.0002_code does not say in which phase it runs: Raw Python operation.")
    assert "safe = Safe.before_deploy()" in finding["instead"]
    shop.write("0002_code", f"{NOTE}\n{FILL}", safe="Safe.before_deploy()", dependencies='[("shop", "0001_initial")]')
    assert codes(shop, "shop") == []


@pytest.mark.parametrize("safe", ["", "Safe.before_deploy()"])
@pytest.mark.parametrize("runner", ["safemigrate", "migrate"])
def test_an_operation_that_is_safe_in_no_phase(shop: Project, safe: str, runner: str) -> None:
    shop.write("0002_renamed", 'migrations.AlterModelTable("order", "orders"),', safe=safe)
    (finding,) = (one for one in found(shop, "shop", "--runner", runner) if one["code"] == "SM104")
    assert (finding["operation"], finding["table"]) == ("0", "shop_order")
    assert finding["instead"]


def test_an_expand_migration_behind_a_contract_migration(shop: Project) -> None:
    shop.write("0002_drop", 'migrations.RunSQL("SELECT 1", ""),', safe="Safe.after_deploy()")
    shop.write("0003_either", 'migrations.AlterModelOptions("order", {"ordering": ["id"]}),', safe="")
    shop.write("0004_note", NOTE, safe="")
    behind = [one for one in found(shop, "shop", "0002", "0003", "0004") if one["code"] == "SM105"]
    assert [one["fact"] for one in behind] == [
        "shop.0004_note has to run before the deploy, and depends on shop.0002_drop, which runs after it."
    ]
    assert codes(shop, "shop", "0004") == []
    assert "0004 SM105" not in codes(shop, "shop")  # each as if it had been a release
    assert "0004 SM105" not in codes(shop, "shop", "0002", "0003", "0004", *MIGRATE)


def test_what_stands_behind_one_without_a_phase_is_not_blamed(shop: Project) -> None:
    shop.write("0002_code", FILL, safe="")
    shop.write("0003_note", NOTE, safe="")
    assert codes(shop, "shop", "0002", "0003") == ["0002 SM103"]


def test_with_migrate_whatever_takes_something_away_breaks_the_running_release(shop: Project) -> None:
    shop.write("0002_no_gift", NO_GIFT, safe="")
    shop.write("0003_gone", 'migrations.DeleteModel("Order"),', safe="")
    both, after = found(shop, "shop", *MIGRATE)
    assert both["code"] == after["code"] == "SM108"
    assert both["instead"].startswith("Let makemigrations of django_safemigrate write it")
    assert after["instead"].startswith("Deploy the code that no longer needs it first")
    shop.write(
        "0003_gone",
        'migrations.DeleteModel("Order"),',
        safe="Safe.after_deploy()",
        dependencies='[("shop", "0002_no_gift")]',
    )
    assert codes(shop, "shop", *MIGRATE) == ["0002 SM108"]


def test_without_an_index_queries_are_slower_and_none_fails(shop: Project) -> None:
    index = 'migrations.AddIndex("order", models.Index(fields=["number"], name="order_number")),'
    indexed = 'migrations.AlterField("order", "number", models.CharField(max_length=20, db_index=True)),'
    shop.write("0002_indexes", index + indexed)
    shop.write("0003_no_index", 'migrations.RemoveIndex("order", "order_number"),', safe="")
    shop.write("0004_not_indexed", indexed.replace(", db_index=True", ""), safe="")
    assert "SM108" not in " ".join(codes(shop, "shop", *MIGRATE))


# Transactions


def test_concurrently_in_a_transaction(shop: Project) -> None:
    shop.write("0002_index", CONCURRENTLY)
    (finding,) = found(shop, "shop")
    assert (finding["code"], finding["table"]) == ("SM402", "shop_order")
    assert finding["fact"] == (
        "AddIndexConcurrently is in an atomic migration: "
        "Concurrently create index order_number on field(s) number of model order."
    )
    shop.write("0002_index", CONCURRENTLY, atomic="False", dependencies='[("shop", "0001_initial")]')
    assert codes(shop, "shop") == codes(shop, "shop", *MIGRATE) == []


def test_several_operations_without_a_transaction(shop: Project) -> None:
    shop.write("0002_index", f"{NOTE}\n{CONCURRENTLY}", atomic="False")
    (finding,) = (one for one in found(shop, "shop", *MIGRATE) if one["code"] == "SM403")
    assert finding["fact"] == (
        "shop.0002_index is not atomic and has 2 operations; 'Add field note to order' cannot be run twice."
    )
    assert codes(shop, "shop") == []
    for field, again in (
        ("models.TextField(null=True)", True),
        ("models.CharField(max_length=20, db_index=True)", False),
        ("models.CharField(max_length=20, unique=True)", False),
        ('models.CharField(max_length=20, db_column="no")', False),
    ):
        altered = f'migrations.AlterField("order", "number", {field}),'
        shop.write(
            "0002_index",
            f"{altered}\n{CONCURRENTLY.replace('number', 'gift')}",
            atomic="False",
            dependencies='[("shop", "0001_initial")]',
        )
        assert ("0002 SM403" not in codes(shop, "shop", *MIGRATE)) is again, field
    state = 'migrations.AlterModelOptions("order", {"ordering": ["id"]}),'
    shop.write("0002_index", f"{state}\n{CONCURRENTLY}", atomic="False", dependencies='[("shop", "0001_initial")]')
    assert codes(shop, "shop", *MIGRATE) == []


def test_rows_are_changed_beside_a_table(shop: Project) -> None:
    shop.write("0002_mixed", f"{NOTE}\n{FILL}", safe="Safe.before_deploy()")
    (finding,) = (one for one in found(shop, "shop", *MIGRATE) if one["code"] == "SM404")
    assert (finding["operation"], finding["table"]) == ("1", "shop_order")
    assert "nobody else can read it" in finding["why"]
    assert codes(shop, "shop") == []
    shop.write("0002_mixed", f"{FILL}\n{NOTE}", safe="Safe.before_deploy()", dependencies='[("shop", "0001_initial")]')
    (finding,) = (one for one in found(shop, "shop", *MIGRATE) if one["code"] == "SM404")
    assert "The rows that the code has changed stay locked" in finding["why"]
    shop.write("0003_apart", FILL, safe="Safe.before_deploy()")
    shop.write(
        "0004_new", ORDERS.replace("Order", "Note") + NOTE.replace('"order"', '"note"') + FILL, safe="Safe.always()"
    )
    assert "0003 SM404" not in codes(shop, "shop", *MIGRATE)
    assert "0004 SM404" not in codes(shop, "shop", *MIGRATE)


# Going back


def test_what_cannot_be_taken_back(shop: Project) -> None:
    shop.write(
        "0002_no_way_back",
        'migrations.RunPython(print), migrations.RunSQL("SELECT 1"), '
        'migrations.SeparateDatabaseAndState([migrations.RunSQL("SELECT 2", migrations.RunSQL.noop)]),',
    )
    python, sql = (one for one in found(shop, "shop") if one["code"] == "SM401")
    assert (python["operation"], sql["operation"]) == ("0", "1")
    assert python["instead"].startswith("migrations.RunPython(print, reverse_code=")
    assert sql["instead"].startswith("migrations.RunSQL(..., reverse_sql=")
    assert python["severity"] == "warning"


# The order


def test_several_last_migrations(shop: Project) -> None:
    shop.write("0002_note", NOTE)
    shop.write("0002_other", NOTE.replace("note", "other"), dependencies='[("shop", "0001_initial")]')
    assert codes(shop, "shop") == ["0002 SM405", "0002 SM405"]
    assert found(shop, "shop", "0002_note")[0]["fact"] == "shop has several last migrations: 0002_note, 0002_other."


def test_the_same_number_twice(shop: Project) -> None:
    shop.write("0002_note", NOTE)
    shop.write("0002_other", NOTE.replace("note", "other"))
    (finding,) = found(shop, "shop")
    assert (finding["code"], finding["fact"]) == ("SM406", "shop.0002_other has the number of 0002_note.")


def test_a_dependency_that_is_missing(shop: Project) -> None:
    owner = 'migrations.AddField("order", "owner", models.ForeignKey("auth.User", models.CASCADE, null=True)),'
    shop.write("0002_owner", owner)
    (finding,) = (one for one in found(shop, "shop") if one["code"] == "SM407")
    assert finding["fact"] == (
        "Add field owner to order refers to auth.user, and its migration does not depend on that app."
    )
    shop.write("0002_owner", owner, dependencies='[("shop", "0001_initial"), ("auth", "0001_initial")]')
    shop.write("0003_again", owner.replace("owner", "payer"))
    shop.write(
        "0004_base",
        'migrations.CreateModel("Staff", [], bases=("auth.user",)),',
        dependencies='[("shop", "0003_again")]',
    )
    assert "SM407" not in " ".join(codes(shop, "shop"))


def test_an_operation_that_does_not_find_its_model(shop: Project) -> None:
    shop.write("0002_wrong", NOTE.replace("order", "invoice"))
    (finding,) = (one for one in found(shop, "shop") if one["code"] == "SM408")
    assert (finding["operation"], finding["line"]) == ("0", 14)
    assert "KeyError" in finding["fact"]
