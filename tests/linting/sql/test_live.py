"""What the linter says without a server is held to one: rewrites, scans, and what Django's editor writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now, Upper

from django_safemigrate.linting.sql.sent import sent_by
from django_safemigrate.linting.statements.expressions import SERVERS_OWN, VOLATILE
from django_safemigrate.linting.statements.types import kept_as_it_is, type_of_text
from django_safemigrate.values.findings import MigratesWith
from tests.linting.sql.support import codes, in_sql, inspect
from tests.support.database import execute, new_database, rows, value

pytestmark = [pytest.mark.postgres]


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One database for all that is taken back."""
    with django_db_blocker.unblock(), new_database(tmp_path_factory.mktemp("tables")):  # type: ignore[attr-defined]
        execute("CREATE TABLE shop_customer (id bigint PRIMARY KEY)")
        execute("CREATE TABLE shop_order (id bigint, name varchar(50), total numeric(8, 2), note text)")
        execute("CREATE FUNCTION number() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'")
        execute("INSERT INTO shop_order VALUES (1, '', 1, '')")
        execute("SET TimeZone = 'Europe/Vienna'")
        yield


def rewritten(*sql: str, of: str = "shop_order") -> bool:
    """Whether the last of these statements makes a new file for the table, or an index; all are taken back."""
    file = f"SELECT pg_relation_filenode('{of}')"
    execute("BEGIN")
    try:
        for one in sql[:-1]:
            execute(one)
        before = value(file)
        execute(sql[-1])
        return bool(value(file) != before)
    finally:
        execute("ROLLBACK")


TYPES = (
    *(
        "varchar(10)",
        "varchar(50)",
        "varchar",
        "text",
        "char(5)",
        "char(10)",
        "varchar(10)[]",
        "varchar(50)[]",
        "text[]",
    ),
    *("smallint", "integer", "bigint", "numeric", "numeric(8, 2)", "numeric(10, 2)", "numeric(10, 3)", "numeric(8)"),
    *(
        "real",
        "double precision",
        "timestamp",
        "timestamp(3)",
        "timestamp with time zone",
        "timestamp(3) with time zone",
    ),
    *("time", "time(3)", "interval", "interval(3)", "bit(5)", "varbit(5)", "varbit(9)", "varbit", "cidr", "inet"),
    *("json", "jsonb", "date", "uuid", "boolean"),
)


def test_which_changes_of_a_type_leave_the_rows_alone() -> None:
    wrong = []
    for old, new in permutations(TYPES, 2):
        from_type, to_type = type_of_text(old), new_tree(new)
        assert from_type is not None
        try:
            really = rewritten(
                f"ALTER TABLE shop_order ADD COLUMN c {old}", f"ALTER TABLE shop_order ALTER COLUMN c TYPE {new}"
            )
        except DatabaseError:
            continue  # there is no cast
        if kept_as_it_is(from_type, to_type) == really:
            wrong.append((old, new, really))
    assert wrong == []


def new_tree(sql: str) -> Any:
    from django_safemigrate.grammar.parse import parse

    (tree,) = parse(f"ALTER TABLE t ALTER c TYPE {sql}")
    return tree["alter_table_stmt"]["cmds"][0]["alter_table_cmd"]["def"]["column_def"]["type_name"]


@pytest.mark.parametrize(
    "column",
    [
        "n int",
        "n int NOT NULL DEFAULT 5",
        "n int DEFAULT NULL",
        "n int DEFAULT number()",
        "n int DEFAULT length('abc')",
        "n timestamptz DEFAULT now()",
        "n timestamptz DEFAULT CURRENT_TIMESTAMP",
        "n timestamptz DEFAULT clock_timestamp()",
        "n uuid DEFAULT gen_random_uuid()",
        "n float DEFAULT random()",
        "n text DEFAULT upper('a') || md5('b')",
        "n text[] DEFAULT ARRAY['a', 'b']",
        "n jsonb DEFAULT '{}'::jsonb",
        "n bigserial",
        "n int GENERATED ALWAYS AS IDENTITY",
        "n numeric GENERATED ALWAYS AS (total * 2) STORED",
    ],
)
def test_which_columns_rewrite_the_table(column: str) -> None:
    sql = f"ALTER TABLE shop_order ADD COLUMN {column}"
    assert ("SM212" in codes(in_sql(sql))) == rewritten(sql)


def test_another_collation_leaves_the_rows_alone_and_not_the_indexes() -> None:
    index, sql = "CREATE INDEX i ON shop_order (name)", 'ALTER TABLE shop_order ALTER name TYPE varchar(50) COLLATE "C"'
    assert not rewritten(sql)
    assert not rewritten(index, sql)
    assert rewritten(index, sql, of="i")
    assert not rewritten(index, "ALTER TABLE shop_order ALTER name TYPE varchar(60)", of="i")


def test_what_is_said_to_write_the_table_anew_does() -> None:
    for sql in ("ALTER TABLE shop_order SET UNLOGGED", "ALTER TABLE shop_order ALTER name TYPE varchar(10)"):
        assert rewritten(sql)
        assert codes(in_sql(sql)) & {"SM211", "SM217"}


@pytest.mark.parametrize(
    ("sql", "scans"),
    [
        ("ALTER TABLE shop_order ADD COLUMN n int CHECK (n > 0)", True),
        ("ALTER TABLE shop_order ADD CHECK (id > 0)", True),
        ("ALTER TABLE shop_order ADD CHECK (id > 0) NOT VALID", False),
        ("ALTER TABLE shop_order ALTER note SET NOT NULL", True),
        ("ALTER TABLE shop_order ADD COLUMN n int", False),
    ],
)
def test_what_reads_every_row(sql: str, scans: bool) -> None:
    heard: list[str] = []
    session = connection.connection
    session.add_notice_handler(hear := lambda notice: heard.append(notice.message_primary))
    execute("SET client_min_messages = debug1")
    try:
        rewritten(sql)
    finally:
        execute("RESET client_min_messages")
        session.remove_notice_handler(hear)
    assert any(message.startswith("verifying table") for message in heard) == scans
    assert bool(codes(in_sql(sql)) & {"SM205", "SM208"}) == scans


def test_functions_are_as_volatile_as_the_server_says() -> None:
    found = rows(
        "SELECT proname, bool_or(provolatile = 'v') FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace "
        "AND proname = ANY (%s) GROUP BY proname",
        [sorted(SERVERS_OWN)],
    )
    sizes = {name for name in SERVERS_OWN if name.endswith("_size")}
    assert {name for name, volatile in found if volatile} - sizes <= VOLATILE
    assert {name for name, volatile in found if not volatile} & VOLATILE == set()


OPERATIONS: list[Operation] = [
    migrations.AddField("order", "n", models.IntegerField(default=5)),
    migrations.AddField("order", "n", models.CharField(max_length=9, default="100% it's", db_index=True)),
    migrations.AddField("order", "n", models.DateTimeField(db_default=Now())),
    migrations.AddField("order", "n", models.PositiveIntegerField(null=True, unique=True, db_comment="a 'comment'")),
    migrations.AddField("order", "customer", models.ForeignKey("shop.Customer", models.CASCADE, null=True)),
    migrations.AddField("order", "friends", models.ManyToManyField("shop.Customer")),
    migrations.AddField(
        "order",
        "n",
        models.GeneratedField(expression=Upper("name"), output_field=models.TextField(), db_persist=True),
    ),
    migrations.AlterField("order", "name", models.TextField(null=True)),
    migrations.AlterField("order", "note", models.TextField(default="it's 5%")),
    migrations.AlterField("order", "total", models.IntegerField()),
    migrations.AlterField("order", "name", models.CharField(max_length=50, db_collation="C")),
    migrations.AddIndex("order", models.Index(Upper("name"), name="i", condition=models.Q(note="it's 5%"))),
    migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(name__gt="it's 5%"), name="c")),
    migrations.AddConstraint("order", models.UniqueConstraint(fields=["name"], include=["note"], name="u")),
    migrations.RemoveField("order", "note"),
    migrations.DeleteModel("Order"),
    migrations.RenameModel("Customer", "Client"),
    migrations.CreateModel(
        "Line",
        [("id", models.BigAutoField(primary_key=True)), ("order", models.ForeignKey("shop.Order", models.CASCADE))],
    ),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.describe())
def test_djangos_editor_writes_the_same_with_a_server(operation: Operation) -> None:
    inspected = inspect([operation], migrates_with=MigratesWith.MIGRATE)
    texts = [one.text.sql.rstrip(";") for one in sent_by(inspected)]
    (bound,) = inspected.bound()
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        bound.run(editor)
    assert texts == [sql.rstrip(";") for sql in editor.collected_sql if not sql.startswith("--")]
