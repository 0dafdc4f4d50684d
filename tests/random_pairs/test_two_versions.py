"""A sample of random pairs under two versions of the code; the named command does a thousand."""

from __future__ import annotations

import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, assume, event, given, seed, settings  # noqa: E402

from django_safemigrate.testing.options import Options  # noqa: E402
from django_safemigrate.testing.scratch import Scratch  # noqa: E402

from .changes import Pair, pairs  # noqa: E402
from .test_phases import SEED  # noqa: E402
from .two_versions import check_pair  # noqa: E402

SAMPLE = 5


@pytest.mark.postgres
@pytest.mark.slow
def test_two_versions_of_random_models(database: None) -> None:
    with Scratch() as scratch:

        @seed(SEED)
        @settings(
            max_examples=SAMPLE,
            phases=[Phase.generate],  # to shrink would take minutes
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(pairs())
        def check(pair: Pair) -> None:
            print(f"python -m tests.random_pairs --pairs {SAMPLE} --seed {SEED}")
            outcome = check_pair(pair, scratch, Options(small_tables=True))
            event(outcome)
            assume(outcome in {"passed", "refused"})

        check()
