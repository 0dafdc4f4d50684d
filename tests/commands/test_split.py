"""safemigrate --split: a migration that mixes phases becomes two files."""

from __future__ import annotations

import pytest
from django.db import connection

from django_safemigrate.values.errors import UsageError
from tests.commands.test_safemigrate import applied
from tests.support.project import Project

MIXED = """
# What shows that it is a present.
migrations.AddField("order", "gift_note", models.TextField(null=True)),
migrations.RemoveField("order", "gift"),  # since it has a note
migrations.AddField("order", "copies", models.IntegerField(default=1)),
"""
LATER = 'migrations.AddField("order", "later", models.TextField(null=True)),'


def split(project: Project, *arguments: str) -> str:
    return project.safemigrate("--split", "shop", "0002_mixed", *arguments)


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "shop_order")}


def test_an_undeclared_mix_is_refused_and_the_error_names_the_command(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    with pytest.raises(UsageError) as error:
        live.safemigrate()
    assert error.value.fact.splitlines()[0] == "shop.0002_mixed mixes phases:"
    assert "Run: manage.py safemigrate --split shop 0002_mixed" in error.value.next_command
    assert "safe = Safe.before_deploy()" in error.value.next_command
    assert applied() == ["0001_initial"]
    assert "BLOCKED shop.0002_mixed  mixes phases" in live.safemigrate("--plan")


def test_two_files_run_in_their_phases_and_the_first_keeps_the_name(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    output = split(live)
    assert live.names() == ["0001_initial", "0002_mixed", "0003_mixed_contract"]
    assert "shop.0002_mixed runs before deploy:\n  Add field gift_note to order\n" in output
    expand, contract = live.text("0002_mixed"), live.text("0003_mixed_contract")
    assert "    safe = Safe.before_deploy()\n" in expand
    assert "        # What shows that it is a present.\n" in expand
    assert "    safe = Safe.after_deploy()\n" in contract
    assert '        migrations.RemoveField("order", "gift"),  # since it has a note\n' in contract
    live.safemigrate()
    assert applied() == ["0001_initial", "0002_mixed"]
    assert {"gift", "gift_note", "copies"} <= columns()
    live.safemigrate("--after-deploy")
    assert applied() == ["0001_initial", "0002_mixed", "0003_mixed_contract"]
    assert "gift" not in columns()


def test_a_plan_of_it_writes_nothing(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    before = live.text("0002_mixed")
    output = split(live, "--plan")
    assert "Nothing was written." in output
    assert 'migrations.RemoveField("order", "gift"),' in output
    assert live.names() == ["0001_initial", "0002_mixed"]
    assert live.text("0002_mixed") == before


def test_the_part_after_deploy_comes_last_where_what_follows_does_not_need_it(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    live.write("0003_later", LATER, safe="")
    before = live.text("0003_later")
    split(live)
    assert live.names() == ["0001_initial", "0002_mixed", "0003_later", "0004_mixed_contract"]
    assert live.text("0003_later") == before
    live.safemigrate()
    assert applied() == ["0001_initial", "0002_mixed", "0003_later"]


def test_what_needs_the_part_after_deploy_depends_on_it(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    live.write("0003_again", 'migrations.AddField("order", "gift", models.TextField(null=True)),', safe="")
    split(live)
    assert live.names() == ["0001_initial", "0002_mixed", "0003_again", "0003_mixed_contract"]
    assert '("shop", "0003_mixed_contract")' in live.text("0003_again")
    live.safemigrate("shop", "0002_mixed")
    live.safemigrate("--after-deploy", "shop", "0003_mixed_contract")
    live.safemigrate()
    assert applied() == ["0001_initial", "0002_mixed", "0003_again", "0003_mixed_contract"]


def test_functions_and_imports_go_with_those_who_need_them(live: Project) -> None:
    live.write(
        "0002_mixed",
        'migrations.AddField("order", "note", models.TextField(null=True)),\nmigrations.RemoveField("order", "gift"),\n'
        "migrations.RunPython(forget, migrations.RunPython.noop),",
        safe="",
    )
    path = live.directory / "0002_mixed.py"
    helper = "import json\n\n\ndef forget(apps, schema_editor):\n    json.dumps([])\n\n\nclass Migration"
    path.write_text(path.read_text().replace("class Migration", helper, 1))
    output = split(live)
    assert "Raw Python operation" in output
    assert "def forget" not in live.text("0002_mixed")
    assert "import json" not in live.text("0002_mixed")
    assert "def forget" in live.text("0003_mixed_contract")
    live.safemigrate()
    live.safemigrate("--after-deploy")
    assert applied()[-1] == "0003_mixed_contract"


@pytest.mark.parametrize(
    ("operations", "attributes", "fact"),
    [
        (LATER, {}, "There is nothing to split in shop.0002_mixed."),
        (MIXED, {"replaces": '[("shop", "0001_gone")]'}, "shop.0002_mixed cannot be split: it replaces others."),
        (MIXED + "] + [", {}, "The file of shop.0002_mixed cannot be taken apart: its operations are not one list."),
        (
            'migrations.RemoveField("order", "gift"),\nmigrations.AddField("order", "gift", models.TextField(null=True)),',
            {},
            'shop.0002_mixed cannot be split: shop: "Add field gift to order" only works after "Remove field gift from order"'
            ".",
        ),
    ],
)
def test_what_cannot_be_split_says_why(live: Project, operations: str, attributes: dict[str, str], fact: str) -> None:
    live.write("0002_mixed", operations, safe="", **attributes)
    before = live.text("0002_mixed")
    with pytest.raises(UsageError) as error:
        split(live)
    assert error.value.fact == fact
    assert error.value.next_command
    assert live.text("0002_mixed") == before


def test_what_is_applied_stays_one(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="Safe.always()")
    live.safemigrate()
    with pytest.raises(UsageError, match=r"shop\.0002_mixed is applied on this database"):
        split(live)


def test_it_takes_a_migration(live: Project) -> None:
    with pytest.raises(UsageError, match="--split takes an app and a migration"):
        live.safemigrate("--split", "shop")


def test_the_last_migration_of_linear_migrations_is_kept_up(live: Project) -> None:
    live.write("0002_mixed", MIXED, safe="")
    (live.directory / "max_migration.txt").write_text("0002_mixed\n")
    split(live)
    assert (live.directory / "max_migration.txt").read_text() == "0003_mixed_contract\n"
