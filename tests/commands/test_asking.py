"""What makemigrations asks, assumes and refuses, where there is no terminal; on one: ``test_on_a_terminal``."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import RemoveField

from django_safemigrate.management.questioner import Renamed
from django_safemigrate.management.telling import Told, summary
from django_safemigrate.values.errors import OffendingRows, Refused, UsageError
from tests.support.database import execute
from tests.support.project import Project

pytestmark = pytest.mark.usefixtures("database")

Fields = dict[str, "models.Field[Any, Any]"]
NUMBER: Fields = {"number": models.CharField(max_length=20)}
UNIQUE: Fields = {"number": models.CharField(max_length=20, unique=True)}
REFERENCE: Fields = {"reference": models.CharField(max_length=20)}
KEPT: Fields = {"reference": models.CharField(max_length=20, db_column="number")}
GIFT: Fields = {**NUMBER, "gift": models.BooleanField()}
OTHER_TYPE: Fields = {"number": models.UUIDField(default="00000000-0000-0000-0000-000000000000")}

STOPPED = "Nothing was written: there is no way for this change that both releases survive."
ALL_THE_SAME = "To write it all the same: manage.py makemigrations --allow-unsafe before-deploy (or after-deploy)"
TYPE = """\
  shop.order.number is altered from CharField(max_length=20) to UUIDField().
    Why: While both releases run, each would read values of a type that it does not know, or fail to write its own.
    Instead: Add a field of the new kind under another name, and let new code write both. Fill it, read it, and remove the \
old one in a release after that.
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.define("Order", NUMBER)
    project.makemigrations()
    return project


def after(output: str, line: str) -> str:
    """What stands behind the first line that begins so, itself included, up to an empty one."""
    lines = output.splitlines()
    start = next(number for number, its in enumerate(lines) if its.startswith(line))
    return "\n".join(lines[start:]).split("\n\n")[0]


def error(project: Project, kind: type[Exception], *arguments: str) -> str:
    """It leaves the files as they are."""
    before = project.names()
    with pytest.raises(kind) as raised:
        project.makemigrations(*arguments)
    assert project.names() == before
    return str(raised.value)


def exit_of(project: Project, *arguments: str, interactive: bool = False) -> tuple[int | str | None, str]:
    """The exit status, and all that was written."""
    project._forget_modules()
    out = io.StringIO()
    try:
        call_command("makemigrations", *arguments, interactive=interactive, stdout=out, stderr=out, no_color=True)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


# Questions


def test_without_a_terminal_the_safe_default_is_taken_and_said(shop: Project) -> None:
    shop.define("Order", UNIQUE)
    output = shop.makemigrations()
    assert shop.names()[1:] == ["0002_alter_order_number_contract"]
    assert after(output, "Nobody was asked") == textwrap.dedent(
        """\
        Nobody was asked, so the safe default was taken:
          shop.order.number becomes unique. When?
            after deploy: shop.order.number becomes unique after deploy: until then new code that upserts on it \
(update_conflicts) fails
            before deploy instead: --answer shop.order.number.unique=2
          To choose otherwise: delete these files and run makemigrations again with that option."""
    )


def test_a_dry_run_has_no_files_to_delete(shop: Project) -> None:
    shop.define("Order", UNIQUE)
    assert "  To choose otherwise: run makemigrations with that option.\n" in shop.makemigrations("--dry-run")


@pytest.mark.parametrize(
    ("number", "end"), [("1", "0002_alter_order_number_contract"), ("2", "0002_alter_order_number")]
)
def test_an_answer_on_the_command_line_is_taken_and_nothing_is_assumed(shop: Project, number: str, end: str) -> None:
    shop.define("Order", UNIQUE)
    output = shop.makemigrations("--answer", f"shop.order.number.unique={number}")
    assert shop.names()[1:] == [end]
    assert "Nobody was asked" not in output


def test_several_questions_are_answered_each_with_its_own(project: Project) -> None:
    project.define("Order", {**GIFT, "size": models.IntegerField()})
    project.makemigrations()
    project.define("Order", UNIQUE)
    output = project.makemigrations("--answer", "shop.order.number.unique=2", "--answer", "SHOP.Order.gift.new_rows=2")
    assert "db_default=False" in project.text(project.names()[1])
    assert "unique=True" in project.text(project.names()[1])
    assert after(output, "Nobody was asked").count("instead") == 1


def test_an_answer_that_is_none_of_them_is_an_error_with_all_of_them(shop: Project) -> None:
    shop.define("Order", UNIQUE)
    assert error(shop, UsageError, "--answer", "shop.order.number.unique=3") == (
        "--answer shop.order.number.unique=3 is none of the answers to: shop.order.number becomes unique. When?\n"
        "  --answer shop.order.number.unique=1  after deploy: shop.order.number becomes unique after deploy: until then new "
        "code that upserts on it (update_conflicts) fails\n"
        "  --answer shop.order.number.unique=2  before deploy: shop.order.number becomes unique before deploy: from then on "
        "old code that writes a duplicate fails\n"
        "Nothing was written."
    )


def test_an_answer_to_what_nobody_asks_is_an_error_with_what_is_asked(shop: Project) -> None:
    shop.define("Order", UNIQUE)
    assert error(shop, UsageError, "--answer", "shop.order.numbr.unique=2").splitlines()[:3] == [
        "--answer shop.order.numbr.unique: nobody asks that.",
        "These are the questions:",
        "shop.order.number becomes unique. When?",
    ]


def test_an_answer_where_nothing_is_asked_is_an_error(shop: Project) -> None:
    said = "--answer shop.order.number.unique: nobody asks that.\nThese changes leave no question open."
    assert error(shop, UsageError, "--answer", "shop.order.number.unique=2") == said
    shop.define("Order", {**NUMBER, "new": models.TextField(null=True)})
    assert error(shop, UsageError, "--answer", "shop.order.number.unique=2") == said


@pytest.mark.parametrize("answer", ["shop.order.number.unique", "=1", "shop.order.number.unique=one", ""])
def test_an_answer_that_cannot_be_read_is_an_error(shop: Project, answer: str) -> None:
    assert error(shop, UsageError, "--answer", answer) == (
        f"--answer {answer} cannot be read.\n"
        "It takes the name of a question and the number of an answer.\n"
        "For example: --answer shop.order.number.unique=2"
    )


def test_what_is_not_written_is_not_asked(project: Project) -> None:
    """``makemigrations auth`` writes nothing of shop."""
    project.define("Order", NUMBER)
    project.makemigrations()
    project.define("Order", OTHER_TYPE)
    assert project.makemigrations("auth") == "No changes detected in app 'auth'\n"
    project.define("Order", UNIQUE)
    assert project.makemigrations("auth") == "No changes detected in app 'auth'\n"


def test_a_quiet_run_assumes_quietly(shop: Project) -> None:
    shop.define("Order", UNIQUE)
    assert shop.makemigrations("-v", "0") == ""
    assert shop.names()[1:] == ["0002_alter_order_number_contract"]


# Refusals


def test_what_has_no_safe_way_is_refused_with_what_to_do(shop: Project) -> None:
    shop.define("Order", OTHER_TYPE)
    with pytest.raises(Refused) as refused:
        shop.makemigrations()
    assert shop.names() == ["0001_initial"]
    assert refused.value.returncode == 8
    said = str(refused.value).replace("UUIDField(default='00000000-0000-0000-0000-000000000000')", "UUIDField()")
    assert said == f"{STOPPED}\n\n{TYPE}\n{ALL_THE_SAME}"


def test_every_refusal_is_shown_at_once(project: Project) -> None:
    project.define("Order", {**NUMBER, "size": models.IntegerField()})
    project.makemigrations()
    project.define("Order", {**OTHER_TYPE, "size": models.JSONField(default=list)})
    said = error(project, Refused)
    assert "shop.order.number is altered" in said
    assert "shop.order.size is altered" in said
    assert said.count(STOPPED) == said.count(ALL_THE_SAME) == 1


def test_two_operations_that_no_order_suits_are_refused_by_name(project: Project) -> None:
    project.define("Order", {**NUMBER, "x": models.ManyToManyField("shop.Order")})
    project.makemigrations()
    project.define("Order", {**NUMBER, "x": models.TextField(null=True)})
    said = error(project, Refused)
    assert '  shop: "Add field x to order" only works after "Remove field x from order".\n' in said
    assert "Give what is new another name" in said
    assert "two releases" in said
    output = project.makemigrations("--allow-unsafe", "after-deploy")
    assert project.names()[1:] == ["0002_remove_order_x_order_x"]
    assert "safe = Safe.after_deploy()" in project.text("0002_remove_order_x_order_x")
    assert '"Add field x to order" only works after' in after(
        output, "Not safe, and written all the same, to run after"
    )


@pytest.mark.parametrize("phase", ["before", "after"])
def test_the_author_may_insist(shop: Project, phase: str) -> None:
    shop.define("Order", OTHER_TYPE)
    output = shop.makemigrations("--allow-unsafe", f"{phase}-deploy")
    [name] = shop.names()[1:]
    assert f"safe = Safe.{phase}_deploy()" in shop.text(name)
    part = after(output, "Not safe")
    assert part.startswith(
        f"Not safe, and written all the same, to run {phase} deploy:\n  shop.order.number is altered"
    )
    assert "    Instead: Add a field of the new kind" in part
    assert part.count("Why: ") == 1
    assert "not safe:" not in output


def test_a_check_says_what_is_refused_and_exits_with_1(shop: Project) -> None:
    shop.define("Order", OTHER_TYPE)
    status, output = exit_of(shop, "--check")
    assert status == 1
    assert "~ Alter field number on order" in output
    assert STOPPED in output
    assert shop.names() == ["0001_initial"]


def test_a_dry_run_is_refused_as_a_real_one(shop: Project) -> None:
    shop.define("Order", OTHER_TYPE)
    assert STOPPED in error(shop, Refused, "--dry-run")
    assert "Not safe, and written all the same" in shop.makemigrations("--dry-run", "--allow-unsafe", "before-deploy")
    assert shop.names() == ["0001_initial"]


def test_an_update_is_refused_as_well(shop: Project) -> None:
    shop.define("Order", {**NUMBER, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**OTHER_TYPE, "new": models.TextField(null=True)})
    assert STOPPED in error(shop, Refused, "--update")


@pytest.mark.parametrize(
    "fields",
    [OTHER_TYPE, UNIQUE, REFERENCE, {**NUMBER, "size": models.IntegerField()}],
    ids=["type", "unique", "rename", "null"],
)
def test_migrate_hints_and_neither_asks_nor_refuses(shop: Project, fields: Fields) -> None:
    shop.migrate()
    shop.define("Order", fields)
    assert "have changes that are not yet reflected in a migration" in shop.run("migrate")
    assert shop.names() == ["0001_initial"]


# Without a terminal nobody is asked, whether --noinput is given or not


@pytest.mark.parametrize("interactive", [True, False])
def test_a_field_without_a_default_is_an_error_with_the_lines_to_write(shop: Project, interactive: bool) -> None:
    shop.define("Order", {**NUMBER, "size": models.CharField(max_length=9)})
    assert exit_of(shop, interactive=interactive) == (
        3,
        "Field 'size' on model 'order' not migrated: it is impossible to add a non-nullable field without specifying a "
        "default.\n"
        "Write one of these into the model:\n"
        "  size = models.CharField(max_length=9, null=True)\n"
        "      rows that are there, and those of the old release, have NULL\n"
        "  size = models.CharField(default='', max_length=9)\n"
        "      they have ''; the database forgets it in the phase after deploy\n"
        "  size = models.CharField(db_default='', max_length=9)\n"
        "      they have '', and the database keeps it as its default\n",
    )
    assert shop.names() == ["0001_initial"]


LINES = [
    (models.BooleanField(), ["null=True", "default=False", "db_default=False"]),
    (models.DateTimeField(), ["null=True", "default=timezone.now"]),
    (models.DateTimeField(auto_now_add=True), ["null=True", "db_default=Now()"]),
    (models.UUIDField(unique=True), ["null=True", "default=uuid.uuid4"]),
    (models.IntegerField(unique=True), ["null=True"]),
    (models.ForeignKey("shop.Order", models.CASCADE), ["null=True"]),
]


@pytest.mark.parametrize(("field", "arguments"), LINES, ids=lambda value: type(value).__name__)
def test_the_lines_are_those_that_the_field_takes(
    shop: Project, field: models.Field[Any, Any], arguments: list[str]
) -> None:
    shop.define("Order", {**NUMBER, "new": field})
    status, output = exit_of(shop)
    assert status == 3
    lines = [line for line in output.splitlines() if line.startswith("  new = models.")]
    assert [argument in line for argument, line in zip(arguments, lines, strict=True)] == [True] * len(lines)


def test_of_two_models_of_one_name_nobody_knows_which(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.state import ModelState, ProjectState

    fields: Fields = {**NUMBER, "size": models.IntegerField()}
    shop.define("Order", fields)
    here = ProjectState.from_apps

    def with_another(apps: Any) -> ProjectState:
        state = here(apps)
        state.add_model(ModelState("other", "Order", [("id", models.BigAutoField(primary_key=True)), *fields.items()]))
        return state

    monkeypatch.setattr(ProjectState, "from_apps", with_another)
    status, output = exit_of(shop)
    assert status == 3
    assert output.splitlines()[-1] == "Give it null=True, a default or a db_default in the model."


def test_a_possible_rename_is_said_with_the_line_that_keeps_the_data(shop: Project) -> None:
    shop.define("Order", {"reference": models.CharField(max_length=20, default="")})
    assert "If " not in shop.makemigrations("--dry-run")
    shop.define("Order", {**NUMBER, "old": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**NUMBER, "new": models.TextField(null=True)})
    output = shop.makemigrations()
    assert after(output, "If ") == textwrap.dedent(
        """\
        If order.old was renamed to new: as it is written, old is dropped with its data after deploy.
          To keep it, write this into the model:
            new = models.TextField(db_column='old', null=True)
          Then delete these files and run makemigrations again."""
    )


def test_a_possible_rename_of_a_relation_to_many_is_for_a_terminal(project: Project) -> None:
    project.define("Order", {**NUMBER, "tags": models.ManyToManyField("shop.Order")})
    project.makemigrations()
    project.define("Order", {**NUMBER, "labels": models.ManyToManyField("shop.Order")})
    assert after(project.makemigrations(), "If ") == textwrap.dedent(
        """\
        If order.tags was renamed to labels: as it is written, tags is dropped with its data after deploy.
          If so: delete these files and run makemigrations again on a terminal, which asks."""
    )


def test_a_possible_rename_in_an_app_that_is_not_written_is_not_said() -> None:
    """Django looks for renames in all apps, also where only one is to be written."""
    renamed = Renamed(("order", "old"), "order.old was renamed to new", "old is dropped", "new = ...")
    removing, other = Migration("0002_a", "shop"), Migration("0002_a", "crm")
    removing.operations, other.operations = [RemoveField("Order", "old")], [RemoveField("Customer", "old")]
    style = no_style()
    assert any(line.startswith("If ") for line in summary(Told([removing], renames=[renamed]), style))
    assert not any(line.startswith("If ") for line in summary(Told([other], renames=[renamed]), style))


def test_a_field_that_keeps_its_column_is_a_rename_also_without_a_terminal(shop: Project) -> None:
    """So the line that is shown is all that it takes."""
    shop.define("Order", KEPT)
    output = shop.makemigrations()
    assert "RenameField" in shop.text(shop.names()[1])
    assert "RemoveField" not in shop.text(shop.names()[1])
    assert "If " not in output
    assert "order.reference: another name for number, Python only" in output
    assert exit_of(shop, "--check")[0] == 0


def test_a_possible_rename_of_a_model_is_said_with_its_table(shop: Project) -> None:
    shop.define("Order", None)
    shop.define("Purchase", NUMBER)
    assert after(shop.makemigrations("--dry-run"), "If ") == textwrap.dedent(
        """\
        If shop.Order was renamed to Purchase: as it is written, shop_order is dropped with its rows after deploy.
          To keep it, write this into the model:
            db_table = "shop_order" in class Meta of Purchase
          Then run makemigrations."""
    )


def test_a_nullable_field_that_becomes_not_null_says_what_becomes_of_the_rows(project: Project) -> None:
    project.define("Order", {"number": models.CharField(max_length=20, null=True)})
    project.makemigrations()
    project.define("Order", {"number": models.CharField(max_length=20, default="?")})
    assert "order.number: no longer accepts NULL, rows with NULL get '?'" in project.makemigrations()


@pytest.mark.postgres
def test_rows_with_null_stop_the_phase_after_deploy_unless_there_is_a_default(project: Project) -> None:
    project.define("Order", {"number": models.CharField(max_length=20, null=True)})
    project.makemigrations()
    project.safemigrate()
    execute("INSERT INTO shop_order (number) VALUES (NULL)")
    project.define("Order", NUMBER)
    assert exit_of(project, interactive=True)[1].splitlines()[:2] == [
        "Field 'number' on model 'order' given a default of NOT PROVIDED and must be corrected.",
        "Rows with NULL stop the phase after deploy (exit status 9). A default in the model fills them.",
    ]
    project.safemigrate()
    with pytest.raises(OffendingRows) as rows:
        project.safemigrate("--after-deploy")
    assert rows.value.returncode == 9


# What happens in each phase


def test_a_long_migration_shows_its_beginning(shop: Project) -> None:
    shop.define("Order", {**NUMBER, **{f"f{n}": models.TextField(null=True) for n in range(12)}})
    lines = shop.makemigrations().splitlines()
    start = lines.index("Before deploy: manage.py safemigrate")
    assert lines[start + 2] == "    order.f0: new column"
    assert lines[start + 10 :] == ["    and 4 more"]


def test_an_update_says_its_phase(shop: Project) -> None:
    shop.define("Order", {**NUMBER, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**NUMBER, "new": models.TextField(null=True), "newer": models.TextField(null=True)})
    assert after(shop.makemigrations("--update"), "Before deploy").splitlines()[1:] == [
        "  shop.0002_order_new_order_newer",
        "    Add field new to order",
        "    Add field newer to order",
    ]
