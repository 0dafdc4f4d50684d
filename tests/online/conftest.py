from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import new_database
from tests.support.project import Project

Written = Callable[..., None]

OPERATIONS = (
    "from django_safemigrate.operations import (\n"
    "    AlterFieldOnline, Backfill, FinishAlterField, FinishRenameField, RenameFieldOnline\n)\n"
)


NO_TABLE_IS_SMALL = {"SMALL_TABLE": None}


@pytest.fixture
def shop(installed: str, project: Project, settings: Any, django_db_blocker: Any, tmp_path: Path) -> Iterator[Project]:
    """A project in which no table is small."""
    settings.SAFEMIGRATE = NO_TABLE_IS_SMALL
    with django_db_blocker.unblock(), new_database(tmp_path, template=installed):
        yield project


@pytest.fixture
def phases(shop: Project) -> Written:
    """Write a migration for each phase: ``phases(before, after)``."""

    def write(before: str, after: str = "") -> None:
        write_phases(shop, before, after)

    return write


def write_phases(shop: Project, before: str, after: str = "") -> None:
    for phase, operations in (("before", before), ("after", after)):
        if operations:
            name = f"{len(shop.names()) + 1:04}_{phase}"
            shop.write(name, operations, safe=f"Safe.{phase}_deploy()")
            path = shop.directory / f"{name}.py"
            path.write_text(OPERATIONS + path.read_text())
