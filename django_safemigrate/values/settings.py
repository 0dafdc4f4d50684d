"""Every setting of the package, behind one function.

``SAFEMIGRATE`` is a mode (``"strict"``, ``"nonstrict"``, ``"disabled"``) or a dict of the keys below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any

from django.conf import settings as django_settings

from .durations import parse_duration
from .errors import UsageError
from .limits import SmallTable


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
    ``small_table``: up to which size a table may be locked for as long as a change takes. ``allow_unsafe``: migrations
    (``app``, ``app.name`` or ``*``) whose operations without a safe way run nonetheless.
    """

    mode: Mode = Mode.STRICT
    lock_timeout: float = 0.1
    max_wait: float = 600.0
    small_table: SmallTable = field(default_factory=SmallTable)
    allow_unsafe: tuple[str, ...] = ()

    def allows_unsafe(self, app_label: str, name: str) -> bool:
        """Whether the user has said that this migration may disturb others."""
        return not {"*", app_label, f"{app_label}.{name}"}.isdisjoint(self.allow_unsafe)


_HINT = "Correct SAFEMIGRATE in your settings; docs/settings.md lists the keys."


def read_settings(
    *, lock_timeout: str | None = None, max_wait: str | None = None, allow_unsafe: Sequence[str] = ()
) -> Settings:
    """The settings of the project, with those of the command line (where not None) on top.

    Durations as text. Raises ``UsageError`` for an unknown key or a value that
    cannot be read.
    """
    settings = _from_project(getattr(django_settings, "SAFEMIGRATE", Mode.STRICT.value))
    if lock_timeout is not None:
        settings = replace(settings, lock_timeout=_option("--lock-timeout", lock_timeout))
    if max_wait is not None:
        settings = replace(settings, max_wait=_option("--max-wait", max_wait))
    if allow_unsafe:
        settings = replace(settings, allow_unsafe=(*settings.allow_unsafe, *allow_unsafe))
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


def _small_table(value: object) -> SmallTable:
    keys = {"ROWS", "BYTES"}
    if value is None:
        return SmallTable(rows=0)
    if not isinstance(value, dict) or not keys.issuperset(value) or not all(_is_count(item) for item in value.values()):
        raise UsageError(
            f"SAFEMIGRATE['SMALL_TABLE'] is {value!r}.",
            'It is a dict of numbers, {"ROWS": 10000, "BYTES": 2097152}, or None: no table is small.',
            _HINT,
        )
    return SmallTable(**{key.lower(): item for key, item in value.items()})


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UsageError(
            f"SAFEMIGRATE['ALLOW_UNSAFE'] is {value!r}.",
            "It is a list of apps and migrations, for example ['legacy', 'shop.0007_rename_order'].",
            _HINT,
        )
    return tuple(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "MODE": _mode,
    "LOCK_TIMEOUT": lambda value: _duration("SAFEMIGRATE['LOCK_TIMEOUT']", value, _HINT),
    "MAX_WAIT": lambda value: _duration("SAFEMIGRATE['MAX_WAIT']", value, _HINT),
    "SMALL_TABLE": _small_table,
    "ALLOW_UNSAFE": _labels,
}
