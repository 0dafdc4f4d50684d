"""A validation says how long it takes and for whom it waits, although the server has no view for it."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.database import execute, value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres

VALIDATE = """
__import__("django.contrib.postgres.operations", fromlist=["x"]).ValidateConstraint("order", "slow"),
"""


@pytest.fixture
def validating(live: Project) -> Project:
    """A constraint of which the check takes 2 ms for each of 1,000 rows, and a migration that validates it."""
    execute("ALTER TABLE shop_order ADD CONSTRAINT slow CHECK (pg_sleep(0.002) IS NOT NULL) NOT VALID")
    live.write("0002_validate", VALIDATE, safe="Safe.before_deploy()")
    return live


def test_one_that_takes_its_time_says_so(validating: Project) -> None:
    events = [json.loads(line) for line in validating.safemigrate("--json").splitlines()]
    said = [event for event in events if event["event"] == "scan_progress"]
    assert said
    assert said[0]["took"] >= 1
    assert said[0]["waiting_for"] == []
    assert value("SELECT convalidated FROM pg_constraint WHERE conname = 'slow'") is True


def test_one_that_waits_names_for_whom(validating: Project) -> None:
    with holding("LOCK TABLE shop_order IN SHARE UPDATE EXCLUSIVE MODE") as other:
        validating.when("waiting for a lock", other.rollback)
        output = validating.safemigrate()
    assert re.search(
        r"waiting for a lock, .* so far: pid \d+ 'report' .* holds SHARE UPDATE EXCLUSIVE on shop_order", output
    )
    assert re.search(r"reading the table, .* s so far", output)
