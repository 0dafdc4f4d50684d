from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from django_safemigrate.values import errors

STATUSES = {
    errors.SafeMigrateError: 1,
    errors.UsageError: 2,
    errors.DatabaseUnavailable: 3,
    errors.Blocked: 4,
    errors.LockUnavailable: 5,
    errors.DefinitionConflict: 6,
}


@pytest.mark.parametrize(("error", "status"), STATUSES.items())
def test_every_error_has_an_exit_status_of_its_own(error: type[errors.SafeMigrateError], status: int) -> None:
    assert error("It failed.").returncode == status


def test_every_error_is_one_that_commands_show_without_a_traceback() -> None:
    public = [item for item in vars(errors).values() if isinstance(item, type) and item.__module__ == errors.__name__]
    assert set(STATUSES) < set(public)
    assert all(issubclass(error, CommandError) for error in public)


def test_the_text_is_the_fact_the_reason_and_the_next_command() -> None:
    error = errors.UsageError("The fact.", "The reason.", "Run: this")
    assert str(error) == "The fact.\nThe reason.\nRun: this"
    assert (error.fact, error.reason, error.next_command) == ("The fact.", "The reason.", "Run: this")


def test_what_is_empty_leaves_no_empty_line() -> None:
    assert str(errors.Blocked("The fact.")) == "The fact."
    assert str(errors.Blocked("The fact.", next_command="Run: this")) == "The fact.\nRun: this"


def test_an_invalid_safe_is_a_usage_error() -> None:
    error = errors.InvalidSafe("shop", "0001_initial", 3)
    assert isinstance(error, errors.UsageError)
    assert error.fact == "shop.0001_initial has safe = 3, which is not a Safe."
