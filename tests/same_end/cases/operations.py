"""X: SQL, Python, state and database apart, extensions, and operations of other people."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import (
    BtreeGinExtension,
    CITextExtension,
    CreateCollation,
    CreateExtension,
    RemoveCollation,
)
from django.db import models
from django.db.migrations import (
    AddField,
    AddIndex,
    AlterField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.models import CASCADE, Index

from tests.same_end.case import SHOP, SHOP_ROWS, added, model, on_order

INTEGER, CHAR = models.IntegerField, models.CharField


def fill(apps: Any, editor: Any) -> None:
    apps.get_model("shop", "Order").objects.filter(number__gt=2).update(note="filled")


def alter(apps: Any, editor: Any) -> None:
    editor.execute("ALTER TABLE shop_order ADD COLUMN by_hand int DEFAULT 3")


def unalter(apps: Any, editor: Any) -> None:
    editor.execute("ALTER TABLE shop_order DROP COLUMN by_hand")


class Audited(AddField):
    """A subclass that overrides nothing."""


class WithTrigger(AddField):
    """A subclass that does more."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("COMMENT ON COLUMN shop_order.new IS 'by a subclass'")


class Foreign(Operation):
    """An operation of somebody else."""

    reversible = True

    def __init__(self, view: str) -> None:
        self.view = view

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"CREATE VIEW {self.view} AS SELECT id, number FROM shop_order")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"DROP VIEW {self.view}")


class Counted(models.BigIntegerField):  # type: ignore[type-arg]
    """A field of somebody else with another type."""

    def db_type(self, connection: object) -> str:
        return "numeric(20)"


ADD = AddField("order", "new", CHAR(max_length=9, default="x", db_index=True))
TRIGGER = """
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.note := 'touched; 100%'; RETURN NEW; END$$;
CREATE TRIGGER touched BEFORE UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION touched();
"""

CASES = [
    on_order("X1 sql", RunSQL("CREATE TABLE by_hand (id int); INSERT INTO by_hand VALUES (1)", "DROP TABLE by_hand")),
    on_order("X1 sql with statements", RunSQL([("UPDATE shop_order SET note = %s", ["100%"])], RunSQL.noop)),
    on_order("X1 sql, without atomic", RunSQL(TRIGGER, "DROP FUNCTION touched() CASCADE"), atomic=False),
    on_order(
        "X1 sql, concurrently", RunSQL("CREATE INDEX CONCURRENTLY i ON shop_order (note)", "DROP INDEX i"), atomic=False
    ),
    on_order("X1 sql without way back", RunSQL("CREATE TABLE by_hand (id int)"), back=False),
    on_order(
        "X1 sql with state",
        RunSQL(
            "ALTER TABLE shop_order ADD COLUMN new int",
            "ALTER TABLE shop_order DROP COLUMN new",
            state_operations=[AddField("order", "new", INTEGER(null=True))],
        ),
        AlterField("order", "new", INTEGER(null=True, db_index=True)),
    ),
    on_order("X1 python", RunPython(fill, RunPython.noop)),
    on_order("X1 python, without atomic", RunPython(fill, RunPython.noop), atomic=False),
    on_order("X1 python that alters", RunPython(alter, unalter)),
    on_order("X1 python without way back", RunPython(fill), back=False),
    on_order(
        "X1 between operations",
        AddField("order", "new", INTEGER(null=True)),
        RunSQL("UPDATE shop_order SET new = number", RunSQL.noop),
        AlterField("order", "new", INTEGER(default=0)),
        atomic=False,
    ),
    on_order(
        "X1 between operations, by Python",
        AddField("order", "new", INTEGER(null=True)),
        RunPython(fill, RunPython.noop),
        AddIndex("order", Index(fields=["new"], name="new_i")),
        atomic=False,
    ),
    on_order("X2 database and state", SeparateDatabaseAndState([ADD], [ADD])),
    on_order("X2 state only", SeparateDatabaseAndState(state_operations=[AddField("order", "x", INTEGER(null=True))])),
    on_order("X2 database only", SeparateDatabaseAndState(database_operations=[ADD])),
    on_order(
        "X2 nested",
        SeparateDatabaseAndState(
            [SeparateDatabaseAndState([ADD], [ADD]), RunSQL("CREATE TABLE t (i int)", "DROP TABLE t")], [ADD]
        ),
    ),
    on_order(
        "X2 in a migration with others",
        SeparateDatabaseAndState([ADD], [ADD]),
        AddField("order", "b", INTEGER(default=1)),
    ),
    on_order(
        "X2 many-to-many gets a model",
        SeparateDatabaseAndState(
            state_operations=[
                model(
                    "OrderTag",
                    order=models.ForeignKey("shop.Order", CASCADE),
                    tag=models.ForeignKey("shop.Tag", CASCADE),
                    options={"db_table": "shop_order_tags"},
                ),
                AlterField("order", "tags", models.ManyToManyField("shop.Tag", through="shop.OrderTag")),
            ]
        ),
        AddField("ordertag", "number", INTEGER(default=1)),
    ),
    on_order("X3 extension", CreateExtension("btree_gin"), needs=("btree_gin",)),
    on_order("X3 own class of extension", BtreeGinExtension(), needs=("btree_gin",)),
    on_order(
        "X3 extension and column",
        CITextExtension(),
        RunSQL("ALTER TABLE shop_order ALTER note TYPE citext", "ALTER TABLE shop_order ALTER note TYPE text"),
        needs=("citext",),
    ),
    on_order("X3 collation", CreateCollation("mine", "C", provider="libc")),
    on_order("X3 collation, without atomic", CreateCollation("mine", "C", provider="libc"), atomic=False),
    on_order(
        "X3 collation in use",
        CreateCollation("mine", "C", provider="libc"),
        AddField("order", "new", CHAR(max_length=9, default="a", db_collation="mine", db_index=True)),
    ),
    on_order(
        "X3 collation removed",
        RemoveCollation("mine", "C", provider="libc"),
        before=[*SHOP, CreateCollation("mine", "C", provider="libc")],
    ),
    on_order("X4 subclass", Audited("order", "new", INTEGER(default=3))),
    on_order("X4 subclass that does more", WithTrigger("order", "new", INTEGER(default=3, db_index=True))),
    on_order("X4 somebody else's", Foreign("numbers")),
    on_order("X4 somebody else's, without atomic", Foreign("numbers"), ADD, atomic=False),
    added("X4 field of somebody else", Counted(default=3)),
    added("X4 field of somebody else, unique", Counted(null=True, unique=True)),
    on_order(
        "X4 under a view",
        AddField("order", "new", INTEGER(default=3)),
        AlterField("order", "amount", models.DecimalField(max_digits=6, decimal_places=2, null=True)),
        before=[*SHOP, Foreign("numbers")],
    ),
    on_order(
        "X4 with a trigger",
        AddField("order", "new", INTEGER(default=3)),
        AlterField("order", "placed", models.DateTimeField(null=True, db_index=True)),
        rows=SHOP_ROWS + TRIGGER,
    ),
    on_order("X nothing"),
]
