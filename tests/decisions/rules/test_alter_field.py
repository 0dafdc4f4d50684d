from __future__ import annotations

import uuid
from typing import Any

import django
import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations.operations import AlterField
from django.db.models import CASCADE, PROTECT, F, ForeignKey, OneToOneField

from django_safemigrate.decisions.rules import answer_of
from django_safemigrate.operations import BackfillDefault
from tests.decisions.states import AnyField, Stubborn, model, parts, state

INTEGER, CHAR, BIG = models.IntegerField, models.CharField, models.BigIntegerField
READS_NULL = "[until then, new code may read NULL in shop.order.x]"
FILL = "contract: Fill x of order where it is NULL, calling its default for each row"


def key(**options: Any) -> Any:
    return ForeignKey(options.pop("to", "shop.Customer"), options.pop("on_delete", CASCADE), **options)


def one(**options: Any) -> Any:
    return OneToOneField("shop.Customer", CASCADE, **options)


def altered(old: AnyField, new: AnyField, **options: Any) -> list[str]:
    return parts(
        AlterField("order", "x", new, **options),
        model("Order", x=old),
        model("Customer", code=BIG(unique=True)),
        model("Tag"),
        model("Word", id=CHAR(max_length=9, primary_key=True)),
    )


def phases(lines: list[str]) -> list[str]:
    """Without the operation's name: ``expand models.IntegerField()``."""
    return [line.replace(": AlterField order.x models.", " ") for line in lines]


@pytest.mark.parametrize(
    "new",
    [
        CHAR(max_length=9, choices=[("a", "A")]),
        CHAR(max_length=9, default="new"),
        CHAR(max_length=9, blank=True, help_text="Help"),
        CHAR(max_length=9, db_column="x"),
    ],
)
def test_c1_what_changes_python_only_runs_any_time(new: AnyField) -> None:
    [line] = altered(CHAR(max_length=9), new)
    assert line.startswith("expand: AlterField order.x ")
    assert line.endswith(" [may wait]")


def test_c11_an_index_may_wait_for_what_it_needs_as_add_index_does() -> None:
    assert altered(INTEGER(), INTEGER(db_index=True)) == [
        "expand: AlterField order.x models.IntegerField(db_index=True) [may wait]"
    ]
    [line] = altered(INTEGER(), INTEGER(db_index=True, null=True))
    assert not line.endswith("]")


LOOSER = [
    ("C2", INTEGER(), INTEGER(null=True)),
    ("C4", CHAR(max_length=9), CHAR(max_length=20)),
    ("C4", CHAR(max_length=9), models.TextField()),
    ("C4", CHAR(max_length=9), models.SlugField(max_length=20)),
    (
        "C4",
        models.DecimalField(max_digits=5, decimal_places=2),
        models.DecimalField(max_digits=8, decimal_places=2),
    ),
    ("C13", INTEGER(), INTEGER(db_default=3)),
    ("C13", INTEGER(db_default=3), INTEGER(db_default=4)),
    ("C14", key(), key(db_constraint=False)),
    ("C17", models.PositiveIntegerField(), INTEGER()),
    ("C4", ArrayField(INTEGER(), size=3), ArrayField(INTEGER(), size=5)),
]


@pytest.mark.parametrize(("row", "old", "new"), LOOSER)
def test_what_lets_the_column_accept_more_goes_before_deploy(row: str, old: AnyField, new: AnyField) -> None:
    [line] = altered(old, new)
    assert line.startswith("expand: AlterField order.x ")
    assert not line.endswith("]")
    if row not in {"C4", "C13"}:
        [line] = altered(new, old)
        assert line.startswith("contract: AlterField order.x ")


TIGHTER = [
    ("C3", INTEGER(null=True), INTEGER(default=3), "", READS_NULL),
    ("C11", models.SlugField(), models.SlugField(db_index=False), "", ""),
    ("C13", INTEGER(db_default=3), INTEGER(), "", ""),
    ("C14", key(db_constraint=False), key(on_delete=PROTECT), "", ""),
    ("C17", INTEGER(), models.PositiveIntegerField(), "", ""),
]


@pytest.mark.parametrize(("row", "old", "new", "middle", "said"), TIGHTER)
def test_what_lets_it_accept_less_goes_after_it(row: str, old: Any, new: Any, middle: str, said: str) -> None:
    [line] = altered(old, new)
    assert line.startswith("contract: AlterField order.x ")
    assert line.endswith(said or ")")


def test_c3_a_default_that_is_called_is_called_for_each_row() -> None:
    """Trap 32."""
    expected = f"contract: AlterField order.x models.UUIDField(default=uuid.uuid4) {READS_NULL}"
    assert altered(models.UUIDField(null=True), models.UUIDField(default=uuid.uuid4)) == [FILL, expected]
    once = expected.replace(" [", ", once [")
    assert altered(models.UUIDField(null=True), models.UUIDField(default=uuid.uuid4), preserve_default=False) == [
        FILL,
        once,
    ]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (models.UUIDField(null=True), models.UUIDField(default=uuid.uuid4), True),
        (models.UUIDField(null=True, default=uuid.uuid4), models.UUIDField(default=uuid.uuid4), False),
        # The field in between has it.
        (models.UUIDField(null=True), models.UUIDField(default=uuid.uuid4, db_index=True), False),
    ],
    ids=["new", "had", "in between"],
)
def test_c3_a_default_that_the_field_has_not_until_then_is_named(old: AnyField, new: AnyField, named: bool) -> None:
    before = model("Order", x=old)
    answer = answer_of(AlterField("order", "x", new), "shop", state(before))
    [fill] = [its.operation for its in answer if isinstance(its.operation, BackfillDefault)]  # type: ignore[union-attr]
    assert fill.default is (uuid.uuid4 if named else None)


BOTH = [
    # A longer text that is NOT NULL, an index off and a default on ...
    (
        CHAR(max_length=9, null=True),
        CHAR(max_length=20, default="a"),
        [
            "expand CharField(default='a', max_length=20, null=True)",
            f"contract CharField(default='a', max_length=20) {READS_NULL}",
        ],
    ),
    (
        INTEGER(db_index=True),
        INTEGER(null=True, db_default=1),
        [
            "expand IntegerField(db_default=1, db_index=True, null=True)",
            "contract IntegerField(db_default=1, null=True)",
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), BOTH)
def test_one_change_that_does_both_is_split_at_the_field_in_between(old: Any, new: Any, expected: list[str]) -> None:
    assert phases(altered(old, new)) == expected


def test_a_one_off_default_is_not_one_of_the_field_in_between() -> None:
    lines = phases(altered(CHAR(max_length=9, null=True), CHAR(max_length=20, default="a"), preserve_default=False))
    assert lines == [
        "expand CharField(max_length=20, null=True)",
        f"contract CharField(default='a', max_length=20), once {READS_NULL}",
    ]


def test_c12_unique_on_is_asked_since_new_code_may_upsert_on_it() -> None:
    assert altered(CHAR(max_length=9), CHAR(max_length=20, unique=True)) == [
        "asked: shop.order.x.unique",
        "1. after deploy",
        "expand: AlterField order.x models.CharField(max_length=20)",
        "contract: AlterField order.x models.CharField(max_length=20, unique=True)",
        "2. before deploy",
        "expand: AlterField order.x models.CharField(max_length=20, unique=True)",
    ]


def test_c12_unique_off_is_asked_since_old_code_may_upsert_on_it() -> None:
    assert altered(INTEGER(unique=True), INTEGER(null=True)) == [
        "asked: shop.order.x.unique",
        "1. before deploy",
        "expand: AlterField order.x models.IntegerField(null=True)",
        "2. after deploy",
        "expand: AlterField order.x models.IntegerField(null=True, unique=True)",
        "contract: AlterField order.x models.IntegerField(null=True)",
    ]


def test_c15_one_to_one_is_a_unique_key() -> None:
    assert [line.partition(" ")[0] for line in altered(key(), one())] == [
        "asked:",
        "1.",
        "contract:",
        "2.",
        "expand:",
    ]
    lines = altered(one(), key(null=True))
    assert [line.partition("(")[0] for line in lines] == [
        "asked: shop.order.x.unique",
        "1. before deploy",
        "expand: AlterField order.x models.ForeignKey",
        "2. after deploy",
        "expand: AlterField order.x models.ForeignKey",
        "contract: AlterField order.x models.ForeignKey",
    ]
    assert "null=True" in lines[4]
    assert "unique=True" in lines[4]


def test_c14_a_plain_column_becomes_a_key_and_gets_its_constraint_last() -> None:
    expand, contract = phases(altered(BIG(db_column="x_id"), key()))
    assert expand.startswith("expand ForeignKey(db_constraint=False, on_delete=")
    assert contract.startswith("contract ForeignKey(on_delete=")


def test_c14_a_key_becomes_a_plain_column_and_keeps_its_index_until_contract() -> None:
    assert phases(altered(key(), BIG(db_column="x_id"))) == [
        "expand BigIntegerField(db_column='x_id', db_index=True)",
        "contract BigIntegerField(db_column='x_id')",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [(key(), key(to="shop.Tag")), (key(db_column="c", to_field="code"), key(db_column="c"))],
)
def test_c14_another_target_has_no_constraint_while_both_versions_write(old: AnyField, new: AnyField) -> None:
    lines = phases(altered(old, new))
    assert lines[0].startswith("expand ForeignKey(")
    assert "db_constraint=False" in lines[0]
    assert lines[1].startswith("contract ForeignKey(")
    assert "may refer to rows that are not there" in lines[1]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete in the database came with Django 6.1")
def test_c14_on_delete_in_the_database_comes_before_and_goes_after_deploy() -> None:
    cascade, set_null = models.DB_CASCADE, models.DB_SET_NULL
    assert altered(key(), key(on_delete=cascade))[0].startswith("expand")
    assert altered(key(on_delete=cascade), key())[0].startswith("contract")
    assert altered(key(on_delete=cascade, null=True), key(on_delete=set_null, null=True))[0].startswith("expand")


MANY = models.ManyToManyField


def test_c19_the_keys_of_a_table_in_between_may_come_and_go() -> None:
    assert altered(MANY("shop.Tag"), MANY("shop.Tag", db_constraint=False))[0].startswith("expand")
    assert altered(MANY("shop.Tag", db_constraint=False), MANY("shop.Tag"))[0].startswith("contract")
    assert altered(MANY("shop.Tag"), MANY("shop.Tag", symmetrical=True))[0].endswith("[may wait]")


def test_c19_a_table_that_is_named_as_it_is_stays_as_it_is() -> None:
    assert altered(MANY("shop.Tag"), MANY("shop.Tag", db_table="shop_order_x"))[0].endswith("[may wait]")


REFUSED = [
    (INTEGER(), CHAR(max_length=9), "altered from IntegerField() to CharField(max_length=9)"),
    (models.DateField(), models.DateTimeField(), "altered from DateField() to DateTimeField()"),
    (INTEGER(), models.DecimalField(max_digits=5, decimal_places=2), "altered from"),
    (key(), key(to="shop.Word"), "altered from"),
    (ArrayField(INTEGER()), ArrayField(CHAR(max_length=2)), "altered from"),
    (INTEGER(primary_key=True), INTEGER(), "the primary key becomes another one"),
    (
        models.GeneratedField(expression=F("id"), output_field=INTEGER(), db_persist=True),
        models.GeneratedField(expression=F("id") + 1, output_field=INTEGER(), db_persist=True),
        "a generated field changes",
    ),
    (MANY("shop.Tag"), MANY("shop.Customer"), "gets another table"),
    (MANY("shop.Tag"), MANY("shop.Tag", db_table="other"), "gets another table"),
    (MANY("shop.Tag"), MANY("shop.Tag", through="shop.Word"), "gets another table"),
    (INTEGER(null=True, default=1), Stubborn(), "Alter field x on order"),
]


@pytest.mark.parametrize(("old", "new", "fact"), REFUSED)
def test_what_no_column_can_be_for_both_is_refused(old: AnyField, new: AnyField, fact: str) -> None:
    [line] = altered(old, new)
    assert line.startswith("refused: shop.order.x")
    assert fact in line


def test_m8_so_is_a_composite_primary_key() -> None:
    old, new = models.CompositePrimaryKey("id", "a"), models.CompositePrimaryKey("a", "id")
    assert altered(old, new) == ["refused: shop.order.x: the primary key becomes another one."]
