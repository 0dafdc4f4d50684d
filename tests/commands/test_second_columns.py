"""makemigrations writes changes that go by way of a second column, and asks whether a column gets another name at all."""

from __future__ import annotations

import pytest
from django.db import models

from django_safemigrate.values.errors import ModelsFirst
from tests.commands.test_asking import after, error
from tests.commands.test_asking_on_a_terminal import screen, typing
from tests.support.project import Project

pytestmark = pytest.mark.usefixtures("database")

TEXT = models.CharField
FREE = "number = models.CharField(db_column='number', max_length=20)"


@pytest.fixture
def shop(project: Project) -> Project:
    project.define("Order", {"number": TEXT(max_length=20)})
    project.makemigrations()
    return project


EXPAND = """\
import django_safemigrate.operations
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ('shop', '0001_initial'),
    ]

    operations = [
        django_safemigrate.operations.AlterFieldOnline(
            model_name='order',
            name='number',
            field=models.CharField(db_column='no', max_length=20),
        ),
    ]
"""
CONTRACT = """\
    operations = [
        django_safemigrate.operations.FinishAlterField(
            model_name='order',
            name='number',
            column='number',
        ),
    ]
"""


def test_without_a_terminal_there_is_a_second_column_and_what_is_free_is_said(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no formatter
    shop.define("Order", {"number": TEXT(max_length=20, db_column="no")})
    output = shop.makemigrations("--no-header")
    expand, contract = "0002_alter_order_number_expand", "0003_finish_alter_order_number_contract"
    assert shop.names()[1:] == [expand, contract]
    assert shop.text(expand) == EXPAND
    assert shop.text(contract).endswith(CONTRACT)
    beside = "no is added beside number, kept in step by a trigger and filled in batches"
    assert after(output, "Before deploy").splitlines()[1:] == [
        f"  shop.{expand}",
        "    order.number: a second column no beside number",
        f"    shop.order.number: {beside}; either release finds its own",
    ]
    assert after(output, "After deploy").splitlines()[1:] == [
        f"  shop.{contract}",
        "    order.number: column number dropped",
    ]
    assert after(output, "Nobody was asked").splitlines() == [
        "Nobody was asked, so the safe default was taken:",
        "  shop.order.number: column number becomes no. How?",
        f"    a second column: {beside}; number is dropped after deploy",
        f"    keep the column instead: {FREE}",
        "  To choose otherwise: delete these files and run makemigrations again with that option, or that line in the model.",
    ]


@pytest.mark.parametrize("option", [(), ("--check",)])
def test_to_keep_a_column_is_an_answer_on_the_command_line_too(shop: Project, option: tuple[str, ...]) -> None:
    shop.define("Order", {"number": TEXT(max_length=20, db_column="no")})
    assert f"  {FREE}\n" in error(shop, ModelsFirst, "--answer", "shop.order.number.column=2", *option)
    shop.makemigrations("--answer", "shop.order.number.column=1")
    assert len(shop.names()) == 3


ASKED = """\
  y: the data stay
  n: reference is new; number is dropped with its data after deploy
Was order.number renamed to order.reference (a CharField)? [y/N] \
shop.order.reference: column number becomes reference. How?
 1) a second column: reference is added beside number, kept in step by a trigger and filled in batches; number is dropped \
after deploy
 2) keep the column: free, nothing happens in the database; nothing is written now, until the model says db_column='number'
Select an option [1]: """


def test_a_rename_is_asked_and_takes_a_second_column(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {"reference": TEXT(max_length=20)})
    assert typing(shop, monkeypatch, ["y", ""]) == ASKED
    expand, contract = shop.names()[1:]
    assert "django_safemigrate.operations.RenameFieldOnline" in shop.text(expand)
    assert "django_safemigrate.operations.FinishRenameField" in shop.text(contract)


def test_whoever_keeps_the_column_gets_the_line_for_the_model(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {"reference": TEXT(max_length=20)})
    with pytest.raises(ModelsFirst) as first:
        typing(shop, monkeypatch, ["y", "2"])
    assert screen(shop) == ASKED
    assert first.value.returncode == 1
    assert str(first.value) == (
        "Nothing was written: the models come first.\n"
        "Write this into them:\n"
        "  reference = models.CharField(db_column='number', max_length=20)\n"
        "Then run: manage.py makemigrations"
    )
    assert shop.names() == ["0001_initial"]
