"""How migrations are reviewed: ``SAFEMIGRATE["LINT"]``. Which codes there are, the linter knows; here they are texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar

from .errors import UsageError
from .findings import MigratesWith, Severity

E = TypeVar("E", bound=Enum)

# The oldest server that the package is tested with; what holds there holds later, too.
OLDEST_POSTGRESQL = 14


@dataclass(frozen=True)
class LintSettings:
    """``runner``: which command runs the migrations. ``severity``: by code (``"SM201"``) or the beginning of codes.
    ``sizes``, ``baseline``: paths of files, empty where there are none. ``postgresql``: the server's major version.
    ``ignored_apps``: labels of apps whose migrations are not looked at unless they are named.
    """

    runner: MigratesWith = MigratesWith.SAFEMIGRATE
    severity: Mapping[str, Severity] = field(default_factory=dict)
    sizes: str = ""
    baseline: str = ""
    postgresql: int = OLDEST_POSTGRESQL
    ignored_apps: tuple[str, ...] = ()


def lint_settings_of(value: object, hint: str) -> LintSettings:
    """The values of the setting. Raises ``UsageError``, whose next command is ``hint``."""
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{_NAME} is {value!r}.",
            "It is a dict, for example {'RUNNER': 'migrate', 'SEVERITY': {'SM2': 'warning'}}.",
            hint,
        )
    for key in value:
        if key not in _READERS:
            close = get_close_matches(str(key).upper(), _READERS, n=1)
            raise UsageError(
                f"{_NAME} has an unknown key {key!r}." + (f" Did you mean {close[0]!r}?" if close else ""),
                f"The keys are {', '.join(_READERS)}.",
                hint,
            )
    return LintSettings(**{key.lower(): _read(key, item, hint) for key, item in value.items()})


_NAME = "SAFEMIGRATE['LINT']"


def _read(key: str, value: object, hint: str) -> Any:
    reader, what = _READERS[key]
    try:
        return reader(value)
    except ValueError as error:
        raise UsageError(f"{_NAME}[{key!r}]: {error}.", f"It is {what}.", hint) from None


def _one_of(kind: type[E], value: object) -> E:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(repr(one.value) for one in kind)
        raise ValueError(f"{value!r} is none of {known}") from None


_CODE = re.compile(r"SM\d{0,3}")


def _severities(value: object) -> dict[str, Severity]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a dict")
    for code in value:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is neither a code nor the beginning of one; write for example 'SM201' or 'SM2'")
    return {code: _one_of(Severity, severity) for code, severity in value.items()}


def _text(value: object) -> str:
    text = str(value) if hasattr(value, "__fspath__") else value
    if not isinstance(text, str):
        raise ValueError(f"{value!r} is not a path")
    return text


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < OLDEST_POSTGRESQL:
        raise ValueError(f"{value!r} is not a version; write for example 17")
    return value


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(label, str) for label in value):
        raise ValueError(f"{value!r} is not a list of labels")
    return tuple(value)


# How each key is read, and what it is, for whoever got it wrong.
_READERS: dict[str, tuple[Callable[[object], Any], str]] = {
    "RUNNER": (lambda value: _one_of(MigratesWith, value), "the command that runs the migrations in production"),
    "SEVERITY": (_severities, "a dict of codes with 'error', 'warning', 'info' or 'off'"),
    "SIZES": (_text, "the path of a file with the sizes of the tables in production"),
    "BASELINE": (_text, "the path of a file with the findings that are known"),
    "POSTGRESQL": (_version, f"the major version of the server in production, {OLDEST_POSTGRESQL} or later"),
    "IGNORED_APPS": (_labels, "a list of labels of apps"),
}
