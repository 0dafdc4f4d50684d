from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations.operations import AddField, AlterOrderWithRespectTo, CreateModel, DeleteModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import OperationWriter

from django_safemigrate.operations import AlterOrder, DropOrderDefault, KeepOrderDefault
from tests.commands.schema import schema
from tests.decisions.states import ModelState, model, state
from tests.support.database import execute, rows

LINES = "SELECT id, _order FROM shop_line ORDER BY id"


def line(order: str | None) -> ModelState:
    fields = {name: models.IntegerField() for name in ("number", "other")}
    return model("Line", **fields, options={"order_with_respect_to": order} if order else {})


def insert(**values: int) -> None:
    columns = {"number": 1, "other": 1, **values}
    names, numbers = ", ".join(columns), ", ".join(map(str, columns.values()))
    execute(f"INSERT INTO shop_line ({names}) VALUES ({numbers})")


class Table:
    """The table of ``Line``, and the state of the models; ``apply`` operations to both, ``undo`` the last one."""

    def __init__(self, its_model: ModelState) -> None:
        self.states: list[ProjectState] = [state(its_model)]
        self.done: list[Operation] = []
        with connection.schema_editor() as editor:
            editor.create_model(self.states[-1].apps.get_model("shop", "line"))

    def apply(self, *operations: Operation) -> None:
        for operation in operations:
            before, after = self.states[-1], self.states[-1].clone()
            operation.state_forwards("shop", after)
            with connection.schema_editor() as editor:
                operation.database_forwards("shop", editor, before, after)
            self.states.append(after)
            self.done.append(operation)

    def undo(self) -> None:
        after, operation = self.states.pop(), self.done.pop()
        with connection.schema_editor() as editor:
            operation.database_backwards("shop", editor, after, self.states[-1])


def end_of_stock(before: str | None, after: str | None) -> set[str]:
    """The schema that Django's operation leads to; the table is gone again."""
    table = Table(line(before))
    table.apply(AlterOrderWithRespectTo("line", after))
    end = schema()
    table.apply(DeleteModel("Line"))
    return end


@pytest.mark.usefixtures("database")
def test_an_order_that_comes_lets_code_insert_that_does_not_know_of_it() -> None:
    stock = end_of_stock(None, "number")
    table = Table(line(None))
    insert()
    table.apply(AlterOrder("line", "number"))
    insert()
    insert(_order=7)
    assert rows(LINES) == [(1, 0), (2, 0), (3, 7)]
    table.apply(DropOrderDefault("line"))
    assert schema() == stock
    table.undo()
    insert()
    table.undo()
    insert()
    assert schema() == schema_of(line(None))


@pytest.mark.usefixtures("database")
def test_an_order_that_goes_lets_code_insert_that_does_not_know_of_it() -> None:
    stock = end_of_stock("number", None)
    table = Table(line("number"))
    before = schema()
    insert(_order=7)
    table.apply(KeepOrderDefault("line"))
    insert()
    assert rows(LINES) == [(1, 7), (2, 0)]
    table.apply(AlterOrder("line", None))
    insert()
    assert schema() == stock
    table.undo()
    insert()
    table.undo()
    assert schema() == before


@pytest.mark.usefixtures("database")
def test_an_order_that_becomes_another_keeps_its_column() -> None:
    table = Table(line("number"))
    before = schema()
    table.apply(AlterOrder("line", "other"))
    assert schema() == before


@pytest.mark.usefixtures("database")
def test_without_an_order_there_is_no_default() -> None:
    table = Table(line(None))
    before = schema()
    table.apply(KeepOrderDefault("line"), DropOrderDefault("line"))
    assert schema() == before


def schema_of(its_model: ModelState) -> set[str]:
    """Of a table that is made new."""
    execute("DROP TABLE shop_line")
    Table(its_model)
    return schema()


def optimized(*operations: Operation) -> list[str]:
    found = MigrationOptimizer().optimize(list(operations), "shop")
    return [f"{type(one).__name__} {one.describe()}" for one in found]


ADD = AddField("line", "x", models.IntegerField(null=True))
CREATE = CreateModel("Line", [("number", models.IntegerField())])


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            [AlterOrder("line", "number"), DropOrderDefault("line")],
            ["AlterOrderWithRespectTo Set order_with_respect_to on line to number"],
        ),
        (
            [KeepOrderDefault("line"), AlterOrder("line", None)],
            ["AlterOrderWithRespectTo Set order_with_respect_to on line to None"],
        ),
        (
            [CREATE, AlterOrder("line", "number"), DropOrderDefault("line")],
            # Nothing can take the last one, which finds no default.
            ["CreateModel Create model Line", "DropOrderDefault Drop the default of _order of line in the database"],
        ),
        ([AlterOrder("line", "number"), DeleteModel("Line")], ["DeleteModel Delete model Line"]),
        ([KeepOrderDefault("line"), DeleteModel("Line")], ["DeleteModel Delete model Line"]),
    ],
)
def test_squashed_they_are_what_django_has(operations: list[Operation], expected: list[str]) -> None:
    assert optimized(*operations) == expected


@pytest.mark.parametrize(
    "operations",
    [
        [AlterOrder("line", "number"), DropOrderDefault("other")],
        [KeepOrderDefault("line"), AlterOrderWithRespectTo("line", "number")],
        [KeepOrderDefault("line"), ADD],
        [AlterOrder("line", "number"), ADD],
        [AlterOrder("line", "number")],
        [KeepOrderDefault("line")],
        [DropOrderDefault("line")],
    ],
)
def test_what_is_not_all_of_it_stays(operations: list[Operation]) -> None:
    assert len(optimized(*operations)) == len(operations)


@pytest.mark.parametrize(
    "operation", [AlterOrder("line", "number"), KeepOrderDefault("line"), DropOrderDefault("line")]
)
def test_a_migration_names_them_where_they_stay(operation: Operation) -> None:
    written, imports = OperationWriter(operation, indentation=0).serialize()
    assert imports == {"import django_safemigrate.operations"}
    assert written.startswith(f"django_safemigrate.operations.{type(operation).__name__}(\n    name='line',\n")
    made = eval(written.rstrip(","), {"django_safemigrate": __import__("django_safemigrate.operations")})
    assert made.deconstruct() == operation.deconstruct()
