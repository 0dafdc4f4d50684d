"""Django's source distribution, for its tests: the wheel has none. Kept in the virtual environment, never in the checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django

CACHE = Path(sys.prefix) / "django-suite"


def tests_directory() -> Path:
    """Where runtests.py of the installed version is; the first time, it is downloaded from pip's index."""
    version = django.get_version()
    place = CACHE / f"django-{version}"
    if not place.exists():
        CACHE.mkdir(exist_ok=True)
        # Only what is complete gets the name that the next run looks for.
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            _unpack(_download(version, Path(directory)), Path(directory) / "unpacked").rename(place)
    return place / "tests"


def _download(version: str, directory: Path) -> Path:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "Django"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(directory), f"Django=={version}"]
    subprocess.run(command, check=True)
    (archive,) = directory.glob("*.tar.gz")
    return archive


def _unpack(archive: Path, directory: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(directory, filter="data")
    (top,) = directory.iterdir()
    return top
