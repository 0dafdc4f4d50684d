"""Ours on the corpus: each bad migration has the findings that it is to have, and each good one has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.linting import ours

from .case import Case
from .cases import CASES
from .project import BAD, GOOD, write


@pytest.fixture(scope="module", autouse=True)
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("corpus")
    write(directory, CASES)
    with ours.corpus(directory):
        yield directory


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_migration_is_reported_and_a_good_one_is_not(case: Case) -> None:
    found = ours.reported(case, case.runner)
    assert case.ours <= found[BAD]
    assert found[GOOD] == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_there_is_a_finding_or_a_reason(case: Case) -> None:
    assert case.ours or case.reason
