"""``"fixable": true`` is said of what ``--fix`` corrects, and of nothing else, over the corpus of bad migrations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_safemigrate.linting.fixing import needed
from tests.lint_corpus.case import Case
from tests.lint_corpus.cases import CASES
from tests.lint_corpus.project import INITIAL
from tests.support.database import new_database
from tests.support.project import Project

from .fixing import lint

pytest.importorskip("postgast")
pytestmark = pytest.mark.postgres

ONE_MIGRATION = [case for case in CASES if not case.bad.also and not case.settings]


@pytest.fixture(scope="module", autouse=True)
def nothing_applied(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with django_db_blocker.unblock(), new_database(tmp_path_factory.mktemp("applied")):
        yield


def write(project: Project, case: Case) -> Path:
    (project.directory / "0001_initial.py").write_text(INITIAL)
    path = project.directory / "0002_change.py"
    path.write_text(case.bad.text())
    return path


def findings(project: Project, runner: str) -> list[dict[str, Any]]:
    lines = map(json.loads, lint(project, "--json", "--runner", runner).splitlines())
    return [line for line in lines if line["event"] == "finding"]


def kinds(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["code"], one["operation"]) for one in found]


@pytest.mark.parametrize("case", ONE_MIGRATION, ids=lambda case: case.name)
def test_what_is_fixable_is_fixed(project: Project, case: Case) -> None:
    path = write(project, case)
    before = path.read_text()
    found = findings(project, case.runner)
    fixable = [one for one in found if one["fixable"]]
    said = lint(project, "--fix", "--runner", case.runner)
    assert ("Nothing to correct." in said) is not bool(fixable)
    assert (path.read_text() == before) is not bool(fixable)
    if not fixable:
        return
    assert f"{len(fixable)} finding{'s' * (len(fixable) > 1)} corrected" in said
    if path.exists():  # else it is two migrations
        left = kinds(findings(project, case.runner))
        assert not set(kinds(fixable)) & set(left)


def test_some_are(project: Project) -> None:
    case = next(case for case in ONE_MIGRATION if "SM201" in case.ours)
    write(project, case)
    assert [one["code"] for one in findings(project, case.runner) if one["fixable"]] == ["SM201"]


def test_without_the_library_nothing_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in ONE_MIGRATION if "SM201" in case.ours)
    write(project, case)
    monkeypatch.setattr(needed, "find_spec", lambda name: None)
    assert not any(one["fixable"] for one in findings(project, case.runner))
