"""From ``migrate``'s arguments to nodes of the migration graph."""

from __future__ import annotations

from difflib import get_close_matches

from django.apps import apps
from django.db.migrations.loader import AmbiguityError, MigrationLoader

from django_safemigrate.values.errors import UsageError

Target = tuple[str, str | None]


def resolve_targets(loader: MigrationLoader, app_label: str | None, migration_name: str | None) -> list[Target]:
    """The targets that Django's executor takes: leaf nodes, an app's leaf nodes, one migration, or ``(app, None)`` for zero.

    Raises ``UsageError`` for an app or a migration that does not exist, or a prefix that fits several.
    """
    leaves: list[Target] = list(loader.graph.leaf_nodes())
    if not app_label:
        return leaves
    _check_app(loader, app_label)
    if not migration_name:
        return [key for key in leaves if key[0] == app_label]
    if migration_name == "zero":
        return [(app_label, None)]
    try:
        migration = loader.get_migration_by_prefix(app_label, migration_name)
    except AmbiguityError:
        fitting = sorted(
            name for app, name in loader.disk_migrations if app == app_label and name.startswith(migration_name)
        )
        raise UsageError(
            f"{migration_name!r} fits more than one migration of {app_label}: {', '.join(fitting)}.",
            "safemigrate takes a name, or a beginning that fits one migration only.",
            f"Run: manage.py safemigrate {app_label} {fitting[0]}",
        ) from None
    except KeyError:
        names = sorted(name for app, name in loader.disk_migrations if app == app_label)
        close = get_close_matches(migration_name, names, n=1, cutoff=0.4)
        raise UsageError(
            f"{app_label} has no migration {migration_name!r}." + (f" Did you mean {close[0]}?" if close else ""),
            _range(names),
            f"Run: manage.py showmigrations {app_label}",
        ) from None
    target = (app_label, migration.name)
    if target not in loader.graph.nodes and target in loader.replacements:
        # A squashed migration that is applied in part is not in the graph; the last one that it replaces is.
        return [loader.replacements[target].replaces[-1]]
    return [target]


def _range(names: list[str]) -> str:
    if len(names) < 2:
        return f"Its only migration is {names[0]}." if names else "It has no migrations."
    return f"Its migrations are {names[0]} to {names[-1]}."


def _check_app(loader: MigrationLoader, app_label: str) -> None:
    labels = sorted(config.label for config in apps.get_app_configs())
    if app_label not in labels:
        close = get_close_matches(app_label, labels, n=1)
        raise UsageError(
            f"There is no installed app with the label {app_label!r}."
            + (f" Did you mean {close[0]}?" if close else ""),
            f"The labels are {', '.join(labels)}.",
            "Correct the label, or add the app to INSTALLED_APPS.",
        )
    if app_label not in loader.migrated_apps:
        raise UsageError(
            f"App {app_label!r} has no migrations.",
            "There is no migrations package in it, or MIGRATION_MODULES turns it off.",
            f"Run: manage.py makemigrations {app_label}",
        )
