"""The whole migration history of published apps ends, through ``safemigrate``, where stock ``migrate`` ends.

All runs are queued at the start, two at a time, since each is a process that mostly renders models; a test
waits for the two that it compares.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from django_safemigrate.testing.postgres import server_url
from tests.real_apps.databases import NEW_DATABASE, ONE_BY_ONE, STOCK, Outcome, Variant, outcome
from tests.real_apps.groups import GROUPS, Group

PARALLEL = int(os.environ.get("REAL_APPS_PARALLEL", "2"))

Runs = dict[tuple[str, Variant], Future[Outcome]]


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    with server_url() as server, ThreadPoolExecutor(PARALLEL) as pool:
        yield {
            (group.name, variant): pool.submit(outcome, server, group, variant)
            for group in _selected(request)
            for variant in (STOCK, NEW_DATABASE, ONE_BY_ONE)
        }
        pool.shutdown(cancel_futures=True)


def _selected(request: pytest.FixtureRequest) -> list[Group]:
    """The groups whose tests this session runs, so that ``-k cms`` runs nothing else."""
    names = [item.callspec.params["group"] for item in request.session.items if hasattr(item, "callspec")]
    return [GROUPS[name] for name in dict.fromkeys(names)]


@pytest.mark.parametrize("variant", [NEW_DATABASE, ONE_BY_ONE], ids=lambda variant: variant.name)
@pytest.mark.parametrize("group", GROUPS)
def test_same_end_as_stock_migrate(group: str, variant: Variant, runs: Runs) -> None:
    stock = runs[group, STOCK].result()
    ours = runs[group, variant].result()
    for what in ("schema", "recorded"):
        _same(f"{group}, {variant.name}, {what}", getattr(stock, what), getattr(ours, what))
    for what in ("content_types", "permissions"):
        _same(f"{group}, {variant.name}, {what}", getattr(stock, what), _known(ours, stock, what, variant))


def _known(ours: Outcome, stock: Outcome, what: str, variant: Variant) -> list[str]:
    """Our lines; one by one, without those of models that a later migration deletes, as stock leaves them too."""
    found: list[str] = getattr(ours, what)
    return [line for line in found if line in getattr(stock, what)] if variant is ONE_BY_ONE else found


def _same(title: str, stock: list[str], ours: list[str]) -> None:
    if stock != ours:
        difference = difflib.unified_diff(stock, ours, "migrate", "safemigrate", lineterm="", n=6)
        pytest.fail(f"{title}: not what stock migrate leaves\n" + "\n".join(difference), pytrace=False)
