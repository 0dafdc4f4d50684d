"""Every setting of the package, behind one function.

``SAFEMIGRATE`` is a mode (``"strict"``, ``"nonstrict"``, ``"disabled"``) or a dict of the keys below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any

from django.conf import settings as django_settings

from .durations import parse_duration
from .errors import UsageError


class Mode(Enum):
    """How strictly phases are kept.

    STRICT: a blocked migration is an error and nothing runs. NONSTRICT: what is not blocked runs. DISABLED:
    ``safemigrate`` is ``migrate``.
    """

    STRICT = "strict"
    NONSTRICT = "nonstrict"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Settings:
    """``mode``: see ``Mode``. ``lock_timeout``: the longest that one lock request may wait, in seconds, and so the
    longest that it makes others wait. ``max_wait``: how long a run may wait for locks altogether, in seconds.
    """

    mode: Mode = Mode.STRICT
    lock_timeout: float = 0.1
    max_wait: float = 600.0


_HINT = "Correct SAFEMIGRATE in your settings; docs/settings.md lists the keys."


def read_settings(*, lock_timeout: str | None = None, max_wait: str | None = None) -> Settings:
    """The settings of the project, with those of the command line (where not None) on top.

    Durations as text. Raises ``UsageError`` for an unknown key or a value that
    cannot be read.
    """
    settings = _from_project(getattr(django_settings, "SAFEMIGRATE", Mode.STRICT.value))
    if lock_timeout is not None:
        settings = replace(settings, lock_timeout=_option("--lock-timeout", lock_timeout))
    if max_wait is not None:
        settings = replace(settings, max_wait=_option("--max-wait", max_wait))
    return settings


def _from_project(value: object) -> Settings:
    if isinstance(value, str) or value is None:
        return Settings(mode=_mode(value or Mode.STRICT.value))
    if not isinstance(value, dict):
        raise UsageError(
            f"SAFEMIGRATE is {value!r}, which is neither a mode nor a dict.",
            f"The modes are {_modes()}.",
            _HINT,
        )
    for key in value:
        if key not in _READERS:
            close = get_close_matches(str(key).upper(), _READERS, n=1)
            raise UsageError(
                f"SAFEMIGRATE has an unknown key {key!r}." + (f" Did you mean {close[0]!r}?" if close else ""),
                f"The keys are {', '.join(_READERS)}.",
                _HINT,
            )
    values: dict[str, Any] = {key.lower(): _READERS[key](item) for key, item in value.items()}
    return Settings(**values)


def _mode(value: object) -> Mode:
    try:
        return Mode(value.lower() if isinstance(value, str) else value)
    except ValueError:
        raise UsageError(f"SAFEMIGRATE has an unknown mode {value!r}.", f"The modes are {_modes()}.", _HINT) from None


def _modes() -> str:
    return ", ".join(repr(mode.value) for mode in Mode)


def _duration(name: str, value: object, hint: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise UsageError(f"{name}: {error}.", "It is how long to wait, in seconds or with a unit.", hint) from None


def _option(name: str, value: str) -> float:
    return _duration(name, value, f"Run the command again with, for example, {name} 50ms or {name} 10m.")


_READERS: dict[str, Callable[[object], Any]] = {
    "MODE": _mode,
    "LOCK_TIMEOUT": lambda value: _duration("SAFEMIGRATE['LOCK_TIMEOUT']", value, _HINT),
    "MAX_WAIT": lambda value: _duration("SAFEMIGRATE['MAX_WAIT']", value, _HINT),
}
