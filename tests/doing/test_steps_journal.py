"""What was begun and recorded past the journal (faked, run by ``migrate``) is not gone on with later."""

from __future__ import annotations

import pytest

from django_safemigrate.values.errors import SafeMigrateError
from tests.support.database import execute, rows, value
from tests.support.project import Project

pytestmark = pytest.mark.postgres

HALF = 'migrations.AddField("order", "note", models.IntegerField(null=True)),\n'
BROKEN = 'migrations.RunSQL("SELECT 1 / (SELECT count(*) FROM shop_order WHERE id = 2000)", "SELECT 1"),'


def half_done(live: Project) -> None:
    live.write("0002_half", HALF + BROKEN)
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    assert (
        value("SELECT count(*) FROM django_safemigrate_migrationstep WHERE name = '0002_half' AND closed IS NULL") == 2
    )


def has_note() -> bool:
    return bool(rows("SELECT 1 FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attname = 'note'"))


@pytest.mark.parametrize("command", ["safemigrate", "migrate"])
def test_faked_undone_and_applied_again(live: Project, command: str) -> None:
    half_done(live)
    live.run(command, "--noinput", "--fake")
    execute("INSERT INTO shop_order (id, number, status, gift, coupon) VALUES (2000, '', 'new', false, '')")
    live.safemigrate("shop", "0001")
    assert not has_note()
    output = live.safemigrate()
    assert "done already" not in output
    assert has_note()


def test_the_plan_shows_what_is_done(live: Project) -> None:
    half_done(live)
    plan = live.safemigrate("--plan")
    assert "1. Add column note to shop_order  (done already)" in plan
    assert "2. Raw SQL operation\n" in plan


def test_sql_that_is_made_from_no_template_runs_alone(live: Project) -> None:
    """An index of somebody's own, whose SQL is plain text, behind a new table: the table is not made twice."""
    index = """type("Own", (models.Index,), {
        "create_sql": lambda self, model, editor, using="", **kwargs: 'CREATE INDEX own ON shop_tag (id)',
        "deconstruct": lambda self: ("django.db.models.Index", (), {"fields": ["id"], "name": "own"}),
        "clone": lambda self: self,
    })(fields=["id"], name="own")"""
    live.write(
        "0002_own",
        f"""
        migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))], options={{"indexes": [{index}]}}),
        """,
    )
    live.safemigrate()
    assert value("SELECT count(*) FROM pg_class WHERE relname = 'own'") == 1


def test_a_plan_runs_no_code_inside_a_subclass(live: Project) -> None:
    code = "migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop)"
    live.write("0002_sub", f"type('Sub', (migrations.SeparateDatabaseAndState,), {{}})([{code}]),")
    assert "Raw Python operation" in live.safemigrate("--plan")
    with pytest.raises(ZeroDivisionError):
        live.safemigrate()
