"""The next release comes while the contract of the one before is pending: the whole way, and random models.

The random part is as in ``tests.support.random_models``, with three or four states instead of two: all expands and then all
contracts, one release after the other, and any other order that the dependencies allow lead to the models of the last one.
"""

from __future__ import annotations

import itertools
import random
import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from django_safemigrate import Safe
from django_safemigrate.values.errors import Blocked
from django_safemigrate.values.phases import declared
from tests.commands.schema import schema
from tests.decisions.releases import Key, Releases
from tests.decisions.states import notes, written
from tests.support.database import execute, rows
from tests.support.project import Project
from tests.support.random_models import (
    APPS,
    MANY,
    SEED,
    SHOP,
    Answers,
    Shop,
    changed,
    djangos,
    fill,
    make_state,
    remaining,
    run_djangos,
    sample,
    tables,
)

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import assume, event, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

# The whole way

NUMBER: dict[str, Any] = {"number": models.CharField(max_length=20)}
SECOND: dict[str, Any] = {**NUMBER, "vip": models.BooleanField(default=False)}
THIRD: dict[str, Any] = {**SECOND, "note": models.TextField(null=True)}
E2, C2 = "0002_alter_order_old_order_vip_expand", "0003_remove_order_old_alter_order_vip_contract"
E3, C3 = "0004_order_note_expand", "0005_join_contract"


@pytest.fixture
def second(database: None, project: Project) -> Project:
    """Release 2 is deployed, and its phase after deploy has not been run."""
    project.define("Order", {**NUMBER, "old": models.IntegerField(default=3)})
    project.makemigrations()
    project.migrate()
    project.define("Order", SECOND)
    project.makemigrations()
    project.safemigrate()
    assert project.names()[1:] == [E2, C2]
    return project


@pytest.fixture
def third(second: Project) -> Project:
    second.define("Order", THIRD)
    second.makemigrations()
    assert second.names()[3:] == [E3, C3]
    return second


def applied() -> list[str]:
    return [name for [name] in rows("SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY id")][1:]


def djangos_schema(project: Project, **fields: Any) -> set[str]:
    """What stock Django makes of the models, in the same database."""
    project.migrate("shop", "zero")
    for name in project.names():
        (project.directory / f"{name}.py").unlink()
    project.define("Order", fields)
    project.makemigrations()
    project.migrate()
    return schema()


def test_the_next_release_runs_before_the_last_one_is_finished(third: Project) -> None:
    third.safemigrate()
    assert applied() == [E2, E3]
    third.safemigrate("--after-deploy")
    assert applied() == [E2, E3, C2, C3]
    ours = schema()
    assert third.makemigrations() == "No changes detected\n"
    assert ours == djangos_schema(third, **THIRD)


def test_the_last_release_may_be_finished_first(third: Project) -> None:
    third.safemigrate("--after-deploy", "shop", C2)
    third.safemigrate()
    third.safemigrate("--after-deploy")
    assert applied() == [E2, C2, E3, C3]
    assert schema() == djangos_schema(third, **THIRD)


def test_the_last_release_may_have_been_finished_long_ago(second: Project) -> None:
    second.safemigrate("--after-deploy")
    second.define("Order", THIRD)
    second.makemigrations()
    second.safemigrate()
    assert applied() == [E2, C2, E3]
    second.safemigrate("--after-deploy")
    assert schema() == djangos_schema(second, **THIRD)


@pytest.mark.parametrize("ahead", [False, True], ids=["in line", "ahead"])
def test_the_history_is_consistent_and_without_conflicts_at_every_point(second: Project, ahead: bool) -> None:
    if not ahead:
        second.safemigrate("--after-deploy")
    second.define("Order", THIRD)
    for phase in ([], ["--after-deploy"]):
        second.makemigrations()
        second.safemigrate(*phase)
        second._forget_modules()
        loader = MigrationLoader(connection)
        loader.check_consistent_history(connection)
        assert loader.detect_conflicts() == {}
        assert loader.graph.leaf_nodes("shop") == [("shop", C3)]


def test_migrate_runs_all_of_it_and_back(third: Project) -> None:
    before = schema()
    third.migrate()
    assert applied() == [E2, E3, C2, C3]
    third.migrate("shop", E2)
    assert applied() == [E2]
    assert schema() == before
    third.safemigrate()
    third.safemigrate("--after-deploy")
    third.migrate("shop", "0001")
    assert applied() == []


def test_safemigrate_goes_back_in_either_order(third: Project) -> None:
    before = schema()
    third.safemigrate()
    third.safemigrate("shop", E2)
    assert (applied(), schema()) == ([E2], before)
    third.safemigrate("--after-deploy", "shop", C2)
    third.safemigrate()
    third.safemigrate("shop", E2)
    assert (applied(), schema()) == ([E2], before)


def test_a_new_database_has_it_all_at_once(third: Project) -> None:
    third.migrate("shop", "zero")
    execute("DELETE FROM django_migrations WHERE app = 'shop'")
    third.migrate("shop")
    assert applied() == [E2, E3, C2, C3]


def test_what_needs_the_contract_is_blocked_until_it_has_run(second: Project) -> None:
    second.define("Order", {**SECOND, "old": models.TextField(null=True)})
    output = second.makemigrations()
    assert f'waits for shop.{C2}: "Add field old to order" depends on "Remove field old from order"' in output
    with pytest.raises(Blocked, match=f"is behind shop.{C2}"):
        second.safemigrate()
    second.safemigrate("--after-deploy", "shop", C2)
    second.safemigrate()
    assert applied() == [E2, C2, "0004_order_old"]


def test_a_squashed_history_is_that_of_the_models(third: Project) -> None:
    third.safemigrate()
    third.safemigrate("--after-deploy")
    third._forget_modules()
    call_command("squashmigrations", "shop", C3[:4], interactive=False, no_optimize=False, verbosity=0)
    assert third.makemigrations() == "No changes detected\n"
    third.define("Order", {**THIRD, "more": models.TextField(null=True)})
    third.makemigrations()
    third.safemigrate()
    third.migrate("shop", "zero")
    third.migrate("shop")


# Random models, without a database


def an_order(releases: Releases, line: list[Key], release: dict[Key, int], picked: random.Random) -> list[Key]:
    """Any order that the dependencies allow in which nothing runs before the expands of earlier releases.

    Those have run when a release comes. Django lets the deletion of a model not depend on what an earlier release of another
    app did to its relations, so it would not bear any other order, either.
    """
    left, done = list(line), set[Key]()
    order: list[Key] = []
    while left:
        expands = [release[key] for key in left if declared(releases.migration(key)) != Safe.after_deploy()]
        ready = [key for key in left if release[key] <= min(expands, default=release[key])]
        ready = [key for key in ready if {parent.key for parent in releases.graph.node_map[key].parents} <= done]
        key = picked.choice(ready)
        left.remove(key)
        done.add(key)
        order.append(key)
    return order


def done_by_django(states: list[ProjectState]) -> bool:
    """Whether Django's own migrations of all these releases can be run on a new database."""
    stock = Releases(states[0])
    for models_ in states[1:]:
        stock.release(models_, stock=True, questioner=Answers(models_))
    try:
        return not remaining(stock.follow(stock.plan, render=True), states[-1])
    except ValueError:
        return False


def drawn(data: st.DataObject, apps: dict[str, str], count: int = 3) -> tuple[list[ProjectState], Releases]:
    """States, and the release of the first; the pairs are such that Django can do them."""
    versions = [data.draw(tables())]
    while len(versions) < count:
        versions.append(data.draw(changed(versions[-1])))
    states = [make_state(its, apps) for its in versions]
    print(f"RANDOM_MODELS_SEED={SEED} RANDOM_MODELS={MANY}")
    for before, after in itertools.pairwise(states):
        print("Django:", written(djangos(before, after)))
    releases = Releases(states[0])
    return states, releases


@pytest.mark.slow
@sample(50, shrink=True)
@given(st.data(), st.integers(0, 2**32 - 1))
def test_every_order_of_the_releases_leads_to_the_models(data: st.DataObject, choice: int) -> None:
    states, releases = drawn(data, APPS, data.draw(st.integers(3, 4)))
    assume(done_by_django(states))
    line = list(releases.plan)
    release = dict.fromkeys(line, 0)
    for number, models_ in enumerate(states[1:], 1):
        changes = releases.release(models_, questioner=Answers(models_))
        print("ours:", written(changes), notes(changes))
        line += [key for key in releases.plan if key not in release]
        release = {key: release.get(key, number) for key in line}
    written_ = [releases.migration(key) for key in line if release[key]]
    waits = any("waits for" in note for m in written_ for note in m.safemigrate_notes)  # type: ignore[attr-defined]
    overtakes = any(m.safemigrate_reason for m in written_)  # type: ignore[attr-defined]
    kinds = {declared(migration) for migration in written_}
    event(f"contract: {Safe.after_deploy() in kinds}, overtakes: {overtakes}, waits: {waits}")
    for order in (releases.plan, line, an_order(releases, line, release, random.Random(choice))):
        assert remaining(releases.follow(order, render=True), states[-1]) == {}
    for app in changes:
        assert len(releases.graph.leaf_nodes(app)) == 1


# On PostgreSQL, with rows


@pytest.fixture
def shop(database: None, project: Project, monkeypatch: pytest.MonkeyPatch) -> Shop:
    # Files of one name follow each other within a second, which compiled files cannot tell apart.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    project.migrate()
    return Shop(project)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("safe", [False, True], ids=["any", "safe"])
def test_stacked_releases_give_the_schema_and_the_rows_of_django(shop: Shop, safe: bool) -> None:
    """``safe``: changes that nothing is said about alone, so that all three versions write between the phases."""

    @sample(4, shrink=False)  # it would take minutes
    @given(st.data())
    def check(data: st.DataObject) -> None:
        states, releases = drawn(data, SHOP)
        said, stock, ours, theirs, ends = [], Releases(states[0]), [], [], []
        for models_ in states[1:]:
            changes = releases.release(models_, questioner=Answers(models_))
            print("ours:", written(changes), notes(changes))
            said += [note for its in notes(changes).values() for note in its]
            ours += changes["shop"]
            theirs += stock.release(models_, stock=True, questioner=Answers(models_))["shop"]
            ends.append(ours[-1].name)
        assume(any(migration.safemigrate_reason for migration in ours))  # type: ignore[attr-defined]
        assume(not any("waits for" in note or "in one phase" in note for note in said))
        assume(not (safe and said))
        every = [its for state in states for model in state.models.values() for its in model.fields.values()]
        # Three versions write more rows than a unique one has values.
        assume(not any(its.unique and isinstance(its, models.BooleanField) for its in every))
        event("run")
        expected, content = run_djangos(shop, states[0], states[-1], {"shop": theirs})
        allowed = ("--allow-unsafe", "*") if said else ()
        for ahead in (True, False):
            shop.begin(states[0], {"shop": ours})
            if not ahead:
                shop.project.safemigrate("shop", ends[0], *allowed)
                shop.project.safemigrate("shop", ends[0], "--after-deploy", *allowed)
            shop.project.safemigrate("shop", *allowed)
            codes = states if ahead else states[1:]
            for number, code in enumerate(() if said else codes, 1):
                fill(code, 100 * number, 100 * number + 1)
            shop.project.safemigrate("shop", "--after-deploy", *allowed)
            assert schema() == expected, ahead
            assert shop.content(states[0], states[-1]) == content, ahead
            applied_now = {name for [name] in rows("SELECT name FROM django_migrations WHERE app = 'shop'")}
            assert applied_now == set(shop.project.names())

    check()
