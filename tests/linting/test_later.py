"""Which rows have nothing in a column: most of them where it came later than its table, few where it came with it."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.later import Later
from tests.support.project import Project

from .reviews import ORDERS, codes

TEXT = models.TextField
KEY = ("shop", "order")
MADE = CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("note", TEXT(null=True))])


@pytest.mark.parametrize(
    ("operations", "null", "empty"),
    [
        ([MADE], False, False),
        ([AddField("Order", "note", TEXT(null=True))], True, False),
        ([AddField("order", "note", TEXT(default=""))], False, True),
        ([AddField("order", "note", TEXT(db_default="", null=True, default=""))], False, True),
        ([AddField("order", "note", TEXT(blank=True))], False, True),
        ([AddField("order", "note", TEXT(default="new", null=True))], False, False),
        ([AddField("order", "note", TEXT(default=str))], False, False),
        # Named otherwise, altered, taken away and made again.
        ([AddField("order", "old", TEXT(null=True)), RenameField("order", "old", "note")], True, False),
        ([RenameField("order", "old", "note")], False, False),
        ([AddField("purchase", "note", TEXT(null=True)), RenameModel("Purchase", "Order")], True, False),
        ([AddField("order", "note", TEXT(null=True)), AlterField("order", "note", TEXT(default=""))], False, True),
        ([AddField("order", "note", TEXT(null=True)), AlterField("order", "note", TEXT(null=True))], True, False),
        ([AddField("order", "note", TEXT(null=True)), RemoveField("order", "note")], False, False),
        ([AddField("order", "note", TEXT(null=True)), MADE], False, False),
        ([AlterField("order", "note", TEXT(null=True))], False, False),
        (
            [SeparateDatabaseAndState([RunSQL("...")], [AddField("order", "note", TEXT(null=True))])],
            True,
            False,
        ),
    ],
)
def test_what_the_rows_have_that_were_there(operations: list[Operation], null: bool, empty: bool) -> None:
    later = Later()
    later.follow(operations, "shop")
    assert later.may_be_everywhere(KEY, "note", None) is null
    assert later.may_be_everywhere(KEY, "note", "") is empty


NEW = 'migrations.AddField("order", "{}", models.TextField(null=True)),'
FILL = "migrations.RunPython(fill, migrations.RunPython.noop),"


def write(project: Project, body: str, *, second: str = "", before: str = "", behind: str = "") -> None:
    """Orders with a number, whose column came with the table; and ``note`` and ``state``, which came later."""
    project.write("0001_initial", ORDERS, initial="True", dependencies="[]")
    project.write(
        "0002_note", NEW.format("note") + NEW.format("state") + second, dependencies='[("shop", "0001_initial")]'
    )
    project.write(
        "0003_fill",
        f"{before}\n{FILL}\n{behind}",
        safe="Safe.before_deploy()",
        dependencies='[("shop", "0002_note")]',
    )
    path = project.directory / "0003_fill.py"
    code = f'def fill(apps, editor):\n    Order = apps.get_model("shop", "Order")\n    {body}\n\n\n'
    path.write_text(path.read_text().replace("class Migration", f"{code}class Migration"))


@pytest.mark.parametrize(
    "condition",
    [
        "filter(note=None)",
        "filter(note__isnull=True)",
        "filter(note=None, state=None)",
        "filter(models.Q(note=None) | models.Q(number=''))",
        "filter(models.Q(number=None) | models.Q(note=None))",
        "filter(number__isnull=False)",
        "exclude(number='')",
        "exclude(number=Lower('note'))",
        "exclude(number=Lower('number'), note='')",
        "exclude(number=Concat('number', 'note'))",
    ],
)
def test_conditions_that_most_rows_may_fulfil(project: Project, condition: str) -> None:
    write(project, f"Order.objects.{condition}.update(number='1')")
    assert codes(project, "--all") == ["0003 SM301"]


@pytest.mark.parametrize(
    "condition",
    [
        "filter(number=None)",
        "filter(number='')",
        "filter(note='')",  # they have got NULL
        "filter(number='', note=None)",
        "filter(note=None).filter(number='')",
        "filter(models.Q(number=None) | models.Q(number=''))",
        "exclude(number=Lower('number'))",
        "exclude(number=Upper(F('number')))",
        "exclude(number=functions.Trim('number'), note=Lower('note'))",
    ],
)
def test_conditions_that_few_rows_fulfil(project: Project, condition: str) -> None:
    write(project, f"Order.objects.{condition}.update(number='1')")
    assert codes(project, "--all") == []


def test_as_the_migration_itself_has_made_it(project: Project) -> None:
    write(project, "Order.objects.filter(name=None).update(name='1')", before=NEW.format("name"))
    assert "0003 SM301" in codes(project, "--all")
    write(
        project,
        "Order.objects.filter(number='').update(number='1')",
        behind='migrations.RenameField("order", "number", "code"),',
    )
    assert "0003 SM301" not in codes(project, "--all")


def test_a_key_by_its_column(project: Project) -> None:
    key = 'migrations.AddField("order", "parent", models.ForeignKey("shop.Order", models.CASCADE, null=True)),'
    for condition in ("parent=None", "parent_id=None"):
        write(project, f"Order.objects.filter({condition}).update(number='1')", second=key)
        assert "0003 SM301" in codes(project, "--all")


def test_a_field_of_a_parent_is_not_known(project: Project) -> None:
    gift = 'migrations.CreateModel("Gift", [], bases=("shop.order",)),'
    write(project, "apps.get_model('shop', 'Gift').objects.filter(number='').update(number='1')", second=gift)
    assert "0003 SM301" in codes(project, "--all")


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("order.number == '5'", "SM303"),
        ("order.number in NUMBERS and order.pk", "SM303"),
        ("not order.note", "SM302"),
        ("order.note is None", "SM302"),
        ("order.number == ''", "SM302"),
        ("order.number == order.note", "SM302"),
        ("order.number != '5'", "SM302"),
        ("order.number == '5' or order.pk", "SM302"),
        ("other.number == '5'", "SM302"),
    ],
)
def test_a_loop_that_writes_to_some_of_its_rows(project: Project, test: str, found: str) -> None:
    loop = f"for order in Order.objects.all():\n        if {test}:\n            order.save()"
    write(project, f"other = Order.objects.first()\n    {loop}")
    assert codes(project, "--all") == [f"0003 {found}"]


def test_what_happens_to_the_other_rows(project: Project) -> None:
    write(
        project,
        "for order in Order.objects.all():\n        if order.number == '5':\n            pass\n"
        "        else:\n            order.save()",
    )
    assert codes(project, "--all") == ["0003 SM302"]
