"""The check of an app's migrations on disk: ``check("shop")``, and with pytest the fixture ``zero_downtime``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.values.errors import UsageError

from .engine import Engine
from .history import Deployed, releases_of
from .listed import Key
from .on_disk import bring_to, release_on_disk
from .options import Options
from .rehearsal import Rehearsal
from .release import Release
from .scratch import Scratch
from .version import Factories


@dataclass(frozen=True)
class Checked:
    """What a check has done: a ``Rehearsal`` for each release. ``str`` is for people."""

    releases: tuple[Rehearsal, ...]

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.releases)


def check(
    app_label: str,
    *,
    since: str = "",
    last: int | None = None,
    factories: Factories | None = None,
    budget: float = 1.0,
    reader: float = 0.0,
    writer: float = 0.0,
    traffic: bool = True,
    backwards: bool = True,
    rewrites: Sequence[str] = (),
    database: str = "default",
    options: Options | None = None,
) -> Checked:
    """Try the migrations of an app as a deploy runs them, with the old and the new version of its models at work.

    Every release whose migrations declare a phase; ``since`` (a migration, or the beginning of its name): every release from
    that on, also without; ``last``: only so many. ``factories``, by ``app.Model``, make values of fields out of a number.
    ``budget``: how long a query may wait, in seconds. ``reader``, ``writer``: for so many seconds somebody reads, or writes,
    all tables while each phase begins. ``traffic``: whether queries never stop while steps run. ``backwards``: whether both
    phases are undone, too. ``rewrites``: the fields and models whose data the migrations are meant to change.
    ``database`` is an alias of ``DATABASES``: the check works in databases of its own on that server, and drops them at the
    end. ``options``: all of this and more.

    Raises ``ZeroDowntimeError`` (an ``AssertionError``) with what would be noticed, ``CannotRehearse`` where the check itself
    cannot work, and ``UsageError``.
    """
    options = options or Options(
        budget=budget, reader=reader, writer=writer, traffic=traffic, backwards=backwards, rewrites=tuple(rewrites)
    )
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = _chosen(releases_of(loader, app_label), app_label, since, last)
    with Scratch(database) as scratch:
        history = scratch.create()
        return Checked(
            tuple(
                Engine(_release(loader, app_label, one, scratch, history), scratch, options, factories or {}).run()
                for one in found
            )
        )


def _chosen(found: Sequence[Deployed], app_label: str, since: str, last: int | None) -> list[Deployed]:
    if since:
        numbers = [n for n, one in enumerate(found) if any(name.startswith(since) for _, name in one.keys)]
        if not numbers:
            raise UsageError(
                f"{app_label} has no migration that begins with {since!r}.",
                "The check was to begin with it.",
                f"Its migrations are {found[0]} to {found[-1].keys[-1][1]}.",
            )
        chosen = list(found[numbers[0] :])
    else:
        chosen = [one for one in found if one.declares]
    if not chosen:
        raise UsageError(
            f"No migration of {app_label} declares a phase.",
            "There is no release to check: which migrations run before a deploy and which after it is not known.",
            f'Name the first one to check: zero_downtime.check("{app_label}", since="{found[-1].keys[0][1]}")',
        )
    return chosen[-last:] if last else chosen


def _release(loader: MigrationLoader, app_label: str, one: Deployed, scratch: Scratch, history: str) -> Release:
    """The release, with the database ``history`` brought to its start."""
    graph = loader.graph
    earlier = [key for its in releases_of(loader, app_label) for key in its.keys]
    earlier = earlier[: earlier.index(one.keys[0])]
    plans = [graph.forwards_plan(key) for key in [*earlier, *one.keys]]
    needed: list[Key] = list(dict.fromkeys(key for plan in plans for key in plan))
    start = [key for key in needed if key not in one.keys]
    bring_to(scratch, history, graph, start)
    return release_on_disk(
        loader,
        title=f"The release of {one}",
        start=start,
        end=needed,
        template=history,
        labels=frozenset({app_label}),
        migrations={key: graph.nodes[key] for key in needed},
    )
