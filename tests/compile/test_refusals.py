"""What has no safe way is refused: the fact, the reason, and what to do instead, in whole sentences."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation

from django_safemigrate.compile.operations import compile_migration
from django_safemigrate.compile.situation import Allowances, Situation
from django_safemigrate.compile.statements import steps_of
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.errors import Refused
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.steps import Step, Work
from tests.compile.runs import changes, prepared
from tests.support.database import execute

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]

NONE_IS_SMALL = Allowances(small=SmallTable(rows=0))
ANYWAY = "To run it as it is, in a maintenance window: safemigrate --allow-unsafe shop.0002_change"

TEXTS = {
    "column renamed": """\
Rename field amount on order to total
It renames column amount of table shop_order to total.
From that moment on every query of the running release on this column fails.
Keep the column: give the field total db_column='amount' in the model, and write
    migrations.AlterField(
        model_name='order',
        name='amount',
        field=models.IntegerField(db_column='amount'),
    ),
    migrations.RenameField(
        model_name='order',
        old_name='amount',
        new_name='total',
    ),""",
    "column renamed by db_column": """\
Alter field amount on order
It renames column amount of table shop_order to Total.
From that moment on every query of the running release on this column fails.
Keep the column: give the field amount db_column='amount', here and in the model.""",
    "model renamed": """\
Rename model Order to Purchase
It renames table shop_order to shop_purchase.
From that moment on every query of the running release on this table fails.
Keep the name Order: Django names a column after the model in the tables of its many-to-many fields without a through model \
(tags). Give the new name to a proxy model instead.""",
    "model renamed that is referred to": """\
Rename model Customer to Client
It renames table shop_customer to shop_client.
From that moment on every query of the running release on this table fails.
Keep the table: write db_table = 'shop_customer' into class Meta of Client, and write
    migrations.AlterModelTable(
        name='Customer',
        table='shop_customer',
    ),
    migrations.RenameModel(
        old_name='Customer',
        new_name='Client',
    ),""",
    "table renamed": """\
Rename table for order to Our orders
It renames table shop_order to Our orders.
From that moment on every query of the running release on this table fails.
Keep the table: take db_table out of class Meta of Order, and remove this operation.""",
    "stored generated column": """\
Add field a to order
It adds column a to table shop_order, which rewrites the table.
A stored generated column is computed for every row while nobody can read or write the table.
Use db_persist=False (PostgreSQL 18, Django 6.1), which stores nothing. Or add a plain column, keep it up to date with a \
trigger, and fill it in batches.""",
    "exclusion constraint": """\
Create constraint k on model order
It adds exclusion constraint k to table shop_order.
PostgreSQL has no way to build its index while the table is in use.
Keep the rule with a trigger, or add the constraint to a new table into which rows are moved, or run the migration in a \
maintenance window.""",
    "integer to bigint": """\
Alter field a on thing
It changes the type of column a of table shop_thing to bigint, which rewrites the table.
Nobody can read or write it meanwhile.
Add a second field of the new type beside a, let the application write both, fill the old rows in batches, read the new \
one, and remove the old one.""",
    "longer text, with a unique functional index": """\
Alter field a on thing
It changes the type of column a of table shop_thing to varchar(20), for which the server rebuilds these indexes: \
thing_unique.
Nobody can read or write the table meanwhile; and dropped before and built again after it, unique ones would let \
duplicates in.
Add a second field of the new type beside a with the same constraints, let the application write both, fill the old rows \
in batches, read the new one, and remove the old one.""",
    "collation of unique text": """\
Alter field a on thing
It changes the collation of column a of table shop_thing, for which the server rebuilds these indexes: \
shop_thing_a_aa1cd8fa_like, shop_thing_a_key.
Nobody can read or write the table meanwhile; and dropped before and built again after it, unique ones would let \
duplicates in.
Add a second field of the new type beside a with the same constraints, let the application write both, fill the old rows \
in batches, read the new one, and remove the old one.""",
    "partitioned table: longer text, with a partial index": """\
Alter field b on thing
It changes the type of column b of table shop_thing to varchar(20), for which the server rebuilds these indexes: i.
Nobody can read or write the table meanwhile; and dropped before and built again after it, those of a partitioned table \
would lock it as long.
Add a second field of the new type beside b with the same constraints, let the application write both, fill the old rows \
in batches, read the new one, and remove the old one.""",
    "primary key added in place of another": """\
Add field key to thing
It adds column key to table shop_thing, which rewrites the table.
The server computes a value for every row (bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY) while nobody can read or write \
the table.
Add it as a nullable column without a default; set its default in a second migration; fill the rows in batches; only then \
make it NOT NULL.""",
}


def compiled(name: str, allowances: Allowances, *instead: Operation) -> list[Step]:
    state, migration = prepared(changes()[name])
    migration.operations = list(instead) or migration.operations
    return [step for _, steps in compile_migration(migration, state, connection, allowances) for step in steps]


@pytest.mark.parametrize("name", TEXTS)
def test_the_whole_text(name: str) -> None:
    with pytest.raises(Refused) as error:
        compiled(name, NONE_IS_SMALL)
    assert str(error.value) == f"shop.0002_change: {TEXTS[name]}\n{ANYWAY}"


def test_a_table_goes_to_another_tablespace() -> None:
    """No operation of Django's writes it; an engine or an operation of somebody else's may."""
    prepared(changes()["python only"])
    parts = {"table": '"shop_order"', "new_tablespace": '"fast"'}
    with pytest.raises(Unsafe) as error:
        list(steps_of(Written("sql_retablespace_table", parts, ""), Situation(connection, NONE_IS_SMALL)))
    assert (error.value.fact, error.value.reason, error.value.remedy) == (
        "It moves table shop_order to tablespace fast.",
        "The server copies the table and lets nobody read or write it meanwhile.",
        "Move it in a maintenance window (ALTER TABLE ... SET TABLESPACE) or with pg_repack --tablespace, and record this "
        "migration with migrate --fake.",
    )


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        (
            "column renamed",
            [
                migrations.AlterField("order", "amount", models.IntegerField(db_column="amount")),
                migrations.RenameField("order", "amount", "total"),
            ],
        ),
        (
            "model renamed that is referred to",
            [migrations.AlterModelTable("Customer", "shop_customer"), migrations.RenameModel("Customer", "Client")],
        ),
        (
            "column renamed by db_column",
            [migrations.AlterField("order", "amount", models.IntegerField(db_column="amount"))],
        ),
    ],
)
def test_what_is_advised_changes_nothing_in_the_database(name: str, instead: list[Operation]) -> None:
    assert compiled(name, NONE_IS_SMALL, *instead) == []


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("integer to bigint", Work.REWRITE),
        ("stored generated column", Work.REWRITE),
        ("exclusion constraint", Work.BLOCKING_BUILD),
        ("longer text, with a unique functional index", Work.BLOCKING_BUILD),
    ],
)
def test_a_small_table_passes_and_the_plan_says_why(name: str, work: Work) -> None:
    small = compiled(name, Allowances())
    assert [step.work for step in small] == [work]
    fact = TEXTS[name].splitlines()[1]
    assert small[0].remark.startswith(f"{fact} Allowed, because the table is small (")
    assert small[0].remark.endswith("), within the limit.")


def test_a_table_with_more_rows_than_the_limit_is_not_small() -> None:
    state, migration = prepared(changes()["integer to bigint"])
    execute("ANALYZE shop_thing")
    assert compile_migration(migration, state, connection, Allowances(small=SmallTable(rows=200)))
    with pytest.raises(Refused):
        compile_migration(migration, state, connection, Allowances(small=SmallTable(rows=199)))


@pytest.mark.parametrize("name", ["column renamed", "table renamed", "model renamed"])
def test_no_table_is_small_enough_for_a_rename(name: str) -> None:
    with pytest.raises(Refused):
        compiled(name, Allowances())


@pytest.mark.parametrize("name", TEXTS)
def test_everything_passes_when_the_user_says_so(name: str) -> None:
    steps = compiled(name, Allowances(small=SmallTable(rows=0), unsafe=True))
    fact = TEXTS[name].splitlines()[1]
    assert [
        step for step in steps if step.remark.startswith(fact) and step.remark.endswith("Allowed by --allow-unsafe.")
    ]


def test_what_the_server_cannot_convert() -> None:
    """The server's own words, before anything is done."""
    alter = migrations.AlterField("order", "period", models.IntegerField())
    with pytest.raises(Refused) as error:
        compiled("python only", Allowances(unsafe=True), alter)
    assert error.value.fact.endswith("Column period of table shop_order cannot get its new type.")
    assert error.value.reason == "The server says: cannot cast type int4range to integer"
