"""Ours on the corpus: each bad migration has the findings that it is to have, and each good one has none."""

from __future__ import annotations

import pytest

from benchmarks.linting import ours

from .case import Case
from .cases import CASES
from .project import BAD, GOOD, write


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> ours.Reported:
    directory = tmp_path_factory.mktemp("corpus")
    write(directory, CASES)
    return ours.reported(directory)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_migration_is_reported_and_a_good_one_is_not(reported: ours.Reported, case: Case) -> None:
    found = reported[case.name][case.runner]
    assert case.ours <= set(found[BAD])
    assert found[GOOD] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_there_is_a_finding_or_a_reason(case: Case) -> None:
    assert case.ours or case.reason
