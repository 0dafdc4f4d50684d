from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.migrations import Migration

import django_safemigrate
from django_safemigrate import Safe, When
from django_safemigrate.values.errors import InvalidSafe
from django_safemigrate.values.phases import Phase, declared


def migration(**attributes: Any) -> Migration:
    made: Migration = type("Migration", (Migration,), attributes)("0007_total", "shop")
    return made


@pytest.mark.parametrize(
    ("safe", "when"),
    [
        (Safe.always(), When.ALWAYS),
        (Safe.always, When.ALWAYS),
        (Safe.before_deploy(), When.BEFORE_DEPLOY),
        (Safe.before_deploy, When.BEFORE_DEPLOY),
        (Safe.after_deploy(), When.AFTER_DEPLOY),
        (Safe.after_deploy, When.AFTER_DEPLOY),
        (Safe.after_deploy(delay=timedelta(days=4)), When.AFTER_DEPLOY),
    ],
)
def test_a_migration_declares_its_phase_called_or_not(safe: object, when: When) -> None:
    assert declared(migration(safe=safe)).when is when


def test_an_undeclared_migration_runs_in_either_phase() -> None:
    assert declared(migration()) == Safe.always()


def test_the_delay_is_kept() -> None:
    delay = timedelta(days=4)
    assert declared(migration(safe=Safe.after_deploy(delay=delay))).delay == delay


@pytest.mark.parametrize("safe", ["before_deploy", None, True, Phase.BEFORE_DEPLOY, When.ALWAYS, Safe])
def test_anything_else_is_an_error_that_shows_the_remedy(safe: object) -> None:
    with pytest.raises(InvalidSafe) as refused:
        declared(migration(safe=safe))
    assert str(refused.value) == (
        f"shop.0007_total has safe = {safe!r}, which is not a Safe.\n"
        "safemigrate cannot tell in which phase it may run.\n"
        "Write one of: safe = Safe.before_deploy(), safe = Safe.after_deploy(), safe = Safe.always()"
    )
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "safe",
    [
        Safe.always(),
        Safe.before_deploy(),
        Safe.after_deploy(),
        Safe.after_deploy(delay=timedelta(days=4)),
        Safe.after_deploy(delay=timedelta(hours=1, microseconds=5)),
    ],
)
def test_the_source_of_a_phase_makes_it_again(safe: Safe) -> None:
    expression, imports = safe.as_source()
    names: dict[str, Any] = {}
    for line in imports:
        exec(line, names)
    assert eval(expression, names) == safe


def test_the_source_of_a_phase_without_delay_needs_our_name_alone() -> None:
    assert Safe.before_deploy().as_source() == ("Safe.before_deploy()", {"from django_safemigrate import Safe"})


def test_only_after_deploy_takes_a_delay() -> None:
    with pytest.raises(TypeError):
        Safe.before_deploy(delay=timedelta(days=1))  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Safe.after_deploy(timedelta(days=1))  # type: ignore[misc]


def test_a_phase_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Safe.always().when = When.BEFORE_DEPLOY  # type: ignore[misc]


@pytest.mark.parametrize(
    ("phase", "title", "command"),
    [
        (Phase.BEFORE_DEPLOY, "before deploy", "manage.py safemigrate"),
        (Phase.AFTER_DEPLOY, "after deploy", "manage.py safemigrate --after-deploy"),
    ],
)
def test_a_phase_has_a_name_and_a_command(phase: Phase, title: str, command: str) -> None:
    assert (phase.title, phase.command) == (title, command)


def test_the_public_surface_is_importable() -> None:
    assert sorted(django_safemigrate.__all__) == ["Safe", "When"]
    for name in django_safemigrate.__all__:
        assert getattr(django_safemigrate, name)


def test_the_values_of_when_are_those_of_django_safemigrate_6() -> None:
    assert {when.name: when.value for when in When} == {
        "ALWAYS": "always",
        "BEFORE_DEPLOY": "before_deploy",
        "AFTER_DEPLOY": "after_deploy",
    }
