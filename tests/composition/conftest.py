from __future__ import annotations

from pathlib import Path

import pytest

from .site import Site


@pytest.fixture
def site(database: None, tmp_path: Path) -> Site:
    """An empty project with a new database."""
    directory = tmp_path / "site"
    directory.mkdir()
    return Site(directory)
