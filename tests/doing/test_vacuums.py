"""An autovacuum makes way for whoever waits for its lock; what does not is left alone."""

from __future__ import annotations

import pytest
from django.db import connection

from django_safemigrate.doing.vacuums import make_way
from tests.support.database import value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("quickly", [True, False])
def test_where_nobody_is_in_the_way(live: Project, quickly: bool) -> None:
    before = value("SHOW deadlock_timeout")
    assert make_way(connection, "shop_order", 10.0, quickly=quickly)
    assert value("SHOW deadlock_timeout") == before
    assert value("SHOW lock_timeout") == "0"


def test_whoever_keeps_the_lock_keeps_it(live: Project) -> None:
    """As a vacuum against wraparound does, or somebody's own VACUUM."""
    with holding("LOCK TABLE shop_order IN SHARE UPDATE EXCLUSIVE MODE"):
        assert not make_way(connection, "shop_order", 0.1, quickly=True)
    assert value("SHOW lock_timeout") == "0"


def test_a_table_that_is_not_there_is_an_error(live: Project) -> None:
    with pytest.raises(Exception, match="shop_nothing"):
        make_way(connection, "shop_nothing", 0.1, quickly=True)
