from __future__ import annotations

import io
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.commands import makemigrations as django_makemigrations
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate import Safe
from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.errors import UsageError
from tests.commands.schema import schema
from tests.support.database import execute, is_postgres, rows
from tests.support.project import Project

pytestmark = pytest.mark.usefixtures("database")

Fields = dict[str, "models.Field[Any, Any]"]
NUMBER: Fields = {"number": models.CharField(max_length=20)}
OLD: Fields = {**NUMBER, "old": models.IntegerField(default=3)}
NEW: Fields = {**NUMBER, "vip": models.BooleanField(default=False)}
ORDER: Fields = {
    "number": models.CharField(max_length=20),
    "status": models.CharField(max_length=10, default="new"),
    "gift": models.BooleanField(default=False),
    "coupon": models.CharField(max_length=9),
}
INDEX = models.Index(fields=["number"], name="number_idx")


class Status(models.TextChoices):
    NEW = "new"


@pytest.fixture(autouse=True)
def no_formatter(monkeypatch: pytest.MonkeyPatch) -> None:
    """``black`` is run on new files where it is installed; these tests compare what we write."""
    monkeypatch.setenv("PATH", "")


class Copies(dict[str, ModelState]):
    """Detection takes options out of the states that it is given (Django 6.1), so every command gets its own."""

    def values(self) -> Any:
        return [state.clone() for state in super().values()]


@pytest.fixture
def project(project: Project) -> Project:
    project._models = Copies()
    return project


@pytest.fixture
def shop(project: Project) -> Project:
    """Release 1: the model and its migration."""
    project.define("Order", OLD)
    project.makemigrations()
    return project


def files(project: Project) -> dict[str, str]:
    return {name: project.text(name) for name in project.names()}


def shown(project: Project, output: str) -> str:
    """Output, with the directory of the migrations as ``...``."""
    return output.replace(str(project.directory), "...")


def refusal(project: Project, *arguments: str) -> str:
    """The error; it leaves every file as it is."""
    before = files(project)
    with pytest.raises(UsageError) as refused:
        project.makemigrations(*arguments)
    assert files(project) == before
    assert refused.value.returncode == 2
    return str(refused.value)


def exit_status(project: Project, *arguments: str) -> int:
    try:
        project.makemigrations(*arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


# The files

EXPAND = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ('shop', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='old',
            field=models.IntegerField(db_default=3, default=3),
        ),
        migrations.AddField(
            model_name='order',
            name='vip',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
"""
CONTRACT = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.after_deploy()

    dependencies = [
        ('shop', '0002_alter_order_old_order_vip_expand'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='order',
            name='old',
        ),
        migrations.AlterField(
            model_name='order',
            name='vip',
            field=models.BooleanField(default=False),
        ),
    ]
"""


def test_f2_and_r2_give_an_expand_and_a_contract_file(shop: Project) -> None:
    shop.define("Order", NEW)
    output = shop.makemigrations("--no-header")
    assert shop.names()[1:] == [
        "0002_alter_order_old_order_vip_expand",
        "0003_remove_order_old_alter_order_vip_contract",
    ]
    assert shop.text("0002_alter_order_old_order_vip_expand") == EXPAND
    assert shop.text("0003_remove_order_old_alter_order_vip_contract") == CONTRACT
    assert shown(shop, output) == (
        "Migrations for 'shop':\n"
        "  .../0002_alter_order_old_order_vip_expand.py\n"
        "    ~ Alter field old on order\n"
        "    + Add field vip to order\n"
        "  .../0003_remove_order_old_alter_order_vip_contract.py\n"
        "    - Remove field old from order\n"
        "    ~ Alter field vip on order\n"
        "\n"
        "Before deploy: manage.py safemigrate\n"
        "  shop.0002_alter_order_old_order_vip_expand\n"
        "    order.old: the database fills in 3\n"
        "    order.vip: new column, the database fills in False\n"
        "\n"
        "After deploy, when no old code runs any more: manage.py safemigrate --after-deploy\n"
        "  shop.0003_remove_order_old_alter_order_vip_contract\n"
        "    order.old: column dropped\n"
        "    order.vip: the database no longer fills it in\n"
    )


def test_with_a_header_the_phase_is_in_the_same_place(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations()
    header, blank, text = shop.text("0002_alter_order_old_order_vip_expand").split("\n", 2)
    assert header.startswith("# Generated by Django ")
    assert (blank, text) == ("", EXPAND)


CHANGES = [
    ("F1", OLD, {**OLD, "new": models.TextField(null=True)}, ["0002_order_new"]),
    ("F2 null", NUMBER, {**NUMBER, "new": models.IntegerField(null=True, default=3)}, ["expand", "contract"]),
    ("F2 blank", NUMBER, {**NUMBER, "new": models.TextField(blank=True)}, ["expand", "contract"]),
    ("F3", NUMBER, {**NUMBER, "new": models.IntegerField(db_default=3)}, ["0002_order_new"]),
    (
        "F10",
        NUMBER,
        {**NUMBER, "new": models.CharField(max_length=3, default="", db_index=True)},
        ["expand", "contract"],
    ),
    ("R1", {**NUMBER, "old": models.TextField(null=True)}, NUMBER, ["contract"]),
    ("R2", OLD, NUMBER, ["expand", "contract"]),
    ("R3", {**NUMBER, "old": models.IntegerField()}, NUMBER, ["expand", "contract"]),
    ("R3 unique", {**NUMBER, "old": models.IntegerField(default=1, unique=True)}, NUMBER, ["expand", "contract"]),
]


@pytest.mark.parametrize(("row", "before", "after", "ends"), CHANGES, ids=[change[0] for change in CHANGES])
def test_every_file_has_its_phase_and_both_together_are_the_models(
    project: Project, row: str, before: Fields, after: Fields, ends: list[str]
) -> None:
    project.define("Order", before)
    project.makemigrations()
    project.define("Order", after)
    output = project.makemigrations()
    written = project.names()[1:]
    assert [name.endswith(end) for name, end in zip(written, ends, strict=True)] == [True] * len(ends)
    for name in written:
        phase = "after" if name.endswith("_contract") else "before"
        assert f"    safe = Safe.{phase}_deploy()\n" in project.text(name)
    assert "not yet made safe" not in output
    check_same_end(project)


def test_f2_every_type_of_default_is_the_same_in_the_database(project: Project) -> None:
    project.define("Order", NUMBER)
    project.makemigrations()
    defaults: Fields = {
        "a": models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.50")),
        "b": models.DateField(default=date(2026, 1, 2)),
        "c": models.DateTimeField(default=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        "d": models.UUIDField(default=uuid.UUID(int=7)),
        "e": models.JSONField(default="it's"),
        "f": models.BinaryField(default=b"\x00'"),
        "g": models.CharField(max_length=9, default=Status.NEW, choices=Status.choices),
        "h": models.TextField(default="100% 'it' \\ {x}"),
        "i": models.FloatField(default=1.5),
        "j": models.DurationField(default=timedelta(days=1, seconds=2)),
        "k": models.TimeField(default=time(1, 2)),
        "l": models.GenericIPAddressField(default="127.0.0.1"),
    }
    project.define("Order", {**NUMBER, **defaults})
    output = project.makemigrations()
    assert "not yet made safe" not in output
    assert len(project.names()) == 3
    check_same_end(project)


def test_f2_every_type_of_default_is_what_old_code_writes_meanwhile(live: Project) -> None:
    """A row of old code gets the value that Django writes into the rows that are there."""
    fields = dict(ORDER)
    for name, its_field in {
        "a": models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.50")),
        "b": models.DateTimeField(default=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        "c": models.JSONField(default="it's"),
        "d": models.BinaryField(default=b"\x00'"),
        "e": models.CharField(max_length=9, default=Status.NEW),
    }.items():
        fields[name] = its_field
    live.define("Order", fields)
    live.makemigrations()
    live.safemigrate()
    execute(
        "INSERT INTO shop_order (number, status, gift, coupon) VALUES ('new', 'new', "
        + ("false" if is_postgres() else "0")
        + ", '')"
    )
    assert rows("SELECT count(*) FROM shop_order") == [(1001,)]
    assert rows("SELECT count(*) FROM (SELECT DISTINCT a, b, CAST(c AS text), d, e FROM shop_order) x") == [(1,)]


def test_i1_and_i2_an_index_comes_before_and_goes_after_deploy(project: Project) -> None:
    project.define("Order", NUMBER, indexes=[INDEX])
    project.makemigrations()
    project.define("Order", NUMBER, indexes=[models.Index(fields=["number", "id"], name="other_idx")])
    project.makemigrations()
    assert project.names()[1:] == ["0002_order_other_idx_expand", "0003_remove_order_number_idx_contract"]
    check_same_end(project)


def test_r6_what_uses_a_column_goes_with_it(project: Project) -> None:
    fields: Fields = {**NUMBER, "old": models.IntegerField(), "a": models.IntegerField(default=0)}
    project.define(
        "Order",
        fields,
        indexes=[models.Index(fields=["old"], name="old_idx")],
        unique_together={("old", "a")},
        ordering=["old"],
    )
    project.makemigrations()
    project.define("Order", {**NUMBER, "a": fields["a"]})
    project.makemigrations()
    check_same_end(project)


def check_same_end(project: Project) -> None:
    """Ours (both phases), our files with ``migrate``, and what Django would have written: one state, one schema."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert not MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    assert exit_status(project, "--check") == 0
    first, *rest = project.names()
    project.migrate()
    project.migrate("shop", first)
    project.safemigrate()
    project.safemigrate("--after-deploy")
    ours = schema()
    project.migrate("shop", "zero")
    project.migrate("shop")
    assert schema() == ours
    project.migrate("shop", "zero")
    for name in rest:
        (project.directory / f"{name}.py").unlink()
    project._forget_modules()
    call_command(django_makemigrations.Command(), interactive=False, stdout=io.StringIO())
    assert not [name for name in project.names() if name.endswith(("_expand", "_contract"))]
    project.migrate("shop")
    assert schema() == ours


def test_the_first_migration_is_not_split(project: Project) -> None:
    project.define("Order", OLD, indexes=[INDEX], unique_together={("number", "old")})
    project.makemigrations()
    assert project.names() == ["0001_initial"]
    assert "    safe = Safe.before_deploy()\n\n    initial = True\n" in project.text("0001_initial")


def test_the_optimizer_does_not_merge_one_phase_into_the_other(shop: Project) -> None:
    """It would, within one migration: this is why there are two."""
    shop.define("Order", NEW)
    shop.makemigrations()
    shop._forget_modules()
    loader = MigrationLoader(None)
    expand, contract = (loader.disk_migrations["shop", name].operations for name in shop.names()[1:])
    added, altered = expand[1], contract[1]
    assert isinstance(added, AddField)
    assert isinstance(altered, AlterField)
    assert len(MigrationOptimizer().optimize([added, altered], "shop")) == 1
    for operations in (expand, contract):
        assert MigrationOptimizer().optimize(operations, "shop") == operations


def test_what_people_should_know_of_a_part_is_said_below_it(project: Project) -> None:
    project.define("Order", {**NUMBER, "old": models.IntegerField()})
    project.makemigrations()
    project.define("Order", NUMBER)
    lines = project.makemigrations().splitlines()
    before = lines.index("Before deploy: manage.py safemigrate")
    assert lines[before + 1 : before + 4] == [
        "  shop.0002_alter_order_old_expand",
        "    order.old: accepts NULL",
        "    until it is dropped, old code may read NULL in shop.order.old",
    ]


# Options


def test_check_exits_with_1_before_and_0_after(shop: Project) -> None:
    assert exit_status(shop, "--check") == 0
    shop.define("Order", NEW)
    before = files(shop)
    assert exit_status(shop, "--check") == 1
    assert files(shop) == before
    shop.makemigrations()
    assert exit_status(shop, "--check") == 0


def test_without_changes_nothing_is_written(shop: Project) -> None:
    assert shop.makemigrations() == "No changes detected\n"
    assert shop.names() == ["0001_initial"]


def test_a_dry_run_says_everything_and_writes_nothing(shop: Project) -> None:
    shop.define("Order", NEW)
    before = files(shop)
    dry = shop.makemigrations("--dry-run")
    assert files(shop) == before
    assert dry == shop.makemigrations()


def test_a_loud_dry_run_shows_the_files_with_their_phase(shop: Project) -> None:
    shop.define("Order", NEW)
    output = shop.makemigrations("--dry-run", "-v", "3", "--no-header")
    assert shop.names() == ["0001_initial"]
    assert output.count("Full migrations file") == 2
    assert EXPAND in output
    assert CONTRACT in output


def test_a_quiet_run_says_nothing(shop: Project) -> None:
    shop.define("Order", NEW)
    assert shop.makemigrations("-v", "0") == ""
    assert len(shop.names()) == 3
    assert "safe = Safe.after_deploy()" in shop.text(shop.names()[2])


def test_a_name_gets_the_phase(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations("--name", "bar")
    assert shop.names()[1:] == ["0002_bar_expand", "0003_bar_contract"]


def test_a_name_for_one_phase_stays_as_it_is(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations("--name", "bar")
    assert shop.names()[1:] == ["0002_bar"]


def test_scriptable_writes_paths_alone_to_stdout(shop: Project) -> None:
    shop.define("Order", NEW)
    shop._forget_modules()
    stdout, stderr = io.StringIO(), io.StringIO()
    call_command("makemigrations", "--scriptable", stdout=stdout, stderr=stderr, no_color=True)
    paths = [Path(line).resolve() for line in stdout.getvalue().splitlines()]
    assert paths == [(shop.directory / f"{name}.py").resolve() for name in shop.names()[1:]]
    assert "any more: manage.py safemigrate --after-deploy\n  shop.0003" in stderr.getvalue()


def test_an_empty_migration_has_no_phase_and_says_how_to_declare_one(shop: Project) -> None:
    output = shop.makemigrations("--empty", "shop", "--name", "by_hand")
    assert "safe" not in shop.text("0002_by_hand").lower()
    assert output.splitlines()[-1] == ("shop.0002_by_hand: declare its phase, for example safe = Safe.before_deploy()")


def test_a_merge_has_no_phase(shop: Project) -> None:
    for name in ("0002_a", "0002_b"):
        shop.write(name, safe="Safe.before_deploy()", dependencies="[('shop', '0001_initial')]")
    output = shop.makemigrations("--merge")
    assert "Created new merge migration" in output
    [merge] = [name for name in shop.names() if name.startswith("0003")]
    assert "Safe" not in shop.text(merge)
    assert exit_status(shop, "--check") == 0


# --update


def test_update_merges_into_a_migration_of_the_same_phase(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**OLD, "new": models.TextField(null=True), "newer": models.TextField(null=True)})
    shop.makemigrations("--update")
    assert shop.names()[1:] == ["0002_order_new_order_newer"]
    assert "safe = Safe.before_deploy()" in shop.text("0002_order_new_order_newer")
    assert shop.text("0002_order_new_order_newer").count("AddField") == 2
    assert exit_status(shop, "--check") == 0


def test_update_keeps_the_phase_and_its_suffix(project: Project) -> None:
    both: Fields = {**NUMBER, "a": models.TextField(null=True), "b": models.TextField(null=True)}
    project.define("Order", both)
    project.makemigrations()
    project.define("Order", {**NUMBER, "b": both["b"]})
    project.makemigrations()
    project.define("Order", NUMBER)
    project.makemigrations("--update")
    assert project.names()[1:] == ["0002_remove_order_a_remove_order_b_contract"]
    assert "safe = Safe.after_deploy()" in project.text("0002_remove_order_a_remove_order_b_contract")


def test_update_keeps_a_delay(project: Project) -> None:
    both: Fields = {**NUMBER, "a": models.TextField(null=True), "b": models.TextField(null=True)}
    project.define("Order", both)
    project.makemigrations()
    project.define("Order", {**NUMBER, "b": both["b"]})
    project.write(
        "0002_remove_order_a_contract",
        'migrations.RemoveField("order", "a"),',
        safe="Safe.after_deploy(delay=timedelta(days=4))",
    )
    project.define("Order", NUMBER)
    project.makemigrations("--update")
    [name] = project.names()[1:]
    assert "    safe = Safe.after_deploy(delay=datetime.timedelta(days=4))\n" in project.text(name)
    assert exit_status(project, "--check") == 0
    project._forget_modules()
    migration = MigrationLoader(None).disk_migrations["shop", name]
    assert str(migration.safe.delay) == "4 days, 0:00:00"  # type: ignore[attr-defined]


def test_update_that_comes_to_the_same_name_loses_nothing(shop: Project) -> None:
    shop.define("Order", {**OLD, "vip": models.IntegerField(null=True, default=0)})
    shop.makemigrations()
    contract = shop.names()[2]
    assert contract == "0003_alter_order_vip_contract"
    shop.define("Order", {**OLD, "vip": models.IntegerField(null=True, default=0, unique=True)})
    shop.makemigrations("--update")
    updated = shop.names()[2]
    assert updated.startswith("0003_alter_order_vip")
    assert updated.endswith("_contract")
    assert "unique=True" in shop.text(updated)
    assert "safe = Safe.after_deploy()" in shop.text(updated)
    assert exit_status(shop, "--check") == 0


def test_update_again_and_again_never_comes_to_the_name_that_is_removed(project: Project) -> None:
    fields: Fields = {name: models.TextField(null=True) for name in "abcde"}
    project.define("Order", fields)
    project.makemigrations()
    seen = []
    for arguments in (["x"], ["x", "--update"], ["x", "--update"], ["x_contract", "--update"]):
        fields = dict(list(fields.items())[1:])
        project.define("Order", fields)
        project.makemigrations("--name", *arguments)
        seen += project.names()[1:]
        assert exit_status(project, "--check") == 0
    assert seen == ["0002_x_contract", "0002_x_updated_contract", "0002_x_contract", "0002_x_updated_contract"]


def test_update_with_changes_of_two_phases_is_refused(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**NEW, "new": models.TextField(null=True)})
    assert refusal(shop, "--update") == (
        "The changes of shop need a migration before deploy and one after it.\n"
        "--update writes into one migration, which runs in one phase.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_a_migration_of_another_phase_is_refused(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations()
    shop.define("Order", {**NEW, "new": models.TextField(null=True)})
    assert refusal(shop, "--update") == (
        "The last migration of shop, 0003_remove_order_old_alter_order_vip_contract, runs after deploy; the changes have to "
        "run before deploy.\n"
        "--update would merge two phases into one migration.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_an_undeclared_migration_with_changes_after_deploy_is_refused(shop: Project) -> None:
    """What it does belongs before deploy."""
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.write("0002_new", 'migrations.AddField("order", "new", models.TextField(null=True)),', safe="")
    shop.define("Order", OLD)
    assert refusal(shop, "--update") == (
        "The last migration of shop, 0002_new, runs before deploy; the changes have to run after deploy.\n"
        "--update would merge two phases into one migration.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_an_undeclared_migration_with_changes_before_deploy_works(shop: Project) -> None:
    shop.write("0002_new", 'migrations.AddField("order", "new", models.TextField(null=True)),', safe="")
    new: Fields = {**OLD, "new": models.TextField(null=True)}
    shop.define("Order", {**new, "newer": models.TextField(null=True)})
    shop.makemigrations("--update")
    assert shop.names()[1:] == ["0002_order_new_order_newer"]
    assert exit_status(shop, "--check") == 0


# The next release, while a contract may be pending

THIRD: Fields = {**NEW, "note": models.TextField(null=True)}
BRANCH = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    # May run before or after the contract of an earlier release: neither needs the other.
    safe = Safe.before_deploy()

    dependencies = [
        ('shop', '0002_alter_order_old_order_vip_expand'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='note',
            field=models.TextField(null=True),
        ),
    ]
"""
JOIN = """\
from django.db import migrations
from django_safemigrate import Safe


class Migration(migrations.Migration):
    # Empty: the two before it may run in either order, and it makes one end of them.
    safe = Safe.after_deploy()

    dependencies = [
        ('shop', '0003_remove_order_old_alter_order_vip_contract'),
        ('shop', '0004_order_note_expand'),
    ]

    operations = [
    ]
"""


@pytest.fixture
def stacked(shop: Project) -> Project:
    """Release 2; its contract is the last migration."""
    shop.define("Order", NEW)
    shop.makemigrations()
    return shop


def test_the_next_expand_branches_and_an_empty_contract_joins(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    output = stacked.makemigrations("--no-header")
    assert stacked.names()[3:] == ["0004_order_note_expand", "0005_join_contract"]
    assert stacked.text("0004_order_note_expand") == BRANCH
    assert stacked.text("0005_join_contract") == JOIN
    assert shown(stacked, output) == (
        "Migrations for 'shop':\n"
        "  .../0004_order_note_expand.py\n"
        "    + Add field note to order\n"
        "  .../0005_join_contract.py\n"
        "\n"
        "Before deploy: manage.py safemigrate\n"
        "  shop.0004_order_note_expand\n"
        "    order.note: new column\n"
        "    may run before or after the contract of an earlier release: neither needs the other\n"
        "\n"
        "After deploy, when no old code runs any more: manage.py safemigrate --after-deploy\n"
        "  shop.0005_join_contract\n"
        "    empty: the two before it may run in either order, and it makes one end of them\n"
    )
    assert exit_status(stacked, "--check") == 0


def test_a_loud_dry_run_shows_the_branches(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    output = stacked.makemigrations("--dry-run", "-v", "3", "--no-header")
    assert BRANCH in output
    assert JOIN in output


def test_a_contract_with_operations_joins_as_well(stacked: Project) -> None:
    stacked.define("Order", {**NEW, "gift": models.BooleanField(default=False)})
    stacked.makemigrations()
    assert stacked.names()[3:] == ["0004_order_gift_expand", "0005_alter_order_gift_contract"]
    assert (
        "        ('shop', '0003_remove_order_old_alter_order_vip_contract'),\n        ('shop', '0004_order_gift_expand'),\n"
    ) in stacked.text("0005_alter_order_gift_contract")


def test_what_has_to_wait_says_for_what(stacked: Project) -> None:
    stacked.define("Order", {**NEW, "old": models.TextField(null=True)})
    output = stacked.makemigrations()
    assert output.splitlines()[-4:] == [
        "Before deploy: manage.py safemigrate",
        "  shop.0004_order_old",
        "    order.old: new column",
        "    waits for shop.0003_remove_order_old_alter_order_vip_contract: "
        '"Add field old to order" depends on "Remove field old from order"',
    ]


def test_update_writes_contracts_into_the_migration_that_joins(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    stacked.makemigrations()
    stacked.define("Order", {**NUMBER, "vip": NEW["vip"]})
    stacked.makemigrations("--update")
    assert stacked.names()[3:] == ["0004_order_note_expand", "0005_remove_order_note_contract"]
    assert "    safe = Safe.after_deploy()\n" in stacked.text("0005_remove_order_note_contract")
    assert exit_status(stacked, "--check") == 0


def test_a_merge_of_two_branches_of_releases_is_overtaken(stacked: Project) -> None:
    contract = stacked.names()[2]
    stacked.write("0004_other", safe="Safe.after_deploy()", dependencies=f"[('shop', '{stacked.names()[1]}')]")
    stacked.makemigrations("--merge")
    [merge] = [name for name in stacked.names() if name.startswith("0005")]
    stacked.define("Order", THIRD)
    stacked.makemigrations("--no-header")
    assert stacked.names()[5:] == ["0006_order_note_expand", "0007_join_contract"]
    assert contract not in stacked.text("0006_order_note_expand")
    assert merge in stacked.text("0007_join_contract")
    assert exit_status(stacked, "--check") == 0


def test_migrate_hints_at_changes_beside_a_pending_contract(stacked: Project) -> None:
    stacked.migrate()
    stacked.define("Order", THIRD)
    output = stacked.migrate()
    assert "have changes that are not yet reflected in a migration" in output
    assert "neither needs the other" not in output
    assert len(stacked.names()) == 3


# Stock migrate


def test_migrate_hints_at_changes_without_a_migration_and_writes_none(shop: Project) -> None:
    shop.migrate()
    shop.define("Order", NEW)
    output = shop.migrate()
    assert "Your models in app(s): 'shop' have changes that are not yet reflected in a migration" in output
    assert shop.names() == ["0001_initial"]


def test_the_phase_is_read_back_from_the_files(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations()
    shop._forget_modules()
    loader = MigrationLoader(None)
    safes = [loader.disk_migrations["shop", name].safe for name in shop.names()]  # type: ignore[attr-defined]
    assert safes == [Safe.before_deploy(), Safe.before_deploy(), Safe.after_deploy()]


# The header


@pytest.mark.parametrize("text", ["", "x = 1\n", EXPAND, "class Migration(MyMigration):\n    pass\n"])
def test_text_that_is_not_djangos_or_has_a_phase_stays_as_it_is(text: str) -> None:
    assert with_safe(text, Safe.after_deploy()) == text


def test_imports_of_a_delay_come_once() -> None:
    text = "import datetime\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n\n    pass\n"
    assert with_safe(text, Safe.after_deploy(delay=timedelta(days=4))) == (
        "import datetime\nfrom django.db import migrations\nfrom django_safemigrate import Safe\n\n\n"
        "class Migration(migrations.Migration):\n"
        "    safe = Safe.after_deploy(delay=datetime.timedelta(days=4))\n\n    pass\n"
    )
