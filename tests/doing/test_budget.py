"""The budget of others' waiting is that of a table, not of a run."""

from __future__ import annotations

import time
from typing import Any

import pytest

from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.doing.asking import Asker
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import LockMode, RelationLock


class Seen:
    """An observer that sees an old transaction at its first look, and nothing more."""

    def __init__(self) -> None:
        self.found: list[tuple[Holder, ...]] = [(Holder(7, LockMode.ACCESS_SHARE, "b", transaction_age=60.0),)]

    def holders(self, locks: Any) -> tuple[Holder, ...]:
        return self.found.pop() if self.found else ()

    def waiting_behind(self, seconds: float) -> list[tuple[int, str, float]]:
        return []


def test_waiting_is_counted_as_it_was_on_a_server_that_answers_late() -> None:
    class Busy(Seen):
        def holders(self, locks: Any) -> tuple[Holder, ...]:
            time.sleep(0.3)
            return super().holders(locks)

    observer: Any = Busy()
    asker = Asker(LockPolicy(), None, observer, lambda event: None, lambda sql: 0)  # type: ignore[arg-type]
    asker.run("shop.0002", [RelationLock('"a"', LockMode.ACCESS_EXCLUSIVE)], lambda timeout: "done")
    assert asker.account.waited >= 0.3
    assert asker.budget.waited == asker.account.waited


@pytest.mark.parametrize("table", ['"a"', '"b"'])
def test_where_others_have_waited_enough_for_one_table_another_is_still_asked_for(table: str) -> None:
    observer: Any = Seen()
    asker = Asker(LockPolicy(blocked_budget=5), None, observer, lambda event: None, lambda sql: 0)  # type: ignore[arg-type]
    asker.budget.charge('"a"', 6.0)
    lock = RelationLock(table, LockMode.ACCESS_EXCLUSIVE)
    if table == '"a"':
        with pytest.raises(LockUnavailable, match="behind requests for a"):
            asker.run("shop.0002", [lock], lambda timeout: "done")
    else:
        assert asker.run("shop.0002", [lock], lambda timeout: "done") == "done"
