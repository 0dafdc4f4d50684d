"""What Django's own operations send where plain ``migrate`` runs them, and other packages' operations in any case."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, CreateExtension
from django.db import connections, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Func
from django.db.models.functions import Now

from django_safemigrate.linting.checks.statements import statements
from django_safemigrate.linting.sql.sent import sent_by
from django_safemigrate.operations import BackfillDefault
from django_safemigrate.values.findings import MigratesWith
from django_safemigrate.values.phases import Safe
from tests.linting.sql.support import codes, findings, inspect, shop

MIGRATE = MigratesWith.MIGRATE
KEY = ("id", models.BigAutoField(primary_key=True))
CUSTOMER = models.ForeignKey("shop.Customer", models.CASCADE)

OPERATIONS: list[tuple[Operation, set[str]]] = [
    (migrations.AddIndex("order", models.Index(fields=["name"], name="by_name")), {"SM201"}),
    (migrations.AddField("order", "n", models.IntegerField(null=True)), set()),
    (migrations.AddField("order", "n", models.IntegerField(null=True, db_index=True)), {"SM201"}),
    (migrations.AddField("order", "n", models.IntegerField(default=5)), set()),
    (migrations.AddField("order", "n", models.IntegerField(default=lambda: 1 / 0)), set()),
    (migrations.AddField("order", "n", models.DateTimeField(auto_now_add=True)), set()),
    (migrations.AddField("order", "n", models.IntegerField()), set()),
    (migrations.AddField("order", "n", models.IntegerField(db_default=5)), set()),
    (migrations.AddField("order", "n", models.DateTimeField(db_default=Now())), set()),
    (migrations.AddField("order", "n", models.UUIDField(db_default=Func(function="GEN_RANDOM_UUID"))), {"SM212"}),
    (migrations.AddField("order", "n", models.IntegerField(null=True, unique=True)), {"SM209"}),
    (migrations.AddField("order", "n", models.PositiveIntegerField(null=True)), {"SM205"}),
    (
        migrations.AddField("order", "customer", models.ForeignKey("shop.Customer", models.CASCADE, null=True)),
        {"SM201"},
    ),
    (migrations.AddField("order", "customer", CUSTOMER), {"SM201"}),
    (migrations.AddField("order", "customers", models.ManyToManyField("shop.Customer")), {"SM224"}),
    (migrations.AlterField("order", "name", models.CharField(max_length=100)), set()),
    (migrations.AlterField("order", "name", models.CharField(max_length=50, help_text="x")), set()),
    (migrations.AlterField("order", "name", models.CharField(max_length=10)), {"SM211"}),
    (migrations.AlterField("order", "note", models.TextField()), {"SM208"}),
    (migrations.AlterField("order", "note", models.TextField(default="")), {"SM208"}),
    (migrations.AlterField("order", "name", models.CharField(max_length=50, unique=True)), {"SM201", "SM209"}),
    (migrations.RemoveField("order", "note"), set()),
    (migrations.DeleteModel("Order"), set()),
    (migrations.RenameField("order", "note", "remark"), set()),
    (migrations.RenameModel("Order", "Purchase"), set()),
    (migrations.AlterModelTable("order", "purchase"), set()),
    (migrations.AlterUniqueTogether("order", {("name", "total")}), {"SM209"}),
    (
        migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(total__gt=0), name="c")),
        {"SM205"},
    ),
    (AddConstraintNotValid("order", models.CheckConstraint(condition=models.Q(total__gt=0), name="c")), set()),
    (migrations.AddConstraint("order", models.UniqueConstraint(fields=["name"], name="u" * 64)), {"SM209", "SM507"}),
    (
        migrations.AddConstraint(
            "order", models.UniqueConstraint(fields=["name"], name="u", condition=models.Q(name="it's 100%"))
        ),
        {"SM201"},
    ),
    (migrations.CreateModel("Line", [KEY, ("order", models.ForeignKey("shop.Order", models.CASCADE))]), {"SM224"}),
    (migrations.CreateModel("Line", [("id", models.AutoField(primary_key=True))]), set()),
    (migrations.CreateModel("Gift", [], bases=("shop.order",)), {"SM224"}),
    (migrations.CreateModel("Proxy", [], {"proxy": True}, bases=("shop.order",)), set()),
    (migrations.AlterModelOptions("order", {"ordering": ["name"]}), set()),
    (AddIndexConcurrently("order", models.Index(fields=["name"], name="by_name")), set()),
    (CreateExtension("citext"), set()),
    (migrations.RunPython(migrations.RunPython.noop), set()),
    (BackfillDefault("order", "note"), set()),
]


@pytest.mark.parametrize(("operation", "expected"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_what_plain_migrate_does(operation: Operation, expected: set[str]) -> None:
    found = findings(operation, migrates_with=MIGRATE)
    assert codes(found) == expected
    assert findings(operation) == []  # safemigrate takes it apart


def test_what_is_said_in_djangos_words() -> None:
    index = migrations.AddIndex("order", models.Index(fields=["name"], name="by_name"))
    (found,) = findings(index, migrates_with=MIGRATE)
    assert found.instead == (
        "Use django.contrib.postgres.operations.AddIndexConcurrently in a migration with atomic = False."
    )


def test_phases_that_people_have_said_count_with_plain_migrate_too() -> None:
    removal = migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN note")
    assert findings(removal, migrates_with=MIGRATE, safe=Safe.after_deploy()) == []
    assert codes(findings(removal, migrates_with=MIGRATE)) == {"SM214"}


def test_an_atomic_migration_is_one_transaction() -> None:
    operations = [
        migrations.RunSQL("ALTER TABLE shop_order ADD CONSTRAINT c CHECK (total > 0) NOT VALID"),
        migrations.RunSQL("ALTER TABLE shop_order VALIDATE CONSTRAINT c"),
    ]
    assert codes(findings(*operations, migrates_with=MIGRATE)) == {"SM207"}
    assert codes(findings(*operations, migrates_with=MIGRATE, atomic=False)) == set()


def keys() -> ProjectState:
    """Models that refer to each other in every way."""
    state = shop()
    fields: list[tuple[str, Any]] = [KEY, ("code", models.CharField(max_length=9, unique=True))]
    state.add_model(ModelState("shop", "Product", fields, {"default_manager_name": "objects"}))
    product = ("product", models.ForeignKey("shop.Product", models.CASCADE))
    by_code = models.ForeignKey("shop.Product", models.CASCADE, to_field="code", related_name="+")
    state.add_model(ModelState("shop", "Line", [KEY, product, ("code", by_code)]))
    through = models.ManyToManyField("shop.Product", through="shop.Line")
    state.add_model(ModelState("shop", "Part", [], bases=("shop.product",)))
    state.add_model(ModelState("shop", "Box", [KEY, ("parts", models.ManyToManyField("shop.Part")), ("all", through)]))
    return state


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AlterField("product", "id", models.IntegerField(primary_key=True)),
        migrations.AlterField("product", "code", models.CharField(max_length=5, unique=True)),
        migrations.AlterField("box", "parts", models.ManyToManyField("shop.Part", db_table="parts_of")),
        migrations.AddField(
            "box", "others", models.ManyToManyField("shop.Product", through="shop.Line", related_name="+")
        ),
        migrations.AddField("customer", "part", models.ForeignKey("shop.Part", models.CASCADE, null=True)),
        migrations.RenameModel("Line", "Item"),
        migrations.RenameModel("Part", "Piece"),
        migrations.RenameModel("Box", "Crate"),
        migrations.RenameField("product", "code", "number"),
        migrations.AlterModelTable("box", "boxes"),
        migrations.RemoveField("line", "product"),
        migrations.AlterOrderWithRespectTo("line", "product"),
    ],
    ids=str,
)
def test_a_small_state_says_the_same_as_the_whole_one(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_safemigrate.linting.sql import django

    def texts() -> list[str]:
        return [one.text.sql for one in sent_by(inspect([operation], before=keys(), migrates_with=MIGRATE))]

    editors: list[Any] = []
    writing = django.writing
    monkeypatch.setattr(django, "writing", lambda connection: (editors.append(connection), writing(connection))[1])
    small = texts()
    assert len(editors) == 1  # and not a second time, with the whole state
    monkeypatch.setattr(django.Djangos, "_on_demand", lambda self, state, together: state)
    assert texts() == small


class Trigger(Operation):
    """As another package writes one: it knows its model by name."""

    reduces_to_sql = True

    def __init__(self, *texts: str, model_name: str = "order") -> None:
        self.texts, self.model_name = texts, model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        for text in self.texts:
            schema_editor.execute(text.format(table), params=None)


class Asking(Trigger):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        to_state.apps.get_model(app_label, self.model_name).objects.create(name="x")


class AskingInTheEnd(Trigger):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.connection.cursor()


class Code(Trigger):
    reduces_to_sql = False


class TestOtherPackages:
    LOCK = "LOCK TABLE {}"

    def test_their_sql_runs_as_it_is_whoever_migrates(self) -> None:
        for runner in MigratesWith:
            assert codes(findings(Trigger(self.LOCK, "ALTER TABLE {} DROP note"), migrates_with=runner)) == {
                "SM214",
                "SM219",
            }

    def test_whose_model_is_not_there(self) -> None:
        (found,) = findings(Trigger(self.LOCK, model_name="nothing"))
        assert found.code.code == "SM235"
        assert found.fact.startswith("Trigger fails without a database (LookupError: ")

    def test_a_subclass_of_djangos(self) -> None:
        class Own(migrations.AddIndex):
            def database_forwards(self, *arguments: Any) -> None:
                super().database_forwards(*arguments)

        assert codes(findings(Own("order", models.Index(fields=["name"], name="by_name")))) == {"SM201"}

    def test_whoever_asks_a_database_has_not_been_looked_at(self, django_db_blocker: Any) -> None:
        before = connections["default"]
        with django_db_blocker.unblock():
            (found,) = findings(Asking())
        assert (found.code.code, found.operation) == ("SM235", "0")
        assert found.fact == "Asking asks the database what to do: what it sends has not been looked at."
        assert connections["default"] is before

    def test_what_is_sent_before_anybody_asks_has(self, django_db_blocker: Any) -> None:
        with django_db_blocker.unblock():
            assert codes(findings(AskingInTheEnd(self.LOCK))) == {"SM219", "SM235"}

    def test_code_that_is_no_runpython(self) -> None:
        (found,) = findings(Code())
        assert found.fact == "Code runs code of its own: what it sends has not been looked at."
        assert findings(migrations.RunPython(migrations.RunPython.noop), BackfillDefault("order", "note")) == []

    def test_that_do_not_say_which_model_they_are_about(self) -> None:
        whole = Trigger(model_name="")
        whole.database_forwards = lambda app_label, editor, before, after: editor.execute("LOCK TABLE shop_order")  # type: ignore[method-assign]
        assert codes(findings(whole)) == {"SM219"}

    def test_whose_parameters_do_not_fit(self) -> None:
        whole = Trigger()
        whole.database_forwards = lambda app_label, editor, before, after: editor.execute("SELECT %s")  # type: ignore[method-assign]
        assert codes(findings(whole)) == {"SM229"}


def test_keys_of_apps_without_migrations() -> None:
    """They are in no state."""
    user = models.ForeignKey("auth.User", models.CASCADE, null=True)
    assert codes(findings(migrations.AddField("order", "user", user), migrates_with=MIGRATE)) == {"SM201"}
    nobody = models.ForeignKey("auth.Nobody", models.CASCADE, null=True)
    (found,) = findings(migrations.AddField("order", "user", nobody), migrates_with=MIGRATE)
    assert found.fact.startswith("AddField fails without a database (ValueError: ")


def test_a_migration_that_runs_itself_is_nobodys_to_see() -> None:
    inspected = inspect([migrations.RunSQL("DROP TABLE shop_order")])
    type(inspected.migration).apply = lambda *arguments, **options: None  # type: ignore[method-assign]
    (found,) = statements(inspected)
    assert found.fact == "The migration overrides apply(): what it sends has not been looked at."
