"""Fed with what stock Django writes and does, a rehearsal fails in every row of the catalogue that is not safe in stock
Django, and names what broke; fed with what this package writes, it passes.

By default a few rows; ``REHEARSE=1`` runs them all: ``REHEARSE=1 python -m pytest tests/rehearse/test_catalogue.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import connection

from tests.rehearse import catalogue
from tests.rehearse.conftest import Shop
from tests.support.database import is_postgres
from tests.support.project import Project
from tests.two_versions.pair import Expects, Pair
from tests.two_versions.test_catches import BREAKS, NAMED, WAITS_FOR_READERS, WAITS_FOR_WRITERS

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

ALL = bool(os.environ.get("REHEARSE"))
FEW = ["F2 constant", "R3 not null", "F1 null"]
HERE = {name: pair for name, pair in NAMED.items() if pair.known_to_django}
WAITS = [*WAITS_FOR_READERS, *WAITS_FOR_WRITERS]
CHOSEN = [name for name in [*BREAKS, *WAITS] if name in HERE and (ALL or name in FEW)]


@pytest.fixture
def empty(database: None, project: Project) -> Shop:
    return Shop(project)


def fed(shop: Shop, pair: Pair, *arguments: str) -> dict[str, Any]:
    """The first migration, and then with ``stock`` what Django does; else what we do."""
    if is_postgres() and connection.pg_version < pair.server * 10_000:  # type: ignore[attr-defined]
        pytest.skip(f"needs PostgreSQL {pair.server}")
    with catalogue.others_installed(shop.project, pair):
        since = ["--since", f"shop.{catalogue.write_first(shop.project, pair)}"]
        if {its.app_label for its in (*pair.old, *pair.new)} != {"shop"}:  # a migration says nothing of other apps
            shop.project.migrate()
            since = []
        by_stock = "--stock" in arguments
        catalogue.write(shop.project, catalogue.stocks(pair) if by_stock else catalogue.ours(pair))
        more = ["--factories", "tests.rehearse.catalogue.FACTORIES"] if catalogue.FACTORIES else []
        return shop.data(*since, *more, *arguments)


@pytest.mark.parametrize("name", CHOSEN, ids=lambda name: name.replace(" ", "-"))
def test_stocks_way_is_caught(empty: Shop, name: str) -> None:
    said = fed(empty, HERE[name], "--stock", *([] if name in WAITS else ["--busy", "0"]))
    assert said["status"] == 1, said
    assert said["failures"]
    assert not said["cannot"]
    failure = said["failures"][0]
    if name in WAITS:
        failure = next(one for one in said["failures"] if "waited for a lock" in one["what"])
    assert failure["migration"] in said["migrations"], failure
    assert failure["version"] in {"old", "new"}, failure
    assert failure["model"].partition(".")[0] in {"shop", "store"}, failure
    assert failure["statement"], failure


@pytest.mark.parametrize("name", CHOSEN, ids=lambda name: name.replace(" ", "-"))
def test_ours_passes(empty: Shop, name: str) -> None:
    pair = HERE[name]
    if pair.expects is not Expects.PASSES or pair.open:
        pytest.skip("there is no way that passes with large tables")
    said = fed(empty, pair, *([] if pair.back else ["--forwards-only"]))
    assert said["status"] == 0, said
    assert said["failures"] == []
    assert {step["phase"] for step in said["steps"]} & {"before deploy", "after deploy"}
