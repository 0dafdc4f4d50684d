from __future__ import annotations

import pytest

from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import LockMode


@pytest.mark.parametrize(
    ("holder", "text"),
    [
        (
            Holder(42, LockMode.ACCESS_SHARE, "t", "report", "anna", "idle in transaction", "client backend", 3.21),
            "pid 42 'report' (user anna), idle in transaction, in its transaction for 3.2 s, holds ACCESS SHARE on t",
        ),
        (
            Holder(42, LockMode.SHARE_UPDATE_EXCLUSIVE, "t", backend_type="autovacuum worker", state="active"),
            "pid 42 autovacuum worker, active, holds SHARE UPDATE EXCLUSIVE on t",
        ),
        (Holder(42, LockMode.SHARE, "t"), "pid 42, state not visible, holds SHARE on t"),
        (Holder(None, LockMode.SHARE, "t"), "a prepared transaction holds SHARE on t"),
    ],
)
def test_a_holder_says_who_it_is_as_far_as_the_server_tells(holder: Holder, text: str) -> None:
    assert str(holder) == text
