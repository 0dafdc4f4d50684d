"""makemigrations asks on a terminal. A real one is in ``docs/makemigrations.md``, and in the last tests here."""

from __future__ import annotations

import io
import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models

from django_safemigrate.values.errors import Refused
from tests.support.project import Project
from tests.support.screen import Tty

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import terminal  # noqa: E402

Fields = dict[str, "models.Field[Any, Any]"]
NUMBER: Fields = {"number": models.CharField(max_length=20)}
UNIQUE: Fields = {"number": models.CharField(max_length=20, unique=True)}
OTHER_TYPE: Fields = {"number": models.UUIDField()}
CANCELLED = "\nCancelled. Nothing was written.\n"


@pytest.fixture
def shop(project: Project, database: None) -> Project:
    project.define("Order", NUMBER)
    project.makemigrations()
    return project


def typing(
    project: Project, monkeypatch: pytest.MonkeyPatch, answers: Sequence[str], *arguments: str, scriptable: bool = False
) -> str:
    """What stands on the terminal, without what is typed, up to the list of files."""
    monkeypatch.setattr(sys, "stdin", Tty("".join(f"{answer}\n" for answer in answers)))
    project._forget_modules()
    screen, other = Tty(), io.StringIO()
    outputs = {"stderr": screen, "stdout": other} if scriptable else {"stdout": screen, "stderr": other}
    try:
        call_command("makemigrations", *arguments, no_color=True, **outputs)
    finally:
        project.screen = screen.getvalue()  # type: ignore[attr-defined]
        assert sys.stdin.read() == ""
    return screen.getvalue().split("Migrations for")[0]


def screen(project: Project) -> str:
    return str(project.screen)  # type: ignore[attr-defined]


# Our questions

UNIQUE_ASKED = """\
shop.order.number becomes unique. When?
 1) after deploy: shop.order.number becomes unique after deploy: until then new code that upserts on it (update_conflicts) \
fails
 2) before deploy: shop.order.number becomes unique before deploy: from then on old code that writes a duplicate fails
Select an option [1]: """


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("", "0002_alter_order_number_contract"),
        ("1", "0002_alter_order_number_contract"),
        (" 2", "0002_alter_order_number"),
    ],
)
def test_a_question_has_numbered_answers_with_their_consequence_and_a_default(
    shop: Project, monkeypatch: pytest.MonkeyPatch, answer: str, name: str
) -> None:
    shop.define("Order", UNIQUE)
    assert typing(shop, monkeypatch, [answer]) == UNIQUE_ASKED
    assert shop.names()[1:] == [name]
    assert "Nobody was asked" not in screen(shop)


def test_what_is_no_answer_is_asked_again(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", UNIQUE)
    asked = typing(shop, monkeypatch, ["0", "3", "after", "²", "2"])
    assert asked == UNIQUE_ASKED + "Please select a valid option [1]: " * 4
    assert shop.names()[1:] == ["0002_alter_order_number"]


def test_what_is_answered_beforehand_is_not_asked(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", UNIQUE)
    assert typing(shop, monkeypatch, [], "--answer", "shop.order.number.unique=2") == ""
    assert shop.names()[1:] == ["0002_alter_order_number"]


@pytest.mark.parametrize("option", ["--dry-run", "--check", "--noinput"])
def test_what_writes_nothing_asks_nothing_and_says_what_it_assumes(
    shop: Project, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    shop.define("Order", UNIQUE)
    with suppress(SystemExit):
        typing(shop, monkeypatch, [], option)
    assert "Nobody was asked" in screen(shop)


def test_a_scriptable_run_asks_beside_its_output(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", UNIQUE)
    assert typing(shop, monkeypatch, ["2"], "--scriptable", scriptable=True) == UNIQUE_ASKED


# Refusals

REFUSED = """\

There is no way for this change that both releases survive.

  shop.order.number is altered from CharField(max_length=20) to UUIDField().
    Why: While both releases run, each would read values of a type that it does not know, or fail to write its own.
    Instead: Add a field of the new kind under another name, and let new code write both. Fill it, read it, and remove the \
old one in a release after that.

What now?
 1) Stop: nothing is written
 2) Write it to run before deploy: the running release may fail from then on
 3) Write it to run after deploy: the new release may fail until then
Select an option [1]: """


@pytest.mark.parametrize("answer", ["", "1"])
def test_a_refusal_stops_unless_somebody_says_more(shop: Project, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    shop.define("Order", OTHER_TYPE)
    with pytest.raises(Refused) as refused:
        typing(shop, monkeypatch, [answer])
    assert screen(shop) == REFUSED
    assert str(refused.value).splitlines()[0] == (
        "Nothing was written: there is no way for this change that both releases survive."
    )
    assert "Why" not in str(refused.value)  # that stands above
    assert shop.names() == ["0001_initial"]


@pytest.mark.parametrize(("answer", "phase"), [("2", "before"), ("3", "after")])
def test_somebody_may_insist(shop: Project, monkeypatch: pytest.MonkeyPatch, answer: str, phase: str) -> None:
    shop.define("Order", OTHER_TYPE)
    assert typing(shop, monkeypatch, [answer]) == REFUSED
    assert f"safe = Safe.{phase}_deploy()" in shop.text(shop.names()[1])
    assert f"Not safe, and written all the same, to run {phase} deploy:" in screen(shop)


def test_a_check_of_what_is_refused_asks_nothing(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", OTHER_TYPE)
    with pytest.raises(SystemExit) as end:
        typing(shop, monkeypatch, [], "--check")
    assert end.value.code == 1
    assert "What now?" not in screen(shop)


def test_what_stands_in_the_way_of_the_rest_is_shown_in_its_turn(
    project: Project, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written after deploy, the change of type is in the way of a field that new code needs."""
    project.define("Order", {**NUMBER, "x": models.ManyToManyField("shop.Order")})
    project.makemigrations()
    project.define("Order", {**OTHER_TYPE, "x": models.TextField(null=True)})
    typing(project, monkeypatch, ["2"])
    assert "only works after" in screen(project)
    assert "Not safe, and written all the same, to run before deploy:" in screen(project)


# Django's questions


def test_a_default_is_asked_for_by_django_with_what_it_means(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {**NUMBER, "size": models.IntegerField()})
    asked = typing(shop, monkeypatch, ["1", "5"])
    first, second, *_ = asked.splitlines()
    assert first == "Rows that the old release inserts get this default, too, at the latest in the phase after deploy."
    assert second.startswith(
        "It is impossible to add a non-nullable field 'size' to order without specifying a default."
    )
    assert "db_default=5" in shop.text(shop.names()[1])


def test_who_quits_sees_the_lines_to_write(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {**NUMBER, "size": models.IntegerField()})
    with pytest.raises(SystemExit) as end:
        typing(shop, monkeypatch, ["2"])
    assert end.value.code == 3
    assert "Write one of these into the model:\n  size = models.IntegerField(null=True)\n" in screen(shop)
    assert shop.names() == ["0001_initial"]


def test_a_default_for_a_time_is_asked_for(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {**NUMBER, "created": models.DateTimeField(auto_now_add=True)})
    asked = typing(shop, monkeypatch, ["1", ""])
    assert asked.startswith(
        "Rows that the old release inserts get this default, too, at the latest in the phase after deploy.\n"
    )


def test_a_value_for_rows_with_null_is_asked_for(
    project: Project, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.define("Order", {"number": models.CharField(max_length=20, null=True)})
    project.makemigrations()
    project.define("Order", NUMBER)
    asked = typing(project, monkeypatch, ["1", "'?'"])
    assert asked.startswith(
        "Rows with NULL are filled in the phase after deploy. If they are ignored here, they stop it.\n"
    )
    assert "rows with NULL get '?'" in screen(project)


def test_what_django_warns_of_without_reason_is_not_asked(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A callable default of a unique field is called for each row."""
    shop.define("Order", {**NUMBER, "token": models.UUIDField(unique=True, default=uuid.uuid4)})
    assert typing(shop, monkeypatch, []) == ""
    assert len(shop.names()) > 1


def test_a_dry_run_does_not_ask_for_defaults(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {**NUMBER, "size": models.IntegerField()})
    assert typing(shop, monkeypatch, [], "--dry-run") == ""


def test_a_rename_that_keeps_the_column_is_asked_by_django(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define("Order", {"reference": models.CharField(max_length=20, db_column="number")})
    assert typing(shop, monkeypatch, ["y"]).startswith("  y: the data stay\n")
    assert "RenameField" in shop.text(shop.names()[1])
    assert "If " not in screen(shop)


def test_a_rename_of_a_model_is_asked_with_what_each_answer_means(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.define("Order", None)
    shop.define("Purchase", NUMBER)
    assert typing(shop, monkeypatch, ["n"], "--dry-run") == (
        '  y: the rows stay; two releases need its table: db_table = "shop_order" in class Meta of Purchase\n'
        "  n: Purchase is new; shop_order is dropped with its rows after deploy\n"
        "Was the model shop.Order renamed to Purchase? [y/N] "
    )


# Ctrl-C and Ctrl-D


@pytest.mark.parametrize("fields", [UNIQUE, OTHER_TYPE, {"reference": NUMBER["number"]}], ids=["ours", "no", "rename"])
def test_the_end_of_the_input_ends_the_command(shop: Project, monkeypatch: pytest.MonkeyPatch, fields: Fields) -> None:
    shop.define("Order", fields)
    with pytest.raises(SystemExit) as end:
        typing(shop, monkeypatch, [])
    assert end.value.code == 1
    assert screen(shop).endswith(CANCELLED)
    assert shop.names() == ["0001_initial"]


SETTINGS = """
SECRET_KEY = "no secret"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_safemigrate", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
MODELS = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A project in processes of its own, in which a field becomes unique."""
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    for name, text in {
        "settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/models.py": MODELS,
    }.items():
        (tmp_path / name).write_text(text)
    assert on_a_terminal(tmp_path, [])[0] == 0
    (tmp_path / "shop/models.py").write_text(MODELS.replace("=20", "=20, unique=True"))
    return tmp_path


def on_a_terminal(directory: Path, answers: list[str]) -> tuple[int, str]:
    path = os.pathsep.join([str(directory), str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "settings"}
    words = [sys.executable, "-m", "django", "makemigrations"]
    return terminal.run(words, answers, directory=directory, environment=environment)


@pytest.mark.parametrize("key", [terminal.CONTROL_C, terminal.CONTROL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_nothing_is_written_when_somebody_presses(directory: Path, key: str) -> None:
    status, session = on_a_terminal(directory, [key])
    assert status == 1
    assert session == UNIQUE_ASKED + CANCELLED
    assert len(list((directory / "shop/migrations").glob("0*.py"))) == 1


def test_an_answer_on_a_real_terminal(directory: Path) -> None:
    status, session = on_a_terminal(directory, ["2"])
    assert status == 0
    assert session.startswith(UNIQUE_ASKED + "2\nMigrations for 'shop':\n")
    assert (directory / "shop/migrations/0002_alter_order_number.py").exists()
