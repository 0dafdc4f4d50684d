"""Each statement gets its codes, and what is safe gets none."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.migrations.state import ModelState
from django.db.models.functions import Lower

from django_safemigrate.linting.statements.codes import PARSER, SQL_CODES
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.phases import Safe
from django_safemigrate.values.sizes import Size
from tests.linting.sql.cases import BAD, GOOD
from tests.linting.sql.support import codes, findings, in_sql, shop


@pytest.mark.parametrize("sql", BAD)
def test_what_is_wrong_is_found(sql: str) -> None:
    found = in_sql(sql)
    assert codes(found) == BAD[sql]
    for one in found:
        assert one.fact.endswith(".")
        assert "\n" not in one.fact
        assert one.why
        assert one.instead
        assert one.operation == "0"


@pytest.mark.parametrize("sql", GOOD)
def test_what_is_safe_is_left_alone(sql: str) -> None:
    assert in_sql(sql) == []


def test_every_code_has_a_statement() -> None:
    assert {code.code for code in SQL_CODES} - {PARSER.code, "SM234", "SM235"} == set().union(*BAD.values())


def test_a_whole_finding() -> None:
    (found,) = in_sql("CREATE INDEX by_name ON shop_order (name)")
    assert found.fact == "Index by_name is built on shop_order without CONCURRENTLY."
    assert found.why == (
        "It takes SHARE on shop_order: nobody writes to shop_order until the index is built. At 10 million rows that is "
        "about 42 s."
    )
    assert found.instead == (
        "CREATE INDEX CONCURRENTLY by_name ON shop_order ...\n"
        "It cannot run in a transaction: give the migration atomic = False, and the statement a string of its own."
    )
    assert (found.migration, found.table, found.operation) == ("shop.0002_change", "shop_order", "0")


def test_after_the_deploy_nobody_uses_what_is_dropped() -> None:
    drops = ["ALTER TABLE shop_order DROP COLUMN note", "DROP TABLE shop_customer"]
    assert {"SM214", "SM215"} <= codes(in_sql(*drops, safe=Safe.before_deploy()))
    assert codes(in_sql(*drops, safe=Safe.after_deploy())) == set()


AFTER_DEPLOY = [sql for sql, found in BAD.items() if found & {"SM214", "SM215", "SM216", "SM221", "SM233"}]


@pytest.mark.parametrize("sql", [*AFTER_DEPLOY, "DROP SCHEMA archive"])
def test_after_the_deploy_nothing_is_taken_away_from_anybody(sql: str) -> None:
    """But foreign keys are triggers, too: nobody is to switch off all of them."""
    found = codes(in_sql(sql, safe=Safe.after_deploy()))
    assert found == ({"SM221"} if sql.endswith("DISABLE TRIGGER ALL") else set())


@pytest.mark.parametrize(
    "constraint", ["CHECK (total > 0) NOT VALID", "FOREIGN KEY (n) REFERENCES c NOT VALID", "UNIQUE USING INDEX i"]
)
def test_a_new_rule_before_the_deploy(constraint: str) -> None:
    sql = f"ALTER TABLE shop_order ADD CONSTRAINT c {constraint}"
    assert codes(in_sql(sql, safe=Safe.before_deploy())) == {"SM234"}
    assert codes(in_sql(sql, safe=Safe.after_deploy())) == set()
    new = "ALTER TABLE shop_order ADD n int; ALTER TABLE shop_order ADD FOREIGN KEY (n) REFERENCES c NOT VALID"
    assert "SM234" not in codes(in_sql(new, safe=Safe.before_deploy()))


COLLATION = 'ALTER TABLE shop_order ALTER name TYPE varchar(50) COLLATE "C"'


@pytest.mark.parametrize(
    "options",
    [
        {"indexes": [models.Index(fields=["-name"], name="i")]},
        {"indexes": [models.Index(Lower("name"), name="i")]},
        {"indexes": [models.Index(fields=["id"], condition=models.Q(name="a"), name="i")]},
        {"constraints": [models.UniqueConstraint(fields=["id"], include=["name"], name="i")]},
        {"unique_together": {("name", "total")}},
    ],
)
def test_another_collation_is_nothing_but_to_indexes(options: Any) -> None:
    state = shop()
    state.models["shop", "order"].options.update(options)
    (found,) = in_sql(COLLATION, before=state)
    assert (found.code.code, found.table) == ("SM203", "shop_order")
    assert found.fact == "The collation of shop_order.name changes: each index with the column is built anew."
    assert "until the index is built" in found.why
    assert in_sql(COLLATION.replace("name TYPE varchar(50)", "note TYPE text"), before=state) == []


def test_tables_of_the_same_release_are_left_alone() -> None:
    sql = "CREATE INDEX i ON shop_order (name); UPDATE shop_order SET name = ''; LOCK TABLE shop_order"
    assert len(in_sql(sql)) == 3
    assert in_sql(sql, new_tables={"shop_order"}) == []


def test_without_the_parser_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "postgast", None)
    (found,) = in_sql("SELECT 1", "DROP TABLE shop_order")
    assert found.code is PARSER
    assert found.instead == "pip install 'django-safemigrate-pg[sql]'"
    assert "Run:" not in found.why
    assert findings(migrations.AddField("order", "n", models.ManyToManyField("shop.Customer"))) == []


class TestTransactions:
    CONCURRENTLY = "CREATE INDEX CONCURRENTLY i ON shop_order (name)"

    def test_without_one_each_text_stands_alone(self) -> None:
        assert in_sql(self.CONCURRENTLY, "SELECT 1", atomic=False) == []
        assert in_sql([self.CONCURRENTLY, "SELECT 1"], atomic=False) == []

    def test_several_statements_in_one_text_are_one(self) -> None:
        (found,) = in_sql(f"{self.CONCURRENTLY}; SELECT 1", atomic=False)
        assert found.code.code == "SM204"
        assert found.why.startswith("Several statements in one string are one transaction")

    def test_validated_in_another_one(self) -> None:
        texts = [
            "ALTER TABLE shop_order ADD CONSTRAINT c CHECK (total > 0) NOT VALID",
            "ALTER TABLE shop_order VALIDATE CONSTRAINT c",
        ]
        assert in_sql(*texts, atomic=False) == []
        assert codes(in_sql("; ".join(texts), atomic=False)) == {"SM207"}
        # safemigrate gives each operation a transaction of its own.
        assert in_sql(*texts) == []
        assert codes(in_sql(texts)) == {"SM207"}

    def test_locks_in_several(self) -> None:
        texts = ["ALTER TABLE shop_order ADD n int", "ALTER TABLE shop_customer ADD n int", "ALTER TABLE c ADD n int"]
        assert in_sql(*texts) == []
        (found,) = in_sql(texts)
        assert found.fact == "The lock on shop_customer is asked for while that on shop_order is held."


class TestParameters:
    def test_they_are_put_in(self) -> None:
        sql = "UPDATE shop_order SET note = %s, total = %s, name = '100%%' WHERE id = %s"
        assert in_sql([(sql, ["it's", None, 5])]) == []
        assert in_sql([("UPDATE shop_order SET note = %(note)s WHERE id = %(id)s", {"note": ["a"], "id": 1.5})]) == []
        assert codes(in_sql([("UPDATE shop_order SET note = %s", [True])])) == {"SM223"}

    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            (("SELECT %s", []), "there are more placeholders than parameters"),
            (("SELECT %s", [1, 2]), "1 of 2 parameters have no placeholder"),
            (("SELECT %(a)s", {}), "there is no parameter 'a'"),
            (("SELECT %(a)s", [1]), "'%(a)s' does not go with parameters in a list"),
            (("SELECT %s", {"a": 1}), "'%s' does not go with parameters in a dict"),
            (("SELECT 5 % 2", [1]), "'% ' is no placeholder"),
            (("SELECT 1 %", [1]), "'%' is no placeholder"),
            (("SELECT 1", [], []), "Django expects a pair of SQL and parameters, and gets 3 items"),
        ],
    )
    def test_what_does_not_fit_is_said(self, item: object, reason: str) -> None:
        (found,) = in_sql([item])
        assert found.code.code == "SM229"
        assert reason in found.fact


class TestBackwards:
    def test_only_what_does_not_parse_is_said(self) -> None:
        backwards = migrations.RunSQL("SELECT 1", reverse_sql="DROP TABLE shop_order")
        assert findings(backwards) == []
        backwards = migrations.RunSQL("SELECT 1", reverse_sql=["SELECT 1", "DORP TABLE shop_order"])
        assert codes(findings(backwards)) == {"SM228"}
        assert findings(migrations.RunSQL(migrations.RunSQL.noop, reverse_sql=migrations.RunSQL.noop)) == []


class TestSizes:
    SMALL, LARGE = {"shop_order": Size(100, 8192)}, {"public.shop_order": Size(80_000_000, 20 * 2**30)}

    def test_small_tables_are_read_in_no_time(self) -> None:
        assert in_sql("CREATE INDEX i ON shop_order (name)", sizes=self.SMALL) == []
        assert codes(in_sql("ALTER TABLE shop_order DROP COLUMN note", sizes=self.SMALL)) == {"SM214"}

    def test_how_small_is_a_setting(self) -> None:
        sql = "CREATE INDEX i ON shop_order (name)"
        assert codes(in_sql(sql, sizes=self.SMALL, small=SmallTable(rows=0))) == {"SM201"}
        assert in_sql(sql, sizes={"shop_order": Size(20_000, 8192)}, small=SmallTable(rows=20_000)) == []

    def test_of_large_ones_it_is_said_how_long(self) -> None:
        (found,) = in_sql("CREATE INDEX i ON public.shop_order (name)", sizes=self.LARGE)
        assert "With about 80,000,000 rows, 20 GB, that is about 5.7 min." in found.why

    def test_one_statement_is_quicker_than_batches_and_locks_all_rows(self) -> None:
        (found,) = in_sql("UPDATE shop_order SET note = ''")
        assert found.why.startswith(
            "It takes ROW EXCLUSIVE on shop_order: whoever changes the same rows of shop_order waits until all rows are "
            "changed and the transaction is over. At 10 million rows that is about 90 s."
        )

    def test_a_condition_counts_where_the_table_is_large(self) -> None:
        sql = "UPDATE public.shop_order SET note = '' WHERE note IS NULL"
        assert in_sql(sql) == []
        assert in_sql(sql, sizes={"shop_order": Size(100, 8192)}) == []
        assert codes(in_sql(sql, sizes=self.LARGE)) == {"SM223"}


def test_sql_of_another_database_is_nobodys_to_read() -> None:
    other = migrations.RunSQL("PRAGMA foreign_keys = OFF", hints={"target": "sqlite"})
    assert codes(findings(other)) == {"SM228"}
    assert findings(other, touches=lambda operation, app_label, before: False) == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE shop_line ALTER order_id TYPE bigint", set()),
        ("ALTER TABLE shop_line ALTER order_id TYPE int", {"SM211"}),
        ("ALTER TABLE shop_line ALTER code_id TYPE varchar(20)", set()),
        ("ALTER TABLE shop_line ALTER code_id TYPE varchar(5)", {"SM211"}),
        ("ALTER TABLE shop_line ALTER gone_id TYPE bigint", {"SM211"}),
        ("ALTER TABLE shop_line ALTER odd TYPE bigint", {"SM211"}),
        ("ALTER TABLE shop_line ALTER tags TYPE varchar(20)[]", {"SM211"}),
    ],
)
def test_a_key_has_the_type_of_what_it_refers_to(sql: str, expected: set[str]) -> None:
    class Odd(models.IntegerField):
        def db_type(self, connection: object) -> str:
            return "what is this"

    state = shop()
    state.models["shop", "customer"].fields["code"] = models.CharField(max_length=9, unique=True)
    fields: list[tuple[str, Any]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("order", models.ForeignKey("shop.Order", models.CASCADE)),
        ("code", models.ForeignKey("shop.Customer", models.CASCADE, to_field="code")),
        ("gone", models.ForeignKey("shop.Gone", models.CASCADE)),
        ("odd", Odd()),
        ("tags", ArrayField(models.CharField(max_length=10))),
    ]
    state.add_model(ModelState("shop", "Line", fields))
    assert codes(in_sql(sql, before=state)) == expected


def test_inside_separate_database_and_state() -> None:
    inner = migrations.RunSQL("CREATE INDEX i ON shop_order (name)")
    (found,) = findings(migrations.SeparateDatabaseAndState([migrations.RunSQL("SELECT 1"), inner]))
    assert found.operation == "0.1"


def test_tables_of_models_made_before_it() -> None:
    made = migrations.CreateModel(
        "Line", [("id", models.BigAutoField(primary_key=True)), ("orders", models.ManyToManyField("shop.Order"))]
    )
    added = migrations.AddField("order", "friends", models.ManyToManyField("shop.Customer"))
    sql = [f"CREATE INDEX i ON {table} (id)" for table in ("shop_line", "shop_line_orders", "shop_order_friends")]
    assert findings(made, added, *(migrations.RunSQL(one) for one in sql)) == []
    unmanaged = migrations.CreateModel("Line", made.fields, {"managed": False})
    assert codes(findings(unmanaged, migrations.RunSQL(sql[0]))) == {"SM201"}
