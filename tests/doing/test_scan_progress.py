"""A validation says how long it takes and for whom it waits, although the server has no view for it."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.database import another_session, execute, value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres

VALIDATE = """
__import__("django.contrib.postgres.operations", fromlist=["x"]).ValidateConstraint("order", "slow"),
"""


# Of the first row it takes until ``enough`` is called, a minute at most. What a sequence says is no part of a transaction.
SLOW = """
CREATE SEQUENCE said;
CREATE FUNCTION slow(id bigint) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
    FOR i IN 1..6000 LOOP
        EXIT WHEN id > 1 OR (SELECT is_called FROM said);
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN true;
END $$;
ALTER TABLE shop_order ADD CONSTRAINT slow CHECK (slow(id)) NOT VALID
"""


@pytest.fixture
def validating(live: Project) -> Project:
    """A constraint of which the check takes its time, and a migration that validates it."""
    execute(SLOW)
    live.write("0002_validate", VALIDATE, safe="Safe.before_deploy()")
    return live


def enough() -> None:
    with another_session() as session:
        session.execute("SELECT nextval('said')")


def test_one_that_takes_its_time_says_so(validating: Project) -> None:
    validating.when("scan_progress", enough)
    events = [json.loads(line) for line in validating.safemigrate("--json").splitlines()]
    said = [event for event in events if event["event"] == "scan_progress"]
    assert said
    assert said[0]["took"] >= 1
    assert said[0]["waiting_for"] == []
    assert value("SELECT convalidated FROM pg_constraint WHERE conname = 'slow'") is True


def test_one_that_waits_names_for_whom(validating: Project) -> None:
    with holding("LOCK TABLE shop_order IN SHARE UPDATE EXCLUSIVE MODE") as other:
        validating.when("waiting for a lock", other.rollback)
        validating.when("reading the table", enough)
        output = validating.safemigrate()
    assert re.search(
        r"waiting for a lock, .* so far: pid \d+ 'report' .* holds SHARE UPDATE EXCLUSIVE on shop_order", output
    )
    assert re.search(r"reading the table, .* s so far", output)
