"""What holds steps to their promises notices each way of breaking one."""

from __future__ import annotations

import pytest

from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work
from tests.compile.promises import broken, observe
from tests.compile.runs import changes, prepared

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]

ORDER, CUSTOMER = '"shop_order"', '"shop_customer"'
AX, SRX, SUE = LockMode.ACCESS_EXCLUSIVE, LockMode.SHARE_ROW_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE
CHECK = "ALTER TABLE shop_order ADD CONSTRAINT k CHECK (amount > -1)"
KEY = "ALTER TABLE shop_order ADD CONSTRAINT k FOREIGN KEY (amount) REFERENCES shop_customer (code)"
TYPE = "ALTER TABLE shop_order ALTER kept TYPE bigint"


@pytest.mark.parametrize(
    ("sql", "work", "locks", "expected"),
    [
        (
            "ALTER TABLE shop_order ADD a int",
            Work.CATALOG,
            {ORDER: SUE},
            ["it promises SHARE UPDATE EXCLUSIVE on shop_order, but takes ACCESS EXCLUSIVE"],
        ),
        (
            "ALTER TABLE shop_order ADD a int",
            Work.CATALOG,
            {ORDER: AX, CUSTOMER: SRX},
            ["it promises SHARE ROW EXCLUSIVE on shop_customer, but takes none"],
        ),
        (
            "ALTER TABLE shop_order ADD a int",
            Work.CATALOG,
            {ORDER: AX, '"nowhere"': AX},
            ["it promises ACCESS EXCLUSIVE on a relation that is not there, but takes none"],
        ),
        (
            f"{KEY} NOT VALID",
            Work.CATALOG,
            {ORDER: SRX},
            ["it takes SHARE ROW EXCLUSIVE on shop_customer, and does not promise it"],
        ),
        (CHECK, Work.CATALOG, {ORDER: AX}, ["['verifying table shop_order'], as CATALOG"]),
        (
            CHECK,
            Work.SCAN,
            {ORDER: AX},
            ["others wait for ['ACCESS EXCLUSIVE on shop_order'], as SCAN"],
        ),
        (f"{CHECK} NOT VALID", Work.BLOCKING_SCAN, {ORDER: AX}, ["it reads nothing, as BLOCKING_SCAN"]),
        (f"{CHECK} NOT VALID", Work.BLOCKING_BUILD, {ORDER: AX}, ["it builds nothing, as BLOCKING_BUILD"]),
        (f"{CHECK} NOT VALID", Work.REWRITE, {ORDER: AX}, ["it rewrites nothing, as REWRITE"]),
        (TYPE, Work.BLOCKING_BUILD, {ORDER: AX}, ["it rewrites the table, as BLOCKING_BUILD"]),
        (
            "CREATE INDEX k ON shop_order (kept)",
            Work.CATALOG,
            {ORDER: LockMode.SHARE},
            ["['building index shop_order'], as CATALOG"],
        ),
    ],
)
def test_it_is_noticed(sql: str, work: Work, locks: dict[str, LockMode], expected: list[str]) -> None:
    prepared(changes()["python only"])
    promised = tuple(RelationLock(relation, mode) for relation, mode in locks.items())
    step = Step(description="", sql=sql, locks=promised, work=work)
    assert broken(step, observe(step)) == expected


def test_a_rewrite_as_a_change_of_the_catalog() -> None:
    prepared(changes()["python only"])
    step = Step(description="", sql=TYPE, locks=(RelationLock(ORDER, AX),), work=Work.CATALOG)
    found = broken(step, observe(step))
    assert "it rewrites the table, as CATALOG" in found
    assert any(one.startswith("it replaces the files of ['by_hand', ") for one in found)


def test_a_key_that_is_proved_under_the_lock() -> None:
    prepared(changes()["python only"])
    key = "ALTER TABLE shop_order ADD CONSTRAINT k FOREIGN KEY (customer_id) REFERENCES shop_customer"
    locks = (RelationLock(ORDER, SRX), RelationLock(CUSTOMER, SRX))
    step = Step(description="", sql=key, locks=locks, work=Work.CATALOG)
    assert broken(step, observe(step)) == ["['validating foreign key constraint shop_order'], as CATALOG"]
