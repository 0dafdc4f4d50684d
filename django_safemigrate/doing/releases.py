"""Which releases of the code are connected: each session says so in its ``application_name``."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import load_backend

from django_safemigrate.catalog.query import Connection, rows
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.errors import Blocked
from django_safemigrate.values.events import OldCode, OldSession, Report
from django_safemigrate.values.phases import Phase

# Bytes that the server keeps of an application_name (NAMEDATALEN - 1).
LONGEST = 63

_TAGGED = re.compile(r" ?\(release (?P<release>[^()]*)\)$")

# Seconds: how often to look, and for how long nobody may be seen. Without persistent connections a process is connected
# only while it handles a request.
POLL, QUIET = 0.5, 5.0


def tagged(application_name: str, release: str) -> str:
    """``application_name`` with the release behind it; the name is cut where both do not fit."""
    tag = f"(release {release})"
    name = _TAGGED.sub("", application_name)[: LONGEST - len(tag) - 1]
    return f"{name} {tag}".strip()


def release_of(application_name: str) -> str | None:
    """The release that a session says it is of; None where it says nothing."""
    found = _TAGGED.search(application_name)
    return found["release"] if found else None


def tag_connections(release: str) -> None:
    """Let every connection to PostgreSQL that this process opens from now on say its release. It costs no round trip."""
    for settings in connections.settings.values():
        if _is_postgres(settings["ENGINE"]):
            options: dict[str, Any] = settings.setdefault("OPTIONS", {})
            options["application_name"] = tagged(str(options.get("application_name", "django")), release)


def _is_postgres(engine: str) -> bool:
    try:
        return bool(load_backend(engine).DatabaseWrapper.vendor == "postgresql")
    except ImproperlyConfigured:  # said by Django where it is used
        return False


def old_code(connection: Connection, releases: Collection[str]) -> tuple[OldSession, ...]:
    """Sessions on this database that say they are of another release than one of ``releases``."""
    found = rows(
        connection,
        "SELECT pid, application_name, usename FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> '' ORDER BY pid",
    )
    return tuple(
        OldSession(pid, release_of(application) or "", application, user or "")
        for pid, application, user in found
        if release_of(application) not in {None, *releases}
    )


def wait_for_old_code(connection: Connection, release: str, patience: float | None, report: Report) -> None:
    """Return when no session of another release has been seen for some seconds; at once where there is none to begin with.

    ``patience``: how long to wait, in seconds; None: not at all. Raises ``Blocked``, with the sessions.
    """
    started = time.monotonic()
    sessions = old_code(connection, {release})
    if not sessions:
        return
    said_at = float("-inf")
    unseen = 0.0  # by the rests between looks, since a look that takes long has not seen more
    while unseen < QUIET:
        now = time.monotonic()
        if patience is None or now - started >= patience:
            raise still_connected(sessions, release, patience)
        if now - said_at >= QUIET:
            report(OldCode(sessions, now - started))
            said_at = now
        time.sleep(POLL)
        found = old_code(connection, {release})
        unseen = 0.0 if found else unseen + POLL
        sessions = found or sessions


def still_connected(sessions: Sequence[OldSession], release: str, patience: float | None, without: str = "") -> Blocked:
    """The error for code that is there and should not be. ``without``: the option that must wait, where one does."""
    releases = ", ".join(sorted({session.release for session in sessions}))
    after = "" if patience is None else f" after {format_duration(patience)} of waiting"
    return Blocked(
        f"Code of another release is still connected{after}: {releases} (this is {release}).\n"
        + "\n".join(f"  {session}" for session in sessions[:10])
        + (f"\n  and {len(sessions) - 10} more" if len(sessions) > 10 else ""),
        "What runs after its deploy may break it.",
        f"Run it again without {without}, or when that code is gone."
        if without
        else f"Wait until it is gone: {Phase.AFTER_DEPLOY.command} --wait-for-old-code",
    )
