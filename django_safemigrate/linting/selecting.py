"""Which migrations are looked at, and which of them are one release."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.doing.targets import resolve_targets
from django_safemigrate.values.own_app import OWN_APP

from .files import Files
from .revisions import changed_files

Key = tuple[str, str]

# The release of migrations that are deployed together: those that are pending, changed, or named one by one.
TOGETHER = "together"
# Behind the label of an app: its first release, where each migration is a release of its own.
FIRST = " initial"


@dataclass(frozen=True)
class Selection:
    """``releases``: the migrations to look at, each with its release: those with the same one are deployed together.

    ``known_apps``: labels of apps that were there before these releases; None where nobody knows. ``pending``: they are what
    a database lacks.
    """

    releases: Mapping[Key, str] = field(default_factory=dict)
    known_apps: Collection[str] | None = None
    pending: bool = False

    def known_before(self, release: str) -> Collection[str] | None:
        """The apps that were there before a release: not the one that begins with it."""
        if not release.endswith(FIRST):
            return self.known_apps
        known = {app_label for app_label, _ in self.releases} if self.known_apps is None else set(self.known_apps)
        return known - {release.removesuffix(FIRST)}


class Selecting:
    """The ways to say which. ``ignored``: labels of apps that are left out unless they are named."""

    def __init__(
        self, loader: MigrationLoader, files: Files, *, ignored: Collection[str] = (), all_apps: bool = False
    ) -> None:
        self._loader, self._files, self._ignored, self._all_apps = loader, files, ignored, all_apps

    def _looked_at(self, app_label: str) -> bool:
        if app_label in self._ignored or app_label == OWN_APP:
            return False
        return self._all_apps or not self._files.is_installed(app_label)

    def everything(self) -> Selection:
        """Every migration, as if each had been a release of its own; but an app begins with all that is marked as initial."""
        return Selection({key: self._own_release(key) for key in self._nodes() if self._looked_at(key[0])})

    def pending(self) -> Selection:
        """What the loader's database lacks, which is one release."""
        applied = self._loader.applied_migrations
        keys = [key for key in self._nodes() if key not in applied and self._looked_at(key[0])]
        return Selection(dict.fromkeys(keys, TOGETHER), {app_label for app_label, _ in applied}, pending=True)

    def since(self, revision: str) -> Selection:
        """What has changed since a revision of git, or is new; one release. Raises ``UsageError``."""
        directories = {app: self._files.directory(app) for app in sorted({app for app, _ in self._nodes()})}
        own = {app: path for app, path in directories.items() if path is not None and self._looked_at(app)}
        changed = {Path(path.parent, path.stem) for path in changed_files(revision, own.values())}
        keys = [key for key in self._nodes() if key[0] in own and own[key[0]] / key[1] in changed]
        return self._together([key for key in keys if not self._replaces_old(key, keys)])

    def named(self, names: Sequence[str]) -> Selection:
        """``APP``: all of its migrations; ``APP NAME``, ``APP.NAME`` or the path of a file: this one. Raises ``UsageError``.

        Those that are named one by one are one release; so a path that is no migration's is left out, as hooks name them.
        """
        whole: list[str] = []
        single: list[Key] = []
        current = ""
        for name in names:
            if name.endswith(".py"):
                single += self._of_file(Path(name))
            elif current and name not in self._loader.migrated_apps and "." not in name:
                single += self._one(current, name)
                if whole and whole[-1] == current:
                    whole.pop()
            elif "." in name:
                single += self._one(*name.split(".", 1))
            else:
                resolve_targets(self._loader, name, None)  # says what is wrong
                current = name
                whole.append(name)
        releases = {key: self._own_release(key) for key in self._nodes() if key[0] in whole}
        together = self._together(single)
        return Selection({**releases, **together.releases}, together.known_apps if single else None)

    def _one(self, app_label: str, name: str) -> list[Key]:
        return [key for key in resolve_targets(self._loader, app_label, name) if key[1] is not None]  # type: ignore[misc]

    def _of_file(self, path: Path) -> list[Key]:
        path = path.resolve()
        return [
            key
            for key in self._nodes()
            if key[1] == path.stem and self._files.directory(key[0]) == path.parent.resolve()
        ]

    def _together(self, keys: Iterable[Key]) -> Selection:
        releases = dict.fromkeys(keys, TOGETHER)
        return Selection(releases, {key[0] for key in self._nodes() if key not in releases})

    def _own_release(self, key: Key) -> str:
        first = self._loader.graph.nodes[key].initial
        if first is None:  # a swappable model of its own app is a dependency as well, on itself
            first = all(parent.key[0] != key[0] for parent in self._loader.graph.node_map[key].parents)
        return f"{key[0]}{FIRST}" if first else ".".join(key)

    def _replaces_old(self, key: Key, changed: Collection[Key]) -> bool:
        """Whether it is a squashed migration of others that were there before, which production has applied."""
        return any(
            old not in changed for old in self._loader.graph.nodes[key].replaces if old in self._loader.disk_migrations
        )

    def _nodes(self) -> Collection[Key]:
        return self._loader.graph.nodes  # type: ignore[no-any-return]
