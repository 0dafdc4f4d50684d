"""A plan with everything in it, made by hand: every kind of wait, both phases, refusals, and names that try to be HTML."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import migrations, models

from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.explaining import Circumstances
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.plan import Plan
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.reporting.plan_page import Heading
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.phases import Phase, Safe
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Step, Work

AX, SUE, SRX, RX = (
    LockMode.ACCESS_EXCLUSIVE,
    LockMode.SHARE_UPDATE_EXCLUSIVE,
    LockMode.SHARE_ROW_EXCLUSIVE,
    LockMode.ROW_EXCLUSIVE,
)
ORDER, CUSTOMER, PARCEL = '"shop_order"', '"shop_customer"', '"shop_parcel"'
GB = 1024**3

HEADING = Heading(Phase.BEFORE_DEPLOY, "default (PostgreSQL)", datetime(2031, 5, 6, 7, 8, tzinfo=UTC))
MET = Circumstances({ORDER: Size(20_000_000, 4 * GB), CUSTOMER: Size(400, 96 * 1024)}, frozenset({PARCEL}))


def step(description: str, work: Work = Work.CATALOG, *locks: tuple[str, LockMode], **more: Any) -> Step:
    more = {"sql": f"-- {description}", "undo": "-- back", **more}
    return Step(description=description, locks=tuple(RelationLock(*lock) for lock in locks), work=work, **more)


def migration(
    name: str, *steps: StepPreview, status: Status = Status.READY, warning: str = "", **more: Any
) -> MigrationPreview:
    one = migrations.Migration(name, "shop")
    one.operations = [migrations.AddField("order", "x", models.IntegerField(null=True))]
    safe = Safe.after_deploy() if status is Status.DELAYED else Safe.before_deploy()
    planned = Planned(one, status, f"is {status.value}", Assigned(safe, warning=warning))
    return MigrationPreview(planned, steps, **more)


def plan_of(*previews: MigrationPreview, backwards: bool = False, new_database: bool = False) -> Preview:
    plan = Plan(tuple(one.planned for one in previews), (), backwards=backwards, new_database=new_database)
    return Preview(plan, previews, MET)


NASTY = '<script>alert("x")</script>'
LONG = "a_name_that_is_as_long_as_postgresql_allows_and_has_no_place_to_break"

EVERYTHING = plan_of(
    migration(
        "0002_expand",
        StepPreview(step("Add column channel to shop_order", Work.CATALOG, (ORDER, AX)), done=True),
        StepPreview(step("Build index numbers", Work.INDEX_BUILD, (ORDER, SUE), transactional=False)),
        StepPreview(step(f"Prove the check {LONG}", Work.SCAN, (ORDER, SUE), undo=None)),
        StepPreview(step("Fill totals", Work.ROWS, (ORDER, RX), undo=None, transactional=False)),
        StepPreview(step("Create table shop_parcel")),
        StepPreview(step("Add foreign key", Work.CATALOG, (PARCEL, SRX), (ORDER, SRX), (CUSTOMER, SRX))),
        StepPreview(
            step("Drop index", Work.INDEX_DROP, (ORDER, SUE), remark=f"Queries are slow until it is back. {NASTY}")
        ),
        warning="it runs before deploy, and that is not safe",
    ),
    migration(
        "0003_rewrite",
        StepPreview(step("Change a type", Work.REWRITE, (ORDER, AX), undo=None, remark="Allowed by --allow-unsafe.")),
        StepPreview(step("Change a small one", Work.REWRITE, (CUSTOMER, AX), undo="-- one\n-- two")),
        StepPreview(step("Put back", Work.CATALOG, (CUSTOMER, AX)), conflict="Column x exists with another type."),
    ),
    migration("0004_refused", refused=f"Refused: shop.0004\nIt renames {NASTY}.\nWhy\nInstead"),
    migration("0005_blocked", status=Status.BLOCKED),
    migration(
        "0006_contract",
        StepPreview(
            step("Raw Python operation", Work.OPAQUE, sql="", undo=None),
            sql=("-- Raw Python", f"SELECT '{NASTY}'"),
            locks=(RelationLock(ORDER, AX),),
        ),
        StepPreview(step("Run SQL", Work.OPAQUE, sql="", undo=None, transactional=False), has_reverse=True),
        StepPreview(step(f"Drop column {NASTY}", Work.CATALOG, (ORDER, AX), undo=None, no_undo="it is gone.")),
        status=Status.DELAYED,
        unknown="there is no table yet",
    ),
)
