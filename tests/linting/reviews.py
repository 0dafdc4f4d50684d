"""``lintmigrations`` in a test: what it finds, and how it ends."""

from __future__ import annotations

import json
from typing import Any

from tests.support.project import Project

ORDERS = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20)),
    ("gift", models.BooleanField()),
]),
"""
NOTE = 'migrations.AddField("order", "note", models.TextField(null=True)),'
NO_GIFT = 'migrations.RemoveField("order", "gift"),'


def said(project: Project, *arguments: str, status: int = 0) -> str:
    """What it writes; it has to end with this exit status."""
    ended = 0
    try:
        return project.run("lintmigrations", *arguments)
    except SystemExit as end:
        ended = int(str(end.code))
        return project.last_output
    finally:
        assert ended == status, project.last_output


def found(project: Project, *arguments: str) -> list[dict[str, Any]]:
    """Its findings, of whichever severity."""
    try:
        lines = project.run("lintmigrations", *arguments, "--json")
    except SystemExit:
        lines = project.last_output
    return [data for data in map(json.loads, lines.splitlines()) if data["event"] == "finding"]


def codes(project: Project, *arguments: str) -> list[str]:
    """The codes that it finds, each with its migration's number: ``0002 SM101``."""
    return [f"{one['migration'].partition('.')[2][:4]} {one['code']}" for one in found(project, *arguments)]
