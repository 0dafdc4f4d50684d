from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.project import Project

Written = Callable[..., None]

OPERATIONS = (
    "from django_safemigrate.operations import (\n"
    "    AlterFieldOnline, Backfill, FinishAlterField, FinishRenameField, RenameFieldOnline\n)\n"
)


@pytest.fixture
def shop(database: None, project: Project, settings: Any) -> Project:
    """A project in which no table is small."""
    settings.SAFEMIGRATE = {"SMALL_TABLE": None}
    return project


@pytest.fixture
def phases(shop: Project) -> Written:
    """Write a migration for each phase: ``phases(before, after)``."""

    def write(before: str, after: str = "") -> None:
        for phase, operations in (("before", before), ("after", after)):
            if operations:
                name = f"{len(shop.names()) + 1:04}_{phase}"
                shop.write(name, operations, safe=f"Safe.{phase}_deploy()")
                path = shop.directory / f"{name}.py"
                path.write_text(OPERATIONS + path.read_text())

    return write
