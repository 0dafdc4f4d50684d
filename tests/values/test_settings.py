from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import When
from django_safemigrate.values.settings import Mode, Settings, read_settings

KEYS = (
    "MODE, LOCK_TIMEOUT, MAX_WAIT, BLOCKED_BUDGET, MAX_REPLAY_LAG, IGNORED_STANDBYS, LEASE, RELEASE, LOCK_POLICY, "
    "SMALL_TABLE, ALLOW_UNSAFE, UNDECLARED, PHASES, BATCH_TARGET, THROTTLE, LINT"
)
HINT = "Correct SAFEMIGRATE in your settings; docs/settings.md lists the keys."


def refusal(value: object, **options: Any) -> str:
    with override_settings(SAFEMIGRATE=value), pytest.raises(UsageError) as refused:
        read_settings(**options)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_without_a_setting_phases_are_strict() -> None:
    assert read_settings() == Settings(mode=Mode.STRICT, lock_timeout=0.05, max_wait=600.0)


@pytest.mark.parametrize(
    ("value", "mode", "undeclared"),
    [
        ("strict", Mode.STRICT, When.ALWAYS),
        ("nonstrict", Mode.NONSTRICT, When.ALWAYS),
        ("disabled", Mode.DISABLED, When.ALWAYS),
        ("DISABLED", Mode.DISABLED, When.ALWAYS),
        (None, Mode.STRICT, When.ALWAYS),
        ("", Mode.STRICT, When.ALWAYS),
        ({}, Mode.STRICT, None),
        ({"MODE": "nonstrict"}, Mode.NONSTRICT, None),
        ({"MODE": "nonstrict", "UNDECLARED": "before_deploy"}, Mode.NONSTRICT, When.BEFORE_DEPLOY),
    ],
)
def test_the_setting_is_a_mode_or_a_dict(value: object, mode: Mode, undeclared: When | None) -> None:
    """As a mode alone, what django-safemigrate knows: there, what declares nothing runs in either phase."""
    with override_settings(SAFEMIGRATE=value):
        assert read_settings() == Settings(mode=mode, undeclared=undeclared)


def test_phases_of_other_peoples_migrations() -> None:
    phases = {"auth": "before_deploy", "blog.*": "always", "blog.0007_drop": "after_deploy"}
    with override_settings(SAFEMIGRATE={"PHASES": phases}):
        assert read_settings().phases == {
            "auth": When.BEFORE_DEPLOY,
            "blog": When.ALWAYS,
            "blog.0007_drop": When.AFTER_DEPLOY,
        }


@pytest.mark.parametrize("key", ["", "blog.", "a.b.c", ".0001_initial", 3, "my blog"])
def test_a_key_of_phases_that_names_nothing(key: object) -> None:
    assert refusal({"PHASES": {key: "always"}}) == (
        f"SAFEMIGRATE['PHASES'] has the key {key!r}.\n"
        "A key is the label of an app, or of an app and the name of a migration: 'auth' or 'blog.0007_cleanup'.\n"
        + HINT
    )


def test_phases_that_are_no_dict() -> None:
    assert refusal({"PHASES": ["auth"]}).startswith("SAFEMIGRATE['PHASES'] is ['auth'].\nIt is a dict of")


def test_an_unknown_phase_is_refused_with_the_one_that_was_meant() -> None:
    assert refusal({"PHASES": {"auth": "before-deploy"}}) == (
        "SAFEMIGRATE['PHASES']['auth'] is 'before-deploy'. Did you mean 'before_deploy'?\n"
        "It is one of 'always', 'before_deploy', 'after_deploy'.\n" + HINT
    )
    assert refusal({"UNDECLARED": "errors"}) == (
        "SAFEMIGRATE['UNDECLARED'] is 'errors'. Did you mean 'error'?\n"
        "It is one of 'error', 'always', 'before_deploy', 'after_deploy'.\n" + HINT
    )


def test_durations_have_units() -> None:
    with override_settings(SAFEMIGRATE={"LOCK_TIMEOUT": "50ms", "MAX_WAIT": timedelta(minutes=3)}):
        assert read_settings() == Settings(lock_timeout=0.05, max_wait=180.0)


def test_the_command_line_wins() -> None:
    with override_settings(SAFEMIGRATE={"MODE": "nonstrict", "LOCK_TIMEOUT": "50ms", "MAX_WAIT": "3m"}):
        assert read_settings(lock_timeout="20ms") == Settings(Mode.NONSTRICT, lock_timeout=0.02, max_wait=180.0)
        assert read_settings(max_wait="1h") == Settings(Mode.NONSTRICT, lock_timeout=0.05, max_wait=3600.0)


def test_an_unknown_key_is_refused_with_the_one_that_was_meant() -> None:
    assert refusal({"LOCK_TIMEOUTS": 1}) == (
        f"SAFEMIGRATE has an unknown key 'LOCK_TIMEOUTS'. Did you mean 'LOCK_TIMEOUT'?\nThe keys are {KEYS}.\n" + HINT
    )


def test_a_key_in_lower_case_is_told_the_right_one() -> None:
    assert (
        refusal({"max_wait": 1}).splitlines()[0]
        == "SAFEMIGRATE has an unknown key 'max_wait'. Did you mean 'MAX_WAIT'?"
    )


@pytest.mark.parametrize("key", ["COLOUR", 3])
def test_an_unknown_key_like_no_other_is_refused_without_a_guess(key: object) -> None:
    assert refusal({key: 1}) == (f"SAFEMIGRATE has an unknown key {key!r}.\nThe keys are {KEYS}.\n" + HINT)


@pytest.mark.parametrize("value", ["lenient", {"MODE": "lenient"}])
def test_an_unknown_mode_is_refused(value: object) -> None:
    assert refusal(value) == (
        "SAFEMIGRATE has an unknown mode 'lenient'.\nThe modes are 'strict', 'nonstrict', 'disabled'.\n" + HINT
    )


@pytest.mark.parametrize("value", [None, 3, []])
def test_a_mode_that_is_no_text_is_refused(value: object) -> None:
    assert refusal({"MODE": value}).startswith(f"SAFEMIGRATE has an unknown mode {value!r}.")


@pytest.mark.parametrize("value", [True, 3, ["strict"]])
def test_a_setting_of_another_type_is_refused(value: object) -> None:
    assert refusal(value) == (
        f"SAFEMIGRATE is {value!r}, which is neither a mode nor a dict.\n"
        "The modes are 'strict', 'nonstrict', 'disabled'.\n" + HINT
    )


@pytest.mark.parametrize("key", ["LOCK_TIMEOUT", "MAX_WAIT"])
@pytest.mark.parametrize("value", ["soon", 0, None, "-1s"])
def test_a_duration_that_cannot_be_read_is_refused(key: str, value: object) -> None:
    assert refusal({key: value}) == (
        f"SAFEMIGRATE['{key}']: {value!r} is not a duration; write for example 20ms, 1.5s, 10m or 2h.\n"
        "It is how long to wait, in seconds or with a unit.\n" + HINT
    )


@pytest.mark.parametrize(("option", "flag"), [("lock_timeout", "--lock-timeout"), ("max_wait", "--max-wait")])
def test_an_option_that_cannot_be_read_is_refused(option: str, flag: str) -> None:
    assert refusal("strict", **{option: "soon"}) == (
        f"{flag}: 'soon' is not a duration; write for example 20ms, 1.5s, 10m or 2h.\n"
        "It is how long to wait, in seconds or with a unit.\n"
        f"Run the command again with, for example, {flag} 50ms or {flag} 10m."
    )


def test_a_wrong_setting_is_a_system_check_error(database: None) -> None:  # some checks of Django ask it
    with override_settings(SAFEMIGRATE="lenient"):
        errors = [error for error in run_checks() if error.id == "django_safemigrate.E001"]
    assert [(error.msg, error.hint) for error in errors] == [
        ("SAFEMIGRATE has an unknown mode 'lenient'. The modes are 'strict', 'nonstrict', 'disabled'.", HINT)
    ]
    assert not [error for error in run_checks() if error.id == "django_safemigrate.E001"]


@pytest.mark.parametrize("value", [7, {"ROWS": "many"}, {"LINES": 1}, {"ROWS": True}, {"BYTES": -1}])
def test_a_small_table_that_cannot_be_read(value: object) -> None:
    assert refusal({"SMALL_TABLE": value}) == (
        f"SAFEMIGRATE['SMALL_TABLE'] is {value!r}.\n"
        'It is a dict of numbers, {"ROWS": 10000, "BYTES": 2097152}, or None: no table is small.\n' + HINT
    )


@pytest.mark.parametrize("value", ["shop", [1], None])
def test_permissions_that_cannot_be_read(value: object) -> None:
    assert refusal({"ALLOW_UNSAFE": value}) == (
        f"SAFEMIGRATE['ALLOW_UNSAFE'] is {value!r}.\n"
        "It is a list of apps and migrations, for example ['legacy', 'shop.0007_rename_order'].\n" + HINT
    )


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("fast", "SAFEMIGRATE['LOCK_POLICY'] is 'fast'."),
        ({"GROWHT": 2}, "It is a dict of durations"),
        ({"GROWTH": 0.5}, "SAFEMIGRATE['LOCK_POLICY']['GROWTH'] is 0.5."),
        ({"DRAIN": -1}, "It is a number, 0 at least."),
        ({"DRAIN": True}, "SAFEMIGRATE['LOCK_POLICY']['DRAIN'] is True."),
    ],
)
def test_a_lock_policy_that_is_none(policy: object, said: str) -> None:
    refused = refusal({"LOCK_POLICY": policy})
    assert said in refused
    assert HINT in refused
