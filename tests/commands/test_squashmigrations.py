"""squashmigrations: in one phase, or from the first migration on; never expand and contract as one on a live database."""

from __future__ import annotations

import pytest

from django_safemigrate.values.errors import UsageError
from tests.commands.test_safemigrate import AFTER, BEFORE, applied
from tests.support.project import Project

ADD = 'migrations.AddField("order", "{}", models.IntegerField(null=True)),'
DROP = 'migrations.RemoveField("order", "{}"),'


@pytest.fixture
def history(live: Project) -> Project:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_b", ADD.format("b"), safe="")
    live.write("0004_drop_gift", DROP.format("gift"), safe=AFTER)
    live.write("0005_drop_coupon", DROP.format("coupon").replace("coupon", "a"), safe="")
    return live


def squash(project: Project, *arguments: str) -> str:
    return project.run("squashmigrations", "--noinput", "shop", *arguments)


def test_from_the_first_on_everything_becomes_one_that_runs_before_deploy(history: Project) -> None:
    """No database has the tables and none of the migrations."""
    squash(history, "0005")
    text = history.text("0001_squashed_0005_drop_coupon")
    assert "safe = Safe.before_deploy()" in text
    assert "from django_safemigrate import Safe" in text


def test_one_phase_becomes_one_of_that_phase(history: Project) -> None:
    squash(history, "0002", "0003")
    assert "safe = Safe.before_deploy()" in history.text("0002_a_squashed_0003_b")
    squash(history, "0004", "0005")
    assert "safe = Safe.after_deploy()" in history.text("0004_drop_gift_squashed_0005_drop_coupon")
    history.safemigrate()
    assert applied() == ["0001_initial", "0002_a", "0002_a_squashed_0003_b", "0003_b"]


def test_both_phases_in_the_middle_are_refused_with_what_goes(history: Project) -> None:
    """Trap 35."""
    with pytest.raises(UsageError) as error:
        squash(history, "0002", "0005")
    assert str(error.value) == (
        "The migrations of shop from 0002_a to 0005_drop_coupon belong to both phases.\n"
        "A database that has none of them, and has the tables, would run both phases as one.\n"
        "These belong to one phase each:\n"
        "  manage.py squashmigrations shop 0002_a 0003_b\n"
        "  manage.py squashmigrations shop 0004_drop_gift 0005_drop_coupon\n"
        "From the first migration on there is no such database: manage.py squashmigrations shop 0005_drop_coupon\n"
        "If every database has all of them: the same command with --applied-everywhere"
    )
    assert history.names() == ["0001_initial", "0002_a", "0003_b", "0004_drop_gift", "0005_drop_coupon"]


def test_where_all_is_applied_both_phases_become_one_that_says_nothing(history: Project) -> None:
    """Where it is not, after all, the phase is inferred from its operations: they belong to both, and it does not run."""
    squash(history, "0002", "0005", "--applied-everywhere")
    assert "safe" not in history.text("0002_a_squashed_0005_drop_coupon")
    with pytest.raises(UsageError, match="mixes phases"):
        history.safemigrate()
    assert applied() == ["0001_initial"]


def test_a_database_in_the_middle_goes_on_with_the_originals(history: Project) -> None:
    history.safemigrate("shop", "0003")
    squash(history, "0005")
    output = history.safemigrate()
    assert "delayed: shop.0004_drop_gift" in output
    history.safemigrate("--after-deploy")
    assert {"0004_drop_gift", "0005_drop_coupon"} <= set(applied())


def test_what_is_wrong_is_said_by_django(history: Project) -> None:
    with pytest.raises(Exception, match="Cannot find a migration matching '0009'"):
        squash(history, "0009")
