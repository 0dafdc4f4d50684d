"""What nobody can see into runs as its author wrote it, and the plan says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import CreateExtension, HStoreExtension
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation

from django_safemigrate.compile.editor import NotCompiled
from django_safemigrate.compile.operations import compile_migration
from django_safemigrate.values.operations import is_django
from django_safemigrate.values.steps import Step, Work
from tests.compile.runs import changes, prepared

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]


def nothing(apps: Any, editor: Any) -> None:
    pass


class Own(migrations.AddField):
    """A subclass that runs something else."""

    def database_forwards(self, *args: Any) -> None:
        super().database_forwards(*args)


class Backwards(migrations.RemoveField):
    def database_backwards(self, *args: Any) -> None:
        super().database_backwards(*args)


class Foreign(Operation):
    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, editor: Any, from_state: Any, to_state: Any) -> None:
        editor.execute("SELECT 1")


class Named(migrations.AddField):
    """A subclass that overrides nothing of what runs."""

    def describe(self) -> str:
        return "Add it, please"


class PastTheEditor(models.IntegerField):  # type: ignore[type-arg]
    """A field that changes the database while Django asks for its type."""

    def db_type(self, connection: Any) -> str:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shop_tag SET label = label")
        return "integer"


NULLABLE = models.IntegerField(null=True)
OPAQUE = {
    "python": (migrations.RunPython(nothing), "RunPython runs code of its own"),
    "sql": (migrations.RunSQL("SELECT 1"), "RunSQL runs code of its own"),
    "extension": (CreateExtension("hstore"), "CreateExtension runs code of its own"),
    "extension by its name": (HStoreExtension(), "HStoreExtension runs code of its own"),
    "subclass that runs something else": (Own("order", "a", NULLABLE), "Own is not Django's"),
    "subclass that goes back in another way": (Backwards("order", "note"), "Backwards is not Django's"),
    "operation of somebody else's": (Foreign(), "Foreign is not Django's"),
    "field that changes the database": (
        migrations.AddField("order", "a", PastTheEditor(null=True)),
        "it changes the database past the schema editor",
    ),
}


def compiled(*operations: Operation, **attributes: Any) -> list[Step]:
    state, migration = prepared(changes()["python only"])
    migration = type("Migration", (Migration,), {"operations": list(operations), **attributes})("0002_change", "shop")
    return [step for _, steps in compile_migration(migration, state, connection) for step in steps]


@pytest.mark.parametrize("name", OPAQUE)
def test_why(name: str) -> None:
    operation, why = OPAQUE[name]
    assert compiled(operation) == [
        Step(
            description=operation.describe(),
            sql="",
            locks=(),
            work=Work.OPAQUE,
            transactional=True,
            remark=f"It runs as it is written, because {why}.",
        )
    ]


def test_without_a_transaction_where_the_migration_has_none() -> None:
    operation, _ = OPAQUE["sql"]
    assert [step.transactional for step in compiled(operation, atomic=False)] == [False]


def test_what_is_beside_it_compiles_nonetheless() -> None:
    operation, _ = OPAQUE["python"]
    steps = compiled(operation, migrations.AddField("order", "a", NULLABLE))
    assert [step.work for step in steps] == [Work.OPAQUE, Work.CATALOG]


def test_a_subclass_that_overrides_nothing_of_what_runs_is_djangos() -> None:
    own = Named("order", "a", NULLABLE)
    assert is_django(own)
    assert compiled(own) == compiled(migrations.AddField("order", "a", NULLABLE))


@pytest.mark.parametrize(("method", "backwards"), [("apply", False), ("unapply", True)])
def test_a_migration_that_runs_itself(method: str, backwards: bool) -> None:
    state, _ = prepared(changes()["python only"])

    def run(self: Migration, *args: Any, **kwargs: Any) -> Any:
        return None

    operations = [migrations.AddField("order", "a", NULLABLE)]
    migration = type("Migration", (Migration,), {"operations": operations, method: run})("0002_change", "shop")
    with pytest.raises(NotCompiled) as error:
        compile_migration(migration, state, connection, backwards=backwards)
    assert str(error.value) == f"the migration overrides {method}()"
    assert compile_migration(migration, state, connection, backwards=not backwards) is not None
