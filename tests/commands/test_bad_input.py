"""Bad input: a fact, a reason and the next command; an exit status of its own; nothing touched."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from django_safemigrate.values.errors import SafeMigrateError
from tests.support.database import execute, rows
from tests.support.project import Project

ADD = 'migrations.AddField("order", "a", models.IntegerField(null=True)),'


def refused(project: Project, *arguments: str) -> SafeMigrateError:
    """The error of a run, which has left everything as it was."""
    before = rows("SELECT app, name FROM django_migrations ORDER BY 1, 2")
    with pytest.raises(CommandError) as error:
        project.safemigrate(*arguments)
    assert rows("SELECT app, name FROM django_migrations ORDER BY 1, 2") == before
    assert isinstance(error.value, SafeMigrateError)
    assert error.value.fact
    assert error.value.reason
    assert error.value.next_command
    assert str(error.value) == f"{error.value.fact}\n{error.value.reason}\n{error.value.next_command}"
    return error.value


def test_unknown_app(live: Project) -> None:
    error = refused(live, "shp")
    assert error.returncode == 2
    assert error.fact == "There is no installed app with the label 'shp'. Did you mean shop?"


def test_app_without_migrations(live: Project, settings: object) -> None:
    settings.MIGRATION_MODULES = {**settings.MIGRATION_MODULES, "auth": None}  # type: ignore[attr-defined]
    error = refused(live, "auth")
    assert error.returncode == 2
    assert error.fact == "App 'auth' has no migrations."


def test_unknown_migration(live: Project) -> None:
    error = refused(live, "shop", "0001_inital")
    assert error.returncode == 2
    assert error.fact == "shop has no migration '0001_inital'. Did you mean 0001_initial?"
    assert error.next_command == "Run: manage.py showmigrations shop"


def test_ambiguous_migration(live: Project) -> None:
    live.write("0002_a", ADD)
    error = refused(live, "shop", "000")
    assert error.returncode == 2
    assert error.fact == "'000' fits more than one migration of shop: 0001_initial, 0002_a."


def test_safe_that_is_not_a_safe(live: Project) -> None:
    live.write("0002_a", ADD, safe="'before_deploy'")
    error = refused(live)
    assert error.returncode == 2
    assert error.fact == "shop.0002_a has safe = 'before_deploy', which is not a Safe."


def test_delay_that_is_not_a_timedelta(live: Project) -> None:
    live.write("0002_a", ADD, safe="Safe.after_deploy(delay=3)")
    error = refused(live)
    assert error.returncode == 2
    assert error.fact == "shop.0002_a has a delay of 3, which is not a timedelta."


def test_circle(live: Project) -> None:
    live.write("0002_a", ADD, dependencies='[("shop", "0001_initial"), ("shop", "0003_b")]')
    live.write("0003_b", "", dependencies='[("shop", "0002_a")]')
    error = refused(live)
    assert error.returncode == 2
    assert "The migrations depend on each other in a circle" in error.fact
    assert "shop.0002_a" in error.fact


def test_missing_dependency(live: Project) -> None:
    live.write("0002_a", ADD, dependencies='[("shop", "0001_gone")]')
    error = refused(live)
    assert error.returncode == 2
    assert "0001_gone" in error.fact


def test_two_leaves(live: Project) -> None:
    live.write("0002_a", ADD)
    live.write("0002_b", "", dependencies='[("shop", "0001_initial")]')
    error = refused(live)
    assert error.returncode == 2
    assert error.fact == "Conflicting migrations: 0002_a, 0002_b in shop."
    assert error.next_command == "Run: manage.py makemigrations --merge"


def test_inconsistent_history(live: Project) -> None:
    live.write("0002_a", ADD)
    live.write("0003_b", "")
    live.safemigrate()
    execute("DELETE FROM django_migrations WHERE name = '0002_a'")
    assert refused(live).returncode == 2


@pytest.mark.parametrize("value", ["soon", "10 parsecs", "-1s", "0", ""])
@pytest.mark.parametrize("option", ["--lock-timeout", "--max-wait"])
def test_not_a_duration(live: Project, option: str, value: str) -> None:
    error = refused(live, f"{option}={value}")
    assert error.returncode == 2
    assert error.fact == f"{option}: {value!r} is not a duration; write for example 20ms, 1.5s, 10m or 2h."


def test_unknown_setting(live: Project, settings: object) -> None:
    settings.SAFEMIGRATE = {"LOCK_TIMEOT": "1s"}  # type: ignore[attr-defined]
    error = refused(live)
    assert error.returncode == 2
    assert error.fact == "SAFEMIGRATE has an unknown key 'LOCK_TIMEOT'. Did you mean 'LOCK_TIMEOUT'?"


def test_irreversible(live: Project) -> None:
    live.write("0002_sql", 'migrations.RunSQL("SELECT 1"),')
    live.safemigrate()
    error = refused(live, "shop", "0001")
    assert error.returncode == 2
    assert "0002_sql is not reversible" in error.fact


def test_run_syncdb_of_an_app_with_migrations(live: Project) -> None:
    assert refused(live, "--run-syncdb", "shop").returncode == 2


@pytest.mark.postgres
def test_database_that_is_not_reachable(live: Project) -> None:
    name, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], "nowhere"
    connection.close()
    try:
        with pytest.raises(SafeMigrateError) as error:
            live.safemigrate()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    assert error.value.returncode == 3
    assert error.value.fact.startswith("Database 'default' (nowhere) cannot be reached:")
    assert "DATABASES['default']" in error.value.next_command


@pytest.mark.postgres
@pytest.mark.parametrize("grant", ["", "GRANT CREATE ON SCHEMA public TO nobody_special"])
def test_no_rights(live: Project, grant: str) -> None:
    live.write("0002_a", ADD, safe="Safe.before_deploy()")
    execute(
        "DO $$ BEGIN CREATE ROLE nobody_special; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO nobody_special;" + grant
    )
    execute("SET ROLE nobody_special")
    try:
        error = refused(live)
    finally:
        execute("RESET ROLE")
        execute("DROP OWNED BY nobody_special; DROP ROLE nobody_special")
    assert error.returncode == 3
    assert error.fact.startswith('Table "shop_order" belongs to ')
    assert "The role nobody_special is not a member of it" in error.reason


def test_a_pipeline_gets_the_error_as_its_last_line(live: Project) -> None:
    live.write("0002_a", ADD, safe="3")
    output = io.StringIO()
    live._forget_modules()
    with pytest.raises(CommandError):
        call_command("safemigrate", "--json", stdout=output)
    (line,) = output.getvalue().splitlines()
    assert json.loads(line) | {"at": ""} == {
        "event": "failed",
        "at": "",
        "status": 2,
        "fact": "shop.0002_a has safe = 3, which is not a Safe.",
        "reason": "safemigrate cannot tell in which phase it may run.",
        "next_command": "Write one of: safe = Safe.before_deploy(), safe = Safe.after_deploy(), safe = Safe.always()",
    }


@pytest.mark.postgres
def test_no_schema_to_create_in(live: Project) -> None:
    live.write("0002_a", ADD, safe="Safe.before_deploy()")
    execute(
        "CREATE ROLE tables_only; ALTER TABLE shop_order OWNER TO tables_only; REVOKE ALL ON SCHEMA public FROM PUBLIC;"
        "GRANT USAGE ON SCHEMA public TO tables_only; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO tables_only"
    )
    execute("SET ROLE tables_only")
    try:
        error = refused(live)
    finally:
        execute("RESET ROLE")
        execute("REASSIGN OWNED BY tables_only TO CURRENT_USER; DROP OWNED BY tables_only; DROP ROLE tables_only")
    assert error.returncode == 3
    assert error.fact.startswith("There is no schema on the search path")
    assert error.next_command == "Run as the owner of the schema: GRANT CREATE ON SCHEMA public TO tables_only"


@pytest.mark.postgres
def test_rights_that_even_looking_needs(live: Project) -> None:
    execute("CREATE ROLE blind")
    execute("SET ROLE blind")
    try:
        with pytest.raises(SafeMigrateError) as error:
            live.safemigrate()
    finally:
        execute("RESET ROLE")
        execute("DROP ROLE blind")
    assert error.value.returncode == 3
    assert "permission denied" in error.value.fact


def test_an_app_with_one_migration(live: Project) -> None:
    assert refused(live, "shop", "0009").reason == "Its only migration is 0001_initial."
