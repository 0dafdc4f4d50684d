"""``SAFEMIGRATE["LINT"]``: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import MigratesWith, Severity
from django_safemigrate.values.linting import LintSettings, lint_settings_of
from django_safemigrate.values.settings import read_settings


def test_everything_has_a_default() -> None:
    assert lint_settings_of({}, "") == LintSettings() == read_settings().lint


def test_all_keys(settings: Any) -> None:
    settings.SAFEMIGRATE = {
        "LINT": {
            "RUNNER": "migrate",
            "SEVERITY": {"SM2": "off", "SM201": "warning"},
            "SIZES": Path("sizes.json"),
            "BASELINE": "known.json",
            "POSTGRESQL": 17,
            "IGNORED_APPS": ["legacy"],
        }
    }
    assert read_settings().lint == LintSettings(
        MigratesWith.MIGRATE,
        {"SM2": Severity.OFF, "SM201": Severity.WARNING},
        "sizes.json",
        "known.json",
        17,
        ("legacy",),
    )


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        (None, "SAFEMIGRATE['LINT'] is None."),
        ({"SEVERITIES": {}}, "SAFEMIGRATE['LINT'] has an unknown key 'SEVERITIES'. Did you mean 'SEVERITY'?"),
        ({"RUNNER": "flyway"}, "SAFEMIGRATE['LINT']['RUNNER']: 'flyway' is none of 'safemigrate', 'migrate'."),
        ({"SEVERITY": ["SM2"]}, "SAFEMIGRATE['LINT']['SEVERITY']: ['SM2'] is not a dict."),
        (
            {"SEVERITY": {"locks": "off"}},
            "SAFEMIGRATE['LINT']['SEVERITY']: 'locks' is neither a code nor the beginning of one; write for example 'SM201' "
            "or 'SM2'.",
        ),
        (
            {"SEVERITY": {"SM2": "none"}},
            "SAFEMIGRATE['LINT']['SEVERITY']: 'none' is none of 'error', 'warning', 'info', 'off'.",
        ),
        ({"SIZES": 5}, "SAFEMIGRATE['LINT']['SIZES']: 5 is not a path."),
        ({"POSTGRESQL": "17"}, "SAFEMIGRATE['LINT']['POSTGRESQL']: '17' is not a version; write for example 17."),
        ({"POSTGRESQL": 9}, "SAFEMIGRATE['LINT']['POSTGRESQL']: 9 is not a version; write for example 17."),
        ({"IGNORED_APPS": "legacy"}, "SAFEMIGRATE['LINT']['IGNORED_APPS']: 'legacy' is not a list of labels."),
    ],
)
def test_what_cannot_be_read(value: object, fact: str) -> None:
    with pytest.raises(UsageError) as error:
        lint_settings_of(value, "Correct it.")
    assert (error.value.fact, error.value.next_command) == (fact, "Correct it.")
    assert error.value.reason
