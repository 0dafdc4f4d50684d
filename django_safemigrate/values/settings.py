"""Every setting of the package, behind one function.

``SAFEMIGRATE`` is a mode (``"strict"``, ``"nonstrict"``, ``"disabled"``) or a dict of the keys below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any

from django.conf import settings as django_settings

from .durations import parse_duration
from .errors import UsageError
from .limits import SmallTable
from .linting import LintSettings, lint_settings_of
from .phases import When
from .throttling import ThrottleLimits, limits_of


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
    ``blocked_budget``: how long others may wait behind requests of a run for one table, altogether, in seconds.
    ``max_replay_lag``: how far a standby may be behind before the next step that takes ACCESS EXCLUSIVE waits, in seconds;
    ``ignored_standbys``: names of those for which nothing waits. ``lease``: after how long without a sign of life a runner
    counts as dead, in seconds. ``release``: the name of the code's release, empty where it has none. ``lock_policy``: the
    other numbers of the lock policy, by name. ``small_table``: up to which size a table may be locked for as long as a change
    takes. ``allow_unsafe``: migrations (``app``, ``app.name`` or ``*``) whose operations without a safe way run nonetheless.
    ``undeclared``: when code runs that nobody can see into, in migrations without ``safe``; None: that is an error.
    ``phases``: when migrations (``app`` or ``app.name``) run whose files one cannot edit. ``throttle``: when
    a backfill waits; ``batch_target``: how long one of its batches should take, in seconds. ``lint``: how migrations are
    reviewed.
    """

    mode: Mode = Mode.STRICT
    lock_timeout: float = 0.05
    max_wait: float = 600.0
    blocked_budget: float = 30.0
    max_replay_lag: float = 1.0
    ignored_standbys: tuple[str, ...] = ()
    lease: float = 30.0
    release: str = ""
    lock_policy: Mapping[str, float] = field(default_factory=dict)
    small_table: SmallTable = field(default_factory=SmallTable)
    allow_unsafe: tuple[str, ...] = ()
    undeclared: When | None = None
    phases: Mapping[str, When] = field(default_factory=dict)
    throttle: ThrottleLimits = field(default_factory=ThrottleLimits)
    batch_target: float = 0.02
    lint: LintSettings = field(default_factory=LintSettings)

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
    settings = _from_project(getattr(django_settings, "SAFEMIGRATE", {}))
    if lock_timeout is not None:
        settings = replace(settings, lock_timeout=duration_of("--lock-timeout", lock_timeout))
    if max_wait is not None:
        settings = replace(settings, max_wait=duration_of("--max-wait", max_wait))
    if allow_unsafe:
        settings = replace(settings, allow_unsafe=(*settings.allow_unsafe, *allow_unsafe))
    return settings


def _from_project(value: object) -> Settings:
    if isinstance(value, str) or value is None:
        # As django-safemigrate knows it: there, what says nothing runs in either phase.
        return Settings(mode=_mode(value or Mode.STRICT.value), undeclared=When.ALWAYS)
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


def duration_of(name: str, value: str) -> float:
    """The value of an option in seconds. Raises ``UsageError``."""
    return _duration(name, value, f"Run the command again with, for example, {name} 50ms or {name} 10m.")


def duration_option(name: str, value: str | None) -> float | None:
    """The same for an option that need not be given."""
    return None if value is None else duration_of(name, value)


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


def _names(key: str, value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"SAFEMIGRATE[{key!r}] is {value!r}.", f"It is a list of {what}.", _HINT)
    return tuple(value)


def _labels(value: object) -> tuple[str, ...]:
    return _names("ALLOW_UNSAFE", value, "apps and migrations, for example ['legacy', 'shop.0007_rename_order']")


_UNDECLARED_ERROR = "error"


def _undeclared(value: object) -> When | None:
    if value == _UNDECLARED_ERROR:
        return None
    return _when("SAFEMIGRATE['UNDECLARED']", value, _UNDECLARED_ERROR)


def _when(name: str, value: object, *others: str) -> When:
    known = [*others, *(when.value for when in When)]
    try:
        return When(value)
    except ValueError:
        close = get_close_matches(str(value).lower(), known, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(
            f"{name} is {value!r}.{meant}",
            f"It is one of {', '.join(map(repr, known))}.",
            _HINT,
        ) from None


_LABEL = re.compile(r"(?P<app>\w+)(\.(?P<name>\w+|\*))?")


def _phases(value: object) -> dict[str, When]:
    """By ``app`` and ``app.name``; ``app.*`` is ``app``. Whether there are such, the migrations say."""
    if not isinstance(value, dict):
        raise UsageError(
            f"SAFEMIGRATE['PHASES'] is {value!r}.",
            "It is a dict of apps and migrations, for example {'blog': 'before_deploy', 'blog.0007_drop': 'after_deploy'}.",
            _HINT,
        )
    return {_label(key): _when(f"SAFEMIGRATE['PHASES'][{key!r}]", item) for key, item in value.items()}


def _label(key: object) -> str:
    match = _LABEL.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise UsageError(
            f"SAFEMIGRATE['PHASES'] has the key {key!r}.",
            "A key is the label of an app, or of an app and the name of a migration: 'auth' or 'blog.0007_cleanup'.",
            _HINT,
        )
    return match["app"] if match["name"] in {None, "*"} else match[0]


def _standbys(value: object) -> tuple[str, ...]:
    return _names(
        "IGNORED_STANDBYS", value, "names of standbys (their application_name), for example ['an_hour_behind']"
    )


def _release(value: object) -> str:
    """It goes into ``application_name``, of which the server keeps 63 bytes."""
    text = value or ""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or len(text) > MOST_OF_A_RELEASE:
        raise UsageError(
            f"SAFEMIGRATE['RELEASE'] is {value!r}.",
            f"It is the name of a release: printable ASCII characters, {MOST_OF_A_RELEASE} at most.",
            _HINT,
        )
    return text


MOST_OF_A_RELEASE = 40

# The numbers of the lock policy that have no key of their own; the factors among them are no durations.
POLICY_DURATIONS = (
    "FIRST_TIMEOUT",
    "SET_TIMEOUT",
    "SHORTEST_REST",
    "LOOK_INTERVAL",
    "PATIENCE",
    "WATCH_INTERVAL",
    "VACUUM_MARGIN",
)
POLICY_FACTORS = ("GROWTH", "DRAIN", "PATIENCE_GROWTH")


def _lock_policy(value: object) -> dict[str, float]:
    known = (*POLICY_DURATIONS, *POLICY_FACTORS)
    if not isinstance(value, dict) or not set(known).issuperset(value):
        raise UsageError(
            f"SAFEMIGRATE['LOCK_POLICY'] is {value!r}.",
            f"It is a dict of durations ({', '.join(POLICY_DURATIONS)}) and factors ({', '.join(POLICY_FACTORS)}).",
            _HINT,
        )
    return {key.lower(): _policy_number(key, item) for key, item in value.items()}


def _policy_number(key: str, value: object) -> float:
    name = f"SAFEMIGRATE['LOCK_POLICY'][{key!r}]"
    if key in POLICY_DURATIONS:
        return _duration(name, value, _HINT)
    lowest = 1.0 if key == "GROWTH" else 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value < float("inf"):
        raise UsageError(f"{name} is {value!r}.", f"It is a number, {lowest:g} at least.", _HINT)
    return float(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "MODE": _mode,
    "LOCK_TIMEOUT": lambda value: _duration("SAFEMIGRATE['LOCK_TIMEOUT']", value, _HINT),
    "MAX_WAIT": lambda value: _duration("SAFEMIGRATE['MAX_WAIT']", value, _HINT),
    "BLOCKED_BUDGET": lambda value: _duration("SAFEMIGRATE['BLOCKED_BUDGET']", value, _HINT),
    "MAX_REPLAY_LAG": lambda value: _duration("SAFEMIGRATE['MAX_REPLAY_LAG']", value, _HINT),
    "IGNORED_STANDBYS": _standbys,
    "LEASE": lambda value: _duration("SAFEMIGRATE['LEASE']", value, _HINT),
    "RELEASE": _release,
    "LOCK_POLICY": _lock_policy,
    "SMALL_TABLE": _small_table,
    "ALLOW_UNSAFE": _labels,
    "UNDECLARED": _undeclared,
    "PHASES": _phases,
    "BATCH_TARGET": lambda value: _duration("SAFEMIGRATE['BATCH_TARGET']", value, _HINT),
    "THROTTLE": lambda value: limits_of(value, _HINT),
    "LINT": lambda value: lint_settings_of(value, _HINT),
}
