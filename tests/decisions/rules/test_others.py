from __future__ import annotations

import pytest
from django.contrib.postgres.operations import HStoreExtension
from django.db import models
from django.db.migrations.operations import (
    AddConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
)
from django.db.migrations.operations.base import Operation

from tests.decisions.states import AnyField, model, parts, text

NOT_YET = " [not yet made safe]"
ORDER = model(
    "Order",
    a=models.IntegerField(),
    b=models.IntegerField(),
    options={"unique_together": {("a", "b")}, "indexes": [models.Index(fields=["a"], name="i")]},
)


def altered(old: AnyField, new: AnyField) -> list[str]:
    [line] = parts(AlterField("order", "x", new), model("Order", x=old))
    phase, _, rest = line.partition(": ")
    remark = rest.removeprefix(text(AlterField("order", "x", new)))
    return [phase, remark.strip()]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (models.IntegerField(), models.IntegerField(db_column="x")),
        (models.IntegerField(db_column="x"), models.IntegerField()),
        (
            models.ForeignKey("shop.Order", models.CASCADE),
            models.ForeignKey("shop.Order", models.CASCADE, db_column="x_id"),
        ),
    ],
)
def test_c8_a_column_that_gets_the_name_that_it_has_changes_nothing(old: AnyField, new: AnyField) -> None:
    assert altered(old, new) == ["expand", "[may wait]"]


@pytest.mark.parametrize("column", ["y", "x_id"])
def test_another_column_is_another_column(column: str) -> None:
    assert altered(models.IntegerField(), models.IntegerField(db_column=column)) == ["expand", NOT_YET.strip()]


def test_a_rename_that_keeps_its_column_is_no_more_than_python() -> None:
    """Trap 29: it is neither warned about nor blocked."""
    order = model("Order", a=models.IntegerField(db_column="a"))
    rename = RenameField("order", "a", "c")
    assert parts(rename, order) == [f"expand: {rename.describe()} [may wait]"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (models.IntegerField(), models.IntegerField(help_text="Help", verbose_name="X", default=3, blank=True)),
        (models.IntegerField(default=1), models.IntegerField()),
        (models.CharField(max_length=3), models.CharField(max_length=3, choices=[("a", "A")])),
        (
            models.ForeignKey("shop.Order", models.CASCADE),
            models.ForeignKey("shop.Order", models.PROTECT, related_name="+"),
        ),
    ],
)
def test_c1_what_changes_python_alone_is_safe_in_either_phase(old: AnyField, new: AnyField) -> None:
    assert altered(old, new) == ["expand", "[may wait]"]


@pytest.mark.parametrize(
    ("old", "new", "phase"),
    [
        (models.IntegerField(), models.IntegerField(null=True), "expand"),
        (models.IntegerField(), models.BigIntegerField(), "expand"),
        (models.IntegerField(), models.IntegerField(db_index=True), "expand"),
        (models.IntegerField(unique=True), models.IntegerField(), "expand"),
        (models.IntegerField(), models.IntegerField(db_default=3), "expand"),
        (models.IntegerField(null=True), models.IntegerField(), "contract"),
        (models.IntegerField(null=True), models.IntegerField(default=3), "contract"),
        (models.IntegerField(), models.IntegerField(unique=True), "contract"),
        (models.BigIntegerField(null=True), models.IntegerField(), "contract"),
    ],
)
def test_other_alterations_are_not_yet_made_safe(old: AnyField, new: AnyField, phase: str) -> None:
    """Trap 27, as far as makemigrations goes: what tightens is never before deploy."""
    assert altered(old, new) == [phase, NOT_YET.strip()]


CHECK = models.CheckConstraint(condition=models.Q(a__gt=0), name="c")


@pytest.mark.parametrize(
    ("operation", "phase", "remark"),
    [
        (AlterModelOptions("order", {"ordering": ["a"]}), "expand", " [may wait]"),
        (AlterModelManagers("order", []), "expand", " [may wait]"),
        (CreateModel("New", [("id", models.BigAutoField(primary_key=True))]), "expand", ""),
        (CreateModel("New", [("x", models.ForeignKey("Order", models.CASCADE))]), "expand", NOT_YET),
        (DeleteModel("Order"), "contract", NOT_YET),
        (AddConstraint("order", CHECK), "contract", NOT_YET),
        (RemoveConstraint("order", "c"), "expand", NOT_YET),
        (AlterOrderWithRespectTo("order", "a"), "contract", NOT_YET),
        (AlterModelTable("order", "orders"), "expand", NOT_YET),
        (AlterModelTableComment("order", "Comment"), "expand", NOT_YET),
        (RenameModel("Order", "Purchase"), "expand", NOT_YET),
        (RenameField("order", "a", "c"), "expand", NOT_YET),
        (RenameIndex("order", new_name="j", old_name="i"), "expand", NOT_YET),
        (RunSQL("SELECT 1"), "expand", NOT_YET),
        (RunPython(RunPython.noop), "expand", NOT_YET),
        (HStoreExtension(), "expand", NOT_YET),
    ],
)
def test_every_other_operation_is_one_part_that_says_so(operation: Operation, phase: str, remark: str) -> None:
    assert parts(operation, ORDER) == [f"{phase}: {operation.describe()}{remark}"]


@pytest.mark.parametrize(
    ("after", "phase"),
    [
        (set(), "expand"),
        ({("a", "b")}, "expand"),
        ({("a", "b"), ("a", "id")}, "contract"),
        ({("a", "id")}, "contract"),
        (None, "expand"),
    ],
)
def test_unique_together_tightens_where_a_set_is_new(after: set[tuple[str, str]] | None, phase: str) -> None:
    operation = AlterUniqueTogether("order", after)
    assert parts(operation, ORDER) == [f"{phase}: {operation.describe()}{NOT_YET}"]


def test_unique_together_of_a_model_without_one_is_new() -> None:
    [line] = parts(AlterUniqueTogether("order", {("a", "b")}), model("Order"))
    assert line.startswith("contract: ")
