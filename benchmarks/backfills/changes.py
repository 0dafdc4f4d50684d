"""The changes that are measured: as migrations of ours and of stock Django, and as the SQL that an expert writes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Together:
    """Statements in one transaction, whose locks are asked for with a short timeout, again and again."""

    statements: Sequence[str]


@dataclass(frozen=True)
class Alone:
    """A statement that lasts, and locks nobody out: outside any transaction."""

    statement: str


@dataclass(frozen=True)
class Fill:
    """Rows of ``table`` (with an ``id``) that meet ``wrong`` get ``values``."""

    table: str
    values: str
    wrong: str


Item = Together | Alone | Fill


@dataclass(frozen=True)
class Change:
    """``before`` and ``after`` are operations of this package, ``stock`` those of stock Django, ``by_hand_*`` SQL; each for
    before and after the deploy. ``made`` is a condition that holds when the change has been made. ``new_text``: what the new
    code calls the text column."""

    name: str
    title: str
    stock: str
    made: str
    before: str = ""
    after: str = ""
    by_hand_before: Sequence[Item] = ()
    by_hand_after: Sequence[Item] = ()
    new_text: str = "note"


def _sync(table: str, assign: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {assign} RETURN NEW; END $$",
        f"CREATE TRIGGER {table}_sync BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_sync()",
    ]


def _second(table: str, column: str) -> list[Item]:
    """A second column, kept in step and filled."""
    return [
        Together(
            [
                f"ALTER TABLE {table} ADD COLUMN {column}_new bigint",
                *_sync(table, f"NEW.{column}_new := NEW.{column};"),
            ]
        ),
        Fill(table, f"{column}_new = {column}", f"{column}_new IS DISTINCT FROM {column}"),
    ]


def _proved(table: str, column: str) -> list[Item]:
    """NOT NULL without a scan under a lock, so that SET NOT NULL takes a moment later."""
    return [
        Together([f"ALTER TABLE {table} ADD CONSTRAINT {table}_proof CHECK ({column} IS NOT NULL) NOT VALID"]),
        Alone(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_proof"),
    ]


def _not_null(table: str, column: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_proof",
    ]


def _swapped(table: str, column: str) -> list[str]:
    return [
        f"DROP TRIGGER {table}_sync ON {table}",
        f"DROP FUNCTION {table}_sync()",
        f"ALTER TABLE {table} DROP COLUMN {column}",
        f"ALTER TABLE {table} RENAME COLUMN {column}_new TO {column}",
        *_not_null(table, column),
    ]


def _reference(table: str) -> list[Item]:
    """The foreign key of a second column to the second column of the orders."""
    key = f"ADD CONSTRAINT {table}_order_new FOREIGN KEY (order_id_new) REFERENCES shop_order (id_new)"
    return [
        Alone(f"CREATE INDEX CONCURRENTLY {table}_order_new ON {table} (order_id_new)"),
        *_proved(table, "order_id_new"),
        Together([f"ALTER TABLE {table} {key} DEFERRABLE INITIALLY DEFERRED NOT VALID"]),
        Alone(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_order_new"),
    ]


def _is(table: str, column: str, condition: str) -> str:
    return (
        f"EXISTS (SELECT FROM information_schema.columns WHERE table_name = '{table}' AND column_name = '{column}' "
        f"AND {condition})"
    )


_BIGINT = "data_type = 'bigint' AND is_nullable = 'NO'"
_REFERRING = ("shop_line", "shop_payment")

CHANGES = {
    change.name: change
    for change in (
        Change(
            "column",
            "int -> bigint",
            stock='migrations.AlterField("order", "quantity", models.BigIntegerField()),',
            made=_is("shop_order", "quantity", _BIGINT),
            before='AlterFieldOnline("order", "quantity", models.BigIntegerField()),',
            after='FinishAlterField("order", "quantity"),',
            by_hand_before=[
                *_second("shop_order", "quantity"),
                Alone("CREATE INDEX CONCURRENTLY order_quantity_new ON shop_order (quantity_new)"),
                *_proved("shop_order", "quantity_new"),
                Alone("ANALYZE shop_order (quantity_new)"),
                Together(
                    [
                        *_swapped("shop_order", "quantity"),
                        "ALTER INDEX order_quantity_new RENAME TO order_quantity",
                    ]
                ),
            ],
        ),
        Change(
            "key",
            "int -> bigint, key and references",
            stock='migrations.AlterField("order", "id", models.BigAutoField(primary_key=True)),',
            made=" AND ".join(
                [_is("shop_order", "id", _BIGINT), *(_is(table, "order_id", _BIGINT) for table in _REFERRING)]
            ),
            before='AlterFieldOnline("order", "id", models.BigAutoField(primary_key=True)),',
            after='FinishAlterField("order", "id"),',
            by_hand_before=[
                *_second("shop_order", "id"),
                *(item for table in _REFERRING for item in _second(table, "order_id")),
                Alone("CREATE UNIQUE INDEX CONCURRENTLY shop_order_id_new ON shop_order (id_new)"),
                *_proved("shop_order", "id_new"),
                *(item for table in _REFERRING for item in _reference(table)),
                Alone("ANALYZE shop_order, shop_line, shop_payment"),
                Together(
                    [
                        "LOCK TABLE shop_order, shop_line, shop_payment IN ACCESS EXCLUSIVE MODE",
                        *(statement for table in _REFERRING for statement in _swapped(table, "order_id")),
                        *_swapped("shop_order", "id"),
                        "ALTER TABLE shop_order ADD PRIMARY KEY USING INDEX shop_order_id_new",
                        "ALTER TABLE shop_order ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY",
                        "SELECT setval(pg_get_serial_sequence('shop_order', 'id'), max(id)) FROM shop_order",
                    ]
                ),
            ],
        ),
        Change(
            "rename",
            "another name",
            stock='migrations.RenameField("order", "note", "remark"),',
            made=f"{_is('shop_order', 'remark', 'true')} AND NOT {_is('shop_order', 'note', 'true')}",
            before='RenameFieldOnline("order", "note", "remark"),',
            after='FinishRenameField("order", "note", "remark"),',
            by_hand_before=[
                Together(
                    [
                        "ALTER TABLE shop_order ADD COLUMN remark varchar(50)",
                        *_sync(
                            "shop_order",
                            "IF TG_OP = 'INSERT' THEN NEW.remark := coalesce(NEW.remark, NEW.note); NEW.note := NEW.remark; "
                            "ELSIF NEW.remark IS DISTINCT FROM OLD.remark THEN NEW.note := NEW.remark; "
                            "ELSE NEW.remark := NEW.note; END IF;",
                        ),
                    ]
                ),
                Fill("shop_order", "remark = note", "remark IS DISTINCT FROM note"),
                *_proved("shop_order", "remark"),
                Alone("ANALYZE shop_order (remark)"),
            ],
            by_hand_after=[
                Together(
                    [
                        "DROP TRIGGER shop_order_sync ON shop_order",
                        "DROP FUNCTION shop_order_sync()",
                        "ALTER TABLE shop_order DROP COLUMN note",
                        *_not_null("shop_order", "remark"),
                    ]
                ),
            ],
            new_text="remark",
        ),
        Change(
            "not-null",
            "filled, then NOT NULL",
            stock='migrations.AlterField("order", "weight", models.IntegerField(default=7)),',
            made=_is("shop_order", "weight", "is_nullable = 'NO'"),
            after='migrations.AlterField("order", "weight", models.IntegerField(default=7)),',
            by_hand_after=[
                Fill("shop_order", "weight = 7", "weight IS NULL"),
                *_proved("shop_order", "weight"),
                Together(_not_null("shop_order", "weight")),
            ],
        ),
    )
}
