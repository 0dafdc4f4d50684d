"""``--all``: each migration as a release of its own. The first one of an app makes it, so nobody uses its tables yet."""

from __future__ import annotations

from tests.support.project import Project

from .reviews import ORDERS, codes

CODE = "migrations.RunPython(lambda apps, schema_editor: None, migrations.RunPython.noop),"


def test_code_of_the_first_release_fills_what_nobody_uses(project: Project) -> None:
    project.write("0001_initial", f"{ORDERS}\n{CODE}", safe="", initial="True")
    assert codes(project, "--all") == []


def test_code_of_a_later_release_has_to_say_its_phase(project: Project) -> None:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_fill", CODE, safe="")
    assert codes(project, "--all") == ["0002 SM103"]
