from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import models

from tests.support.project import Project

ORDER = {
    "number": models.CharField(max_length=20),
    "status": models.CharField(max_length=10, default="new"),
    "gift": models.BooleanField(default=False),
    "coupon": models.CharField(max_length=9),
}
# So that a test takes no longer than it has to.
QUICK = ("--busy", "0", "--forwards-only")


@dataclass
class Shop:
    """A project whose database has release 1, with something pending."""

    project: Project

    def define(self, **fields: Any) -> None:
        self.project.define("Order", {name: its for name, its in {**ORDER, **fields}.items() if its is not None})

    def rehearse(self, *arguments: str) -> tuple[int, str]:
        """The exit status, and what was written."""
        stdout: list[str] = []
        try:
            stdout.append(self.project.safemigrate("--rehearse", *arguments))
        except SystemExit as ended:
            return int(ended.code or 0), self.project.last_output
        return 0, stdout[0]

    def data(self, *arguments: str) -> dict[str, Any]:
        """The same as JSON, with the exit status."""
        status, said = self.rehearse("--json", *arguments)
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return {**found, "status": status}


@pytest.fixture
def shop(live: Project) -> Shop:
    return Shop(live)
