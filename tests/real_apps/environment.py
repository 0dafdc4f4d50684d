"""What a child process is told: which group, which database, and whether the package is installed in it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass

from tests.real_apps.groups import GROUPS, Group

GROUP = "REAL_APPS_GROUP"
DATABASE_URL = "REAL_APPS_DATABASE_URL"
WITH_PACKAGE = "REAL_APPS_WITH_PACKAGE"


@dataclass(frozen=True, kw_only=True)
class Environment:
    group: Group
    database_url: str
    with_package: bool

    @classmethod
    def from_process(cls) -> Environment:
        return cls(
            group=GROUPS[os.environ[GROUP]],
            database_url=os.environ[DATABASE_URL],
            with_package=os.environ[WITH_PACKAGE] == "1",
        )

    def as_variables(self) -> dict[str, str]:
        """The process's own variables with ours added: pass it as ``env`` of a child process."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.real_apps.settings",
            GROUP: self.group.name,
            DATABASE_URL: self.database_url,
            WITH_PACKAGE: "1" if self.with_package else "0",
        }

    @property
    def media_root(self) -> str:
        return tempfile.gettempdir()
