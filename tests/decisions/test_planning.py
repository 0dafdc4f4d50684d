from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.migrations import Migration

from django_safemigrate import Safe
from django_safemigrate.decisions.planning import Key, Planned, Status, categorize
from django_safemigrate.values.errors import InvalidSafe
from django_safemigrate.values.phases import Phase

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = Safe.before_deploy(), Safe.after_deploy()
ALWAYS = Safe.always()
FOUR_DAYS = timedelta(days=4)


def migration(name: str, safe: Any = None, app: str = "shop") -> Migration:
    made: Migration = type("Migration", (Migration,), {} if safe is None else {"safe": safe})(name, app)
    return made


def plan(
    *pending: Migration,
    phase: Phase = Phase.BEFORE_DEPLOY,
    parents: dict[str, list[str]] | None = None,
    detected: dict[Key, datetime] | None = None,
) -> dict[str, Planned]:
    """By name. Unless ``parents`` says otherwise, each migration depends on the one before it, as in one app."""
    names = [item.name for item in pending]
    keys = {item.name: (item.app_label, item.name) for item in pending}
    line = {name: [before] for before, name in pairwise(names)}
    edges = line if parents is None else parents
    planned = categorize(
        pending,
        phase,
        parents=lambda item: [keys.get(name, ("applied", name)) for name in edges.get(item.name, [])],
        detected=detected or {},
        now=NOW,
    )
    assert [item.migration for item in planned] == list(pending)
    return {item.migration.name: item for item in planned}


def statuses(planned: dict[str, Planned]) -> list[str]:
    return [item.status.value for item in planned.values()]


@pytest.mark.parametrize(
    ("safe", "before", "after"),
    [
        (ALWAYS, ("ready", "runs in either phase"), ("ready", "runs in either phase")),
        (None, ("ready", "runs in either phase"), ("ready", "runs in either phase")),
        (
            BEFORE,
            ("ready", "runs before deploy"),
            ("delayed", "runs before the next deploy (manage.py safemigrate)"),
        ),
        (
            AFTER,
            ("delayed", "runs after deploy (manage.py safemigrate --after-deploy)"),
            ("ready", "runs after deploy"),
        ),
    ],
)
def test_a_migration_by_itself_runs_in_its_phase(safe: Any, before: tuple[str, str], after: tuple[str, str]) -> None:
    for phase, expected in ((Phase.BEFORE_DEPLOY, before), (Phase.AFTER_DEPLOY, after)):
        planned = plan(migration("a", safe), phase=phase)["a"]
        assert (planned.status.value, planned.reason) == expected
        assert (planned.name, planned.behind) == ("shop.a", None)


@pytest.mark.parametrize("phase", Phase)
def test_a_delay_counts_from_when_the_migration_was_first_seen(phase: Phase) -> None:
    delayed = migration("a", Safe.after_deploy(delay=FOUR_DAYS))
    unseen = plan(delayed, phase=phase)["a"]
    assert (unseen.status, unseen.reason) == (Status.DELAYED, "runs 4 days after it is first seen")
    assert unseen.until == NOW + FOUR_DAYS
    running = plan(delayed, phase=phase, detected={("shop", "a"): NOW - timedelta(days=3)})["a"]
    assert (running.status, running.reason) == (Status.DELAYED, "its delay of 4 days is not over")
    assert running.until == NOW + timedelta(days=1)
    over = plan(delayed, phase=phase, detected={("shop", "a"): NOW - FOUR_DAYS})["a"]
    assert (over.status, over.reason) == (Status.READY, "its delay of 4 days is over")


def test_a_delay_with_hours_is_shown_with_them() -> None:
    delayed = migration("a", Safe.after_deploy(delay=timedelta(days=1, hours=2)))
    assert plan(delayed)["a"].reason == "runs 1 day, 2:00:00 after it is first seen"


def test_an_expand_behind_a_contract_that_was_not_run_is_blocked() -> None:
    planned = plan(migration("contract", AFTER), migration("expand", BEFORE))
    assert statuses(planned) == ["delayed", "blocked"]
    blocked = planned["expand"]
    assert blocked.reason == ("is behind shop.contract, which runs after deploy (manage.py safemigrate --after-deploy)")
    assert blocked.behind is planned["contract"].migration


def test_what_is_behind_a_blocked_one_is_blocked_and_names_the_first() -> None:
    planned = plan(migration("contract", AFTER), migration("expand", BEFORE), migration("next", BEFORE))
    assert statuses(planned) == ["delayed", "blocked", "blocked"]
    assert planned["next"].behind is planned["contract"].migration
    assert planned["next"].reason.startswith("is behind shop.expand, which is behind shop.contract, which runs after")


def test_one_that_runs_in_either_phase_waits_behind_a_delayed_one() -> None:
    planned = plan(migration("contract", AFTER), migration("any", ALWAYS))
    assert statuses(planned) == ["delayed", "delayed"]


def test_one_that_runs_in_either_phase_is_blocked_behind_a_blocked_one() -> None:
    planned = plan(migration("contract", AFTER), migration("expand", BEFORE), migration("any", ALWAYS))
    assert statuses(planned) == ["delayed", "blocked", "blocked"]


def test_a_blocked_parent_is_named_rather_than_a_delayed_one() -> None:
    planned = plan(
        migration("old", AFTER),
        migration("delayed", AFTER),
        migration("blocked", BEFORE),
        migration("any", ALWAYS),
        parents={"blocked": ["old"], "any": ["delayed", "blocked"]},
    )
    assert statuses(planned) == ["delayed", "delayed", "blocked", "blocked"]
    assert planned["any"].reason.startswith("is behind shop.blocked, which is behind shop.old")


def test_after_deploy_nothing_is_blocked_by_the_next_release() -> None:
    planned = plan(
        migration("contract", AFTER),
        migration("next_expand", BEFORE),
        migration("next_contract", AFTER),
        phase=Phase.AFTER_DEPLOY,
    )
    assert statuses(planned) == ["ready", "delayed", "delayed"]
    assert planned["next_contract"].reason == (
        "is behind shop.next_expand, which runs before the next deploy (manage.py safemigrate)"
    )


def test_after_deploy_a_delay_makes_those_behind_it_wait() -> None:
    planned = plan(
        migration("later", Safe.after_deploy(delay=FOUR_DAYS)), migration("contract", AFTER), phase=Phase.AFTER_DEPLOY
    )
    assert statuses(planned) == ["delayed", "delayed"]


def test_a_delay_that_is_over_blocks_nobody() -> None:
    planned = plan(
        migration("later", Safe.after_deploy(delay=FOUR_DAYS)),
        migration("expand", BEFORE),
        detected={("shop", "later"): NOW - timedelta(days=5)},
    )
    assert statuses(planned) == ["ready", "ready"]


def test_other_apps_are_not_in_the_way() -> None:
    planned = plan(migration("contract", AFTER), migration("expand", BEFORE, app="other"), parents={})
    assert statuses(planned) == ["delayed", "ready"]


def test_applied_parents_do_not_count() -> None:
    assert statuses(plan(migration("expand", BEFORE), parents={"expand": ["0001_initial"]})) == ["ready"]


def test_of_several_parents_one_delayed_is_enough() -> None:
    planned = plan(
        migration("done", BEFORE),
        migration("contract", AFTER, app="other"),
        migration("expand", BEFORE),
        parents={"expand": ["done", "contract"]},
    )
    assert statuses(planned) == ["ready", "delayed", "blocked"]


@pytest.mark.parametrize("phase", Phase)
def test_an_invalid_safe_is_an_error_in_either_phase(phase: Phase) -> None:
    with pytest.raises(InvalidSafe):
        plan(migration("a", "before"), phase=phase)


def test_nothing_pending_is_an_empty_plan() -> None:
    assert plan() == {}
