from __future__ import annotations

import pytest

from django_safemigrate.values.goals import IndexAbsent
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work


def step(*modes: LockMode) -> Step:
    return Step(
        description="Do something",
        sql="SELECT 1",
        locks=tuple(RelationLock(f"t{n}", mode) for n, mode in enumerate(modes)),
        work=Work.CATALOG,
        goal=IndexAbsent("i"),
    )


def test_the_strongest_lock_is_the_one_to_fear() -> None:
    assert (
        step(LockMode.SHARE, LockMode.ACCESS_EXCLUSIVE, LockMode.ROW_SHARE).strongest_lock is LockMode.ACCESS_EXCLUSIVE
    )


@pytest.mark.parametrize(
    ("modes", "waits"),
    [
        ((LockMode.SHARE_UPDATE_EXCLUSIVE,), False),
        ((LockMode.SHARE,), True),
        ((LockMode.ROW_EXCLUSIVE, LockMode.ACCESS_EXCLUSIVE), True),
        ((), False),
    ],
)
def test_a_step_makes_others_wait_if_one_of_its_locks_does(modes: tuple[LockMode, ...], waits: bool) -> None:
    assert step(*modes).makes_others_wait is waits


def test_a_step_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        step(LockMode.SHARE).sql = "DROP TABLE t"  # type: ignore[misc]
