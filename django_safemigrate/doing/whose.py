"""Whose directory migrations would be written into: the project's, or that of a package that is installed.

What is written into an installed package is lost with its next update, and no other machine has it.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AlterField
from django.db.models import AutoField

from django_safemigrate.operations import FinishAlterField, FinishRenameField
from django_safemigrate.values.errors import UsageError

# What directories of installed packages are called, also those of another Python or prefix.
_NAMES = {"site-packages", "dist-packages"}


def refuse_installed(changes: Mapping[str, Sequence[Migration]]) -> None:
    """Raise ``UsageError`` where one of the apps (by label) is not the project's, before anything is written.

    An editable install is the project's, since its files lie elsewhere. Without migrations, those of the app are merged.
    """
    directories = {app_label: migrations_directory(app_label) for app_label in changes}
    foreign = {label: path for label, path in directories.items() if path is not None and is_installed(path)}
    for app_label, directory in foreign.items():
        own = [label for label in changes if label not in foreign]
        raise UsageError(
            f"Migrations of {app_label} would be written into {directory}, which belongs to {_package(app_label)}.",
            "They would be lost with its next update, and no other machine would have them."
            + _found(changes[app_label]),
            "\n".join(_ways(app_label, directory, changes[app_label], own)),
        )


def migrations_directory(app_label: str) -> Path | None:
    """Where Django would write; None where MIGRATION_MODULES names a package that is still to be made, or none."""
    name, chosen = MigrationLoader.migrations_module(app_label)
    if name is None:
        return None
    try:
        module = import_module(name)
    except ImportError:
        return None if chosen else Path(apps.get_app_config(app_label).path, name.rpartition(".")[2]).resolve()
    # django-pgtrigger's is a module, beside which Django would write.
    (path, *_) = getattr(module, "__path__", None) or [Path(str(module.__file__)).parent]
    return Path(path).resolve()


def is_installed(path: Path) -> bool:
    """Whether a path, links followed, is below a directory that packages are installed into."""
    known = {Path(sysconfig.get_path(scheme)).resolve() for scheme in ("purelib", "platlib")}
    return not _NAMES.isdisjoint(path.parts) or not known.isdisjoint(path.parents)


def _package(app_label: str) -> str:
    """The distribution that an app is of, with its version; the app's own name where several or none have it."""
    module = apps.get_app_config(app_label).name
    names = set(metadata.packages_distributions().get(module.partition(".")[0], ()))
    return f"{min(names)} {metadata.version(min(names))}" if len(names) == 1 else f"the installed package {module}"


def _found(migrations: Sequence[Migration]) -> str:
    operations = [
        operation.describe()
        for migration in migrations
        for operation in migration.operations
        if not isinstance(operation, FinishAlterField | FinishRenameField)  # the end of one that is in the list
    ]
    if not operations:
        return ""
    more = f"; and {len(operations) - 3} more" if len(operations) > 3 else ""
    return f"\nIts models are not as its migrations say: {'; '.join(operations[:3])}{more}."


def _ways(app_label: str, directory: Path, migrations: Sequence[Migration], own: Sequence[str]) -> list[str]:
    """What to do: the likely cause first, then how to keep them in the project, then how to go on without them."""
    ways = []
    key = _key_before(app_label, migrations)
    if key:
        ways += [
            f"The type of its keys comes from your DEFAULT_AUTO_FIELD ({settings.DEFAULT_AUTO_FIELD}). To leave them as they "
            f'are, list an AppConfig of yours for it in INSTALLED_APPS, with default_auto_field = "{key}".'
        ]
    package, place = _place(f"{app_label}_migrations")
    ways += ["Or keep its migrations in your project:" if key else "Keep its migrations in your project:"]
    if directory.is_dir():
        ways += [f"  cp -r {directory} {place}"]
    ways += [
        f'  MIGRATION_MODULES = {{"{app_label}": "{package}"}}  # in your settings',
        f"  manage.py makemigrations {'' if migrations else '--merge '}{app_label}",
    ]
    if own:
        ways += [f"To go on without it: manage.py makemigrations {' '.join(own)}"]
    return ways


def _key_before(app_label: str, migrations: Sequence[Migration]) -> str:
    """The type of the key in the app's migrations, as settings name it, where the change is one of it; else empty."""
    for operation in (operation for migration in migrations for operation in migration.operations):
        if isinstance(operation, AlterField) and isinstance(operation.field, AutoField):
            model = (
                MigrationLoader(None, ignore_no_migrations=True)
                .project_state()
                .models[app_label, operation.model_name_lower]
            )
            before = type(model.fields[operation.name])
            if before is not type(operation.field):
                return f"{before.__module__}.{before.__qualname__}".replace("db.models.fields.", "db.models.")
    return ""


def _place(name: str) -> tuple[str, Path]:
    """A package of this name beside the project's settings: as it is imported, and as a path."""
    package, _, _ = (settings.SETTINGS_MODULE or "").rpartition(".")
    if not package:
        return name, Path(name)
    return f"{package}.{name}", Path(import_module(package).__path__[0], name)
