"""Write the shop's migrations anew, release after release, as its developers did."""

from __future__ import annotations

import os
from pathlib import Path

from shop.demo.manage import run_quietly

RELEASES = (1, 2)

# makemigrations looks into the database for a history that contradicts the files; this one has none.
NO_DATABASE = "postgresql:///?host=/no/database"


def write_migrations(directory: Path, *, settings: str, package: str = "rewritten") -> Path:
    """Run ``makemigrations`` for every release into ``directory/package``; returns the package's directory.

    A process with ``migrations_environment(directory, package)`` uses these instead of the committed ones.
    """
    written = directory / package
    written.mkdir()
    (written / "__init__.py").touch()
    for release in RELEASES:
        environment = migrations_environment(directory, package) | {
            "SHOP_RELEASE": str(release),
            "DATABASE_URL": NO_DATABASE,
        }
        run_quietly("makemigrations", "shop", "--noinput", "--no-header", settings=settings, environment=environment)
    return written


def migrations_environment(directory: Path, package: str = "rewritten") -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(directory), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "SHOP_MIGRATIONS": package, "PYTHONDONTWRITEBYTECODE": "1"}
