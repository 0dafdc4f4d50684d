"""``--plan --format``, ``--output``: one plan, written in three ways, to the standard output or to a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from django_safemigrate.values.errors import UsageError
from tests.support.project import Project

ADD = 'migrations.AddField("order", "a", models.IntegerField(null=True)),'
OURS = 'getattr(__import__("django_safemigrate.operations", fromlist=["operations"]), "{}")'
CODE = "migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),"


@pytest.fixture
def pending(live: Project) -> Project:
    live.write("0002_expand", ADD, safe="Safe.before_deploy()")
    live.write("0003_contract", f"{CODE} migrations.RunPython(migrations.RunPython.noop),", safe="Safe.after_deploy()")
    return live


@pytest.mark.postgres
def test_the_page_has_both_phases(pending: Project) -> None:
    page = pending.safemigrate("--plan", "--format", "html")
    before, after = page.split('id="after"')
    assert page.startswith("<!DOCTYPE html>")
    assert "Database default (PostgreSQL)" in before
    assert "Add column a to shop_order" in before
    assert "shop.0003_contract" in after
    assert "Add column a to shop_order" in pending.safemigrate("--plan", "-v", "0"), "and nothing was changed"


@pytest.mark.postgres
def test_json_says_the_same(pending: Project) -> None:
    one, other = (json.loads(pending.safemigrate("--plan", *how)) for how in (["--json"], ["--format", "json"]))
    assert one["migrations"] == other["migrations"]
    ((column,), (reversible, irreversible)) = (migration["steps"] for migration in one["migrations"])
    assert column["who_waits"].startswith("Reads and writes of shop_order (about 1,000 rows, ")
    assert (column["impact"], column["longest_wait"], column["takes"]) == ("briefly", 0.05, None)
    assert (column["undoable"], column["how_to_undo"]) == (True, "Can be undone.")
    assert (reversible["impact"], reversible["undoable"]) == ("unknown", True)
    assert (irreversible["longest_wait"], irreversible["undoable"]) == (None, False)


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["text", "json", "html"])
def test_to_a_file(pending: Project, tmp_path: Path, how: str) -> None:
    path = tmp_path / "plan"
    stdout = io.StringIO()
    call_command("safemigrate", "--plan", "--format", how, "--output", str(path), stdout=stdout, force_color=True)
    written = path.read_text(encoding="utf-8")
    assert "Add column a to shop_order" in written
    assert "\x1b[" not in written
    assert written.endswith("\n")
    assert stdout.getvalue() == ("" if how == "json" else f"The plan is in {path}. Nothing else was changed.\n")
    assert pending.safemigrate("--plan", "--output", str(path), "-v", "0") == ""


@pytest.mark.postgres
def test_a_file_that_cannot_be_written(pending: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere/plan cannot be written: No such file or directory\.") as error:
        pending.safemigrate("--plan", "--output", str(tmp_path / "nowhere" / "plan"))
    assert error.value.returncode == 2


@pytest.mark.postgres
def test_step_of_a_new_table_makes_nobody_wait(live: Project) -> None:
    live.write(
        "0002_parcel",
        'migrations.CreateModel("parcel", [("id", models.BigAutoField(primary_key=True)),'
        ' ("order", models.ForeignKey("shop.order", models.CASCADE))]),',
    )
    create, index, key = json.loads(live.safemigrate("--plan", "--json"))["migrations"][0]["steps"]
    assert create["who_waits"] == "Nobody waits: it locks no table."
    assert index["who_waits"] == "Nobody waits: shop_parcel is new."
    assert key["who_waits"].startswith("Writes to shop_order (about 1,000 rows, ")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("online", "finish", "left"),
    [
        (
            f'{OURS.format("AlterFieldOnline")}("order", "coupon", models.IntegerField(null=True)),',
            f'{OURS.format("FinishAlterField")}("Order", "coupon"),',
            "Drop the old column of field coupon on Order",
        ),
        (
            f'{OURS.format("RenameFieldOnline")}("order", "coupon", "voucher"),',
            f'{OURS.format("FinishRenameField")}("order", "coupon", "voucher"),',
            "Drop the old column coupon of field voucher on order",
        ),
    ],
    ids=["type", "name"],
)
def test_the_old_column_that_a_change_will_leave_is_not_forgotten(
    live: Project, online: str, finish: str, left: str
) -> None:
    live.write("0002_expand", online, safe="Safe.before_deploy()")
    live.write("0003_contract", finish, safe="Safe.after_deploy()")
    expand, contract = json.loads(live.safemigrate("--plan", "--json"))["migrations"]
    assert (expand["unknown"], contract["steps"]) == (None, [])
    assert contract["unknown"] == f"{left} (if there is one then)"
    assert f"known when what comes before has run: {left}" in live.safemigrate("--plan")


@pytest.mark.postgres
def test_undone_migrations_have_one_part_and_code_goes_forwards_again(pending: Project) -> None:
    pending.write("0003_contract", CODE, safe="Safe.after_deploy()", dependencies='[("shop", "0002_expand")]')
    pending.safemigrate()
    pending.safemigrate("--after-deploy")
    page = pending.safemigrate("shop", "0001", "--plan", "--format", "html")
    assert '<h2 id="back">Undone' in page
    assert "Its author&#x27;s own way back undoes it." in page
    assert 'id="after"' not in page


@pytest.mark.parametrize(
    ("given", "fact", "command"),
    [
        (["--format", "html"], "--format html is for the plan of a run, and needs --plan.", "--plan --format html"),
        (["--output", "x"], "--output x is for the plan of a run, and needs --plan.", "--plan --output x"),
        (
            ["--plan", "--abort", "--format", "html", "--output", "x"],
            "--format html is for the plan of a run, and not for --abort.",
            "--plan --format html --output x",
        ),
        (["--plan", "--split", "--output", "x"], "--output x is for the plan of a run, and not for --split.", "--plan"),
        (["--status", "--format", "json"], "--format json is for the plan of a run, and not for --status.", "--plan"),
        (
            ["--plan", "--json", "--format", "html"],
            "--json and --format html are two ways to write one plan.",
            "--plan --format html",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_go_together(given: list[str], fact: str, command: str) -> None:
    with pytest.raises(UsageError) as error:
        call_command("safemigrate", *given)
    assert error.value.fact == fact
    assert f"manage.py safemigrate {command}" in error.value.next_command
    assert error.value.returncode == 2


def test_what_is_wrong_is_said_as_json_where_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        call_command("safemigrate", "--status", "--format", "json")
    assert json.loads(capsys.readouterr().out)["event"] == "failed"
