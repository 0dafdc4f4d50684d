from __future__ import annotations

import pytest

from tests.support.project import Project

from .releases import OLD, Copies


@pytest.fixture(autouse=True)
def no_formatter(monkeypatch: pytest.MonkeyPatch) -> None:
    """``black`` is run on new files where it is installed; these tests compare what we write."""
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def project(project: Project) -> Project:
    project._models = Copies()
    return project


@pytest.fixture
def shop(project: Project) -> Project:
    """Release 1: the model and its migration."""
    project.define("Order", OLD)
    project.makemigrations()
    return project
