from __future__ import annotations

import os
import random

import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, assume, event, given, seed, settings  # noqa: E402

from .changes import Pair, pairs  # noqa: E402
from .phases import NotAPair, check_phases  # noqa: E402
from .states import TWO_APPS, make_state  # noqa: E402

SEED = int(os.environ.get("RANDOM_PAIRS_SEED") or random.randrange(2**32))
PAIRS = int(os.environ.get("RANDOM_PAIRS") or 60)


@seed(SEED)
@settings(
    max_examples=PAIRS,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(pairs())
def test_both_phases_together_are_the_models(pair: Pair) -> None:
    print(f"RANDOM_PAIRS_SEED={SEED} RANDOM_PAIRS={PAIRS}")
    try:
        refusals = check_phases(pair, make_state(pair.old, TWO_APPS), make_state(pair.new, TWO_APPS))
    except NotAPair:
        assume(False)
    else:
        event("refused" if refusals else "split")
