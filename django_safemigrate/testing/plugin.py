"""The pytest fixture ``zero_downtime``. It works with pytest-django, and never touches the database of its tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .project import Checked


class ZeroDowntime:
    """What the fixture gives."""

    def check(self, app_label: str, **arguments: Any) -> Checked:
        """See ``django_safemigrate.testing.project.check``; what it reports is printed, and shown with ``pytest -rP``."""
        from .project import check  # only now: pytest loads plugins before Django's settings

        report = check(app_label, **arguments)
        print(report)
        return report


@pytest.fixture
def zero_downtime(request: pytest.FixtureRequest) -> Iterator[ZeroDowntime]:
    """``zero_downtime.check("shop")`` tries the migrations of an app with both versions of its models at work."""
    with contextlib.ExitStack() as stack:
        if request.config.pluginmanager.hasplugin("django"):
            blocker: Any = request.getfixturevalue("django_db_blocker")
            stack.enter_context(blocker.unblock())
        yield ZeroDowntime()
