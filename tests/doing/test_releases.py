"""The phase after deploy sees which releases are connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connections

from django_safemigrate.doing import releases
from django_safemigrate.doing.releases import LONGEST, release_of, tag_connections, tagged
from django_safemigrate.models import MigrationRun
from django_safemigrate.values.errors import Blocked
from django_safemigrate.values.events import OldSession
from tests.support.database import another_session, rows
from tests.support.project import Project
from tests.support.waiting import Clock, end

AFTER, BEFORE = "Safe.after_deploy()", "Safe.before_deploy()"
Connect = Callable[[str], psycopg.Connection[Any]]


@pytest.mark.parametrize(
    ("name", "release", "expected"),
    [
        ("web", "2026.11", "web (release 2026.11)"),
        ("", "7", "(release 7)"),
        ("web (release 6)", "7", "web (release 7)"),
        ("w" * 80, "7" * 40, "w" * 12 + f" (release {'7' * 40})"),
    ],
)
def test_a_session_says_its_release_and_says_it_once(name: str, release: str, expected: str) -> None:
    assert tagged(name, release) == expected
    assert len(expected) <= LONGEST
    assert release_of(expected) == release


@pytest.mark.parametrize("name", ["", "psql", "web (7)", "(release 7) psql"])
def test_others_say_nothing(name: str) -> None:
    assert release_of(name) is None


@pytest.mark.postgres
def test_connections_are_tagged_when_django_starts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    options = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "application_name", "web")
    settings.SAFEMIGRATE = {"RELEASE": "7"}
    apps.get_app_config("django_safemigrate").ready()
    assert options["application_name"] == "web (release 7)"


@pytest.mark.parametrize("value", [{"RELEASE": None}, {}, "strict", {"RELEASE": "x" * 99}])
def test_without_a_release_nothing_is_tagged(settings: Any, monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    options = connections.settings["default"].setdefault("OPTIONS", {})
    monkeypatch.setitem(options, "application_name", "web")
    settings.SAFEMIGRATE = value
    apps.get_app_config("django_safemigrate").ready()
    assert options["application_name"] == "web"


@pytest.fixture
def web(settings: Any, live: Project) -> Iterator[Connect]:
    """Connects as a process of a release does; this is release 8."""
    sessions: list[Any] = []

    def connect(release: str) -> Any:
        context = another_session(application_name=tagged("web", release))
        sessions.append(context)
        return context.__enter__()

    settings.SAFEMIGRATE = {"RELEASE": "8"}
    yield connect
    for context in sessions:
        context.__exit__(None, None, None)


def gone() -> bool:
    return "gift" not in {
        name for (name,) in rows("SELECT attname FROM pg_attribute WHERE attrelid = 'shop_order'::regclass")
    }


@pytest.fixture
def dropping(live: Project, web: Connect) -> Project:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.safemigrate()
    return live


@pytest.mark.postgres
def test_after_deploy_is_refused_while_old_code_is_connected(dropping: Project, web: Connect) -> None:
    web("8")
    old = web("7")
    with pytest.raises(Blocked) as error:
        dropping.safemigrate("--after-deploy")
    assert error.value.fact.startswith("Code of another release is still connected: 7 (this is 8).\n  pid ")
    assert f"pid {old.info.backend_pid} 'web (release 7)'" in error.value.fact
    assert "--after-deploy --wait-for-old-code" in error.value.next_command
    assert not gone()
    end(old)
    dropping.safemigrate("--after-deploy")
    assert gone()


@pytest.mark.postgres
def test_it_waits_until_old_code_is_gone(dropping: Project, web: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_safemigrate.doing.releases.QUIET", 1.0)
    old = web("7")
    dropping.when("Code of another release is still connected (7)", old.close)
    dropping.safemigrate("--after-deploy", "--wait-for-old-code")
    assert gone()


def test_a_server_that_answers_late_does_not_say_that_old_code_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "time", Clock(tick=10.0))
    there = (OldSession(1, "7", "web (release 7)", "shop"),)
    looks: list[tuple[OldSession, ...]] = []

    def old_code(*about: Any) -> tuple[OldSession, ...]:
        looks.append(there if len(looks) < 3 else ())
        return looks[-1]

    monkeypatch.setattr(releases, "old_code", old_code)
    releases.wait_for_old_code(connections["default"], "8", 3600.0, lambda event: None)
    assert len(looks) == 3 + releases.QUIET / releases.POLL


@pytest.mark.postgres
def test_it_does_not_wait_for_ever(dropping: Project, web: Connect) -> None:
    web("7")
    with pytest.raises(Blocked, match=r"still connected after 600 ms of waiting: 7 \(this is 8\)"):
        dropping.safemigrate("--after-deploy", "--wait-for-old-code", "600ms")
    assert not gone()


@pytest.mark.postgres
def test_before_deploy_old_code_is_what_runs(live: Project, web: Connect) -> None:
    web("7")
    live.write("0002_note", 'migrations.AddField("order", "note", models.IntegerField(null=True)),', safe=BEFORE)
    assert "OK shop.0002_note" in live.safemigrate()


@pytest.mark.postgres
def test_what_an_earlier_release_has_left_waits_for_the_release_before_that(
    dropping: Project, web: Connect, settings: Any
) -> None:
    """Release 8 is deployed everywhere, says the user of release 9; release 7 says that it is not."""
    assert MigrationRun.objects.latest("id").release == "8"
    dropping.write("0003_note", 'migrations.AddField("order", "note", models.IntegerField(null=True)),', safe=BEFORE)
    settings.SAFEMIGRATE = {"RELEASE": "9"}
    web("8")
    old = web("7")
    with pytest.raises(Blocked, match="Run it again without --finish-earlier"):
        dropping.safemigrate("--finish-earlier")
    assert not gone()
    end(old)
    dropping.safemigrate("--finish-earlier")
    assert gone()


def test_only_connections_to_postgresql_are_tagged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an engine that cannot be loaded Django itself says so where it is used."""
    aliases = {
        "web": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"application_name": "web"}},
        "plain": {"ENGINE": "django.db.backends.postgresql"},
        "file": {"ENGINE": "django.db.backends.sqlite3"},
        "wrong": {"ENGINE": "nowhere.to.be.found"},
    }
    monkeypatch.setattr(connections, "settings", aliases)
    tag_connections("7")
    options = {alias: its.get("OPTIONS") for alias, its in aliases.items()}
    assert options == {
        "web": {"application_name": "web (release 7)"},
        "plain": {"application_name": "django (release 7)"},
        "file": None,
        "wrong": None,
    }
