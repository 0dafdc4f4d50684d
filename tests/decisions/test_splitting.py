from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.migration import SwappableTuple
from django.db.migrations.operations import AddField, RemoveField, RenameField
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from django_safemigrate import Safe
from django_safemigrate.decisions.splitting import Conflict, split
from django_safemigrate.doing.autodetector import splitting
from tests.decisions.states import Changes, check_levels, detect, history, model, notes, state, text, written


def fk(to: str, **options: Any) -> Any:
    return models.ForeignKey(to, models.CASCADE, **options)


def parent_link() -> Any:
    return models.OneToOneField(
        "shop.Base", models.CASCADE, parent_link=True, primary_key=True, auto_created=True, serialize=False
    )


def safes(changes: Changes) -> dict[str, Safe]:
    return {migration.name: migration.safe for its in changes.values() for migration in its}  # type: ignore[attr-defined]


CUSTOMER = model("Customer", app="crm", name=models.CharField(max_length=9))


# Two phases


def test_one_app_gets_an_expand_and_a_contract_migration() -> None:
    before = state(model("Order", old=models.IntegerField(default=3)))
    changes = detect(before, state(model("Order", new=models.BooleanField(default=False))))
    assert written(changes) == {
        "shop.0002_alter_order_old_order_new_expand": [
            "AlterField order.old models.IntegerField(db_default=3, default=3)",
            "AddField order.new models.BooleanField(db_default=False, default=False)",
        ],
        "shop.0003_remove_order_old_alter_order_new_contract": [
            "Remove field old from order",
            "AlterField order.new models.BooleanField(default=False)",
        ],
    }
    assert list(safes(changes).values()) == [Safe.before_deploy(), Safe.after_deploy()]
    assert notes(changes) == {}
    check_levels(before, changes)


def test_an_app_without_a_contract_has_no_suffix() -> None:
    changes = detect(
        state(model("Order"), CUSTOMER),
        state(model("Order", new=models.IntegerField(null=True)), model("Customer", app="crm")),
    )
    assert list(written(changes)) == [
        "crm.0002_alter_customer_name_expand",
        "crm.0003_remove_customer_name_contract",
        "shop.0002_order_new",
    ]


def test_a_contract_alone_has_a_suffix() -> None:
    changes = detect(state(model("Order", old=models.IntegerField(null=True))), state(model("Order")))
    assert list(written(changes)) == ["shop.0002_remove_order_old_contract"]


def test_a_given_name_is_kept_and_numbers_are_unique() -> None:
    changes = detect(
        state(model("Order", old=models.IntegerField())),
        state(model("Order", new=models.IntegerField(default=0))),
        name="bar",
    )
    assert list(written(changes)) == ["shop.0002_bar_expand", "shop.0003_bar_contract"]


def test_without_a_change_there_is_nothing() -> None:
    assert detect(state(model("Order")), state(model("Order"))) == {}


def test_the_states_that_were_given_are_not_changed() -> None:
    before = state(model("Order", old=models.IntegerField(default=3)))
    split(detect(before, state(model("Order")), stock=True), before)
    assert list(before.models["shop", "order"].fields) == ["id", "old"]
    assert not before.models["shop", "order"].fields["old"].has_db_default()


# Several apps


def test_across_apps_every_contract_runs_after_the_expand_of_the_others() -> None:
    before = state(CUSTOMER, model("Order", old=models.IntegerField()))
    after = state(
        model("Customer", app="crm", vip=models.BooleanField(default=False)),
        model("Order", customer=fk("crm.Customer", null=True)),
        model("Note", app="crm", order=fk("shop.Order")),
    )
    changes = detect(before, after)
    check_levels(before, changes)
    assert written(changes) == {
        "crm.0002_alter_customer_name_customer_vip_note_expand": [
            "AlterField customer.name models.CharField(max_length=9, null=True)",
            "AddField customer.vip models.BooleanField(db_default=False, default=False)",
            "Create model Note",
        ],
        "crm.0003_remove_customer_name_alter_customer_vip_contract": [
            "Remove field name from customer",
            "AlterField customer.vip models.BooleanField(default=False)",
        ],
        "shop.0002_alter_order_old_order_customer_expand": [
            "AlterField order.old models.IntegerField(null=True)",
            "AddField order.customer models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, "
            "to='crm.customer')",
        ],
        "shop.0003_remove_order_old_contract": ["Remove field old from order"],
    }


def test_a_new_app_that_refers_to_an_old_one_depends_on_its_expand_alone() -> None:
    before = state(model("Order", old=models.IntegerField(null=True)))
    after = state(
        model("Order", number=models.IntegerField(unique=True)), model("Note", app="crm", order=fk("shop.Order"))
    )
    changes = detect(before, after)
    check_levels(before, changes)
    [initial] = changes["crm"]
    assert (initial.name, initial.initial) == ("0001_initial", True)
    assert initial.safe == Safe.before_deploy()  # type: ignore[attr-defined]


def test_a_removed_foreign_key_and_its_removed_model_go_in_the_right_order() -> None:
    before = state(CUSTOMER, model("Order", customer=fk("crm.Customer", null=True)))
    changes = detect(before, state(model("Order")))
    assert written(changes) == {
        "crm.0002_delete_customer_contract": ["Delete model Customer"],
        "shop.0002_alter_order_customer_expand": [
            "AlterField order.customer models.ForeignKey(db_constraint=False, null=True, "
            "on_delete=django.db.models.deletion.CASCADE, to='crm.customer')"
        ],
        "shop.0003_remove_order_customer_contract": ["Remove field customer from order"],
    }
    assert ("shop", "0003_remove_order_customer_contract") in changes["crm"][0].dependencies
    check_levels(before, changes)


def test_fresh_apps_that_refer_to_each_other_are_not_split() -> None:
    after = state(
        model("A", app="one", b=fk("two.B", null=True), n=models.IntegerField(default=0)),
        model("B", app="two", a=fk("one.A"), n=models.IntegerField(default=0)),
    )
    changes, stock = detect(state(), after), detect(state(), after, stock=True)
    assert written(changes) == written(stock)
    assert set(safes(changes).values()) == {Safe.before_deploy()}
    assert notes(changes) == {}
    check_levels(state(), changes)


def test_a_relation_of_a_fresh_model_to_a_used_one_is_as_safe_as_the_rest_of_it() -> None:
    """The compiler makes a step of its own of each key."""
    before = state(CUSTOMER)
    after = state(
        CUSTOMER,
        model("A", app="one", b=fk("two.B", null=True), customer=fk("crm.Customer")),
        model("B", app="two", a=fk("one.A"), customers=models.ManyToManyField("crm.Customer")),
    )
    changes = detect(before, after)
    assert written(changes) == written(detect(before, after, stock=True))
    assert notes(changes) == {}


def test_a_fresh_child_of_a_used_parent_is_not_split() -> None:
    child = model("Child", bases=("shop.base",), base_ptr=parent_link())
    changes = detect(state(model("Base")), state(model("Base"), child))
    assert list(written(changes)) == ["shop.0002_child"]
    assert notes(changes) == {}


def test_a_fresh_model_is_as_safe_as_django_writes_it() -> None:
    after = state(
        model(
            "Order",
            a=models.IntegerField(),
            b=models.IntegerField(default=0),
            options={
                "unique_together": {("a", "b")},
                "indexes": [models.Index(fields=["a"], name="i")],
                "constraints": [models.UniqueConstraint(fields=["b"], name="u")],
            },
        )
    )
    changes = detect(state(), after)
    assert list(written(changes)) == ["shop.0001_initial"]
    assert notes(changes) == {}


def test_a_fresh_model_beside_a_changed_one_is_not_split_but_the_other_is() -> None:
    before = state(model("Order", old=models.IntegerField()))
    after = state(
        model("Order"),
        model("Line", order=fk("shop.Order"), n=models.IntegerField(), options={"unique_together": {("n", "order")}}),
    )
    changes = detect(before, after)
    expand, contract = changes["shop"]
    assert [operation.describe() for operation in expand.operations] == [
        "Alter field old on order",
        "Create model Line",
    ]
    assert [operation.describe() for operation in contract.operations] == ["Remove field old from order"]


def test_dependencies_on_the_migrations_of_other_apps_are_copied() -> None:
    before = state(CUSTOMER, model("Order", old=models.IntegerField()))
    after = state(CUSTOMER, model("Order", customer=fk("crm.Customer", null=True)))
    expand, contract = detect(before, after)["shop"]
    assert expand.dependencies == [("crm", "0001_initial"), ("shop", "0001_initial")]
    assert ("shop", expand.name) in contract.dependencies


def test_dependencies_to_come_are_copied_as_they_are() -> None:
    """An app without migrations is depended on by ``__first__``."""
    before = state(CUSTOMER, model("Order", old=models.IntegerField()))
    after = state(CUSTOMER, model("Order", customer=fk("crm.Customer", null=True)))
    graph = MigrationGraph()
    graph.add_node(("shop", "0001_initial"), Migration("0001_initial", "shop"))
    for migration in detect(before, after, graph=graph)["shop"]:
        assert ("crm", "__first__") in migration.dependencies


def test_an_expand_that_refers_to_an_app_with_a_contract_alone_depends_on_what_that_had_before() -> None:
    before = state(model("Customer", app="crm", a=models.IntegerField(null=True)), model("Order"))
    after = state(model("Customer", app="crm"), model("Order", customer=fk("crm.Customer", null=True)))
    changes = detect(before, after)
    assert [migration.name for migration in changes["crm"]] == ["0002_remove_customer_a_contract"]
    assert changes["shop"][0].dependencies == [("crm", "0001_initial"), ("shop", "0001_initial")]
    check_levels(before, changes)


def test_swappable_dependencies_stay_swappable_in_both_phases() -> None:
    user = model("User", app="auth", options={"swappable": "AUTH_USER_MODEL"})
    before = state(user, model("Order", old=models.IntegerField()))
    after = state(user, model("Order", owner=fk("auth.User", null=True)))
    for migration in detect(before, after)["shop"]:
        assert ("__setting__", "AUTH_USER_MODEL") in migration.dependencies


def test_swappable_dependencies_of_a_file_keep_their_class() -> None:
    """``swappable_dependency()`` in a file that ``--update`` has read."""
    swappable = SwappableTuple(("auth", "__first__"), "AUTH_USER_MODEL")
    before = state(model("Order", old=models.IntegerField()))
    changes = detect(before, state(model("Order")), stock=True)
    changes["shop"][0].dependencies = [("shop", "auto_0"), swappable]
    autodetector = splitting(MigrationAutodetector)(before, before)
    for migration in autodetector.arrange_for_graph(changes, history(before))["shop"]:
        [kept] = [dep for dep in migration.dependencies if isinstance(dep, SwappableTuple)]
        assert (kept, kept.setting) == (swappable, "AUTH_USER_MODEL")


def test_the_order_does_not_depend_on_the_order_of_sets() -> None:
    """Dependencies come out of sets, whose order differs from run to run."""
    before = state(CUSTOMER, model("Order", old=models.IntegerField()), model("Bill", app="billing"))
    after = state(
        model("Customer", app="crm"),
        model("Order", customer=fk("crm.Customer", null=True), bill=fk("billing.Bill", null=True)),
        model("Bill", app="billing", customer=fk("crm.Customer", null=True)),
        model("Z", app="zzz", bill=fk("billing.Bill"), order=fk("shop.Order"), customer=fk("crm.Customer")),
    )
    stock = detect(before, after, stock=True)
    seen = set()
    for reverse in (False, True):
        for migrations in stock.values():
            for migration in migrations:
                migration.dependencies.sort(key=str, reverse=reverse)
        result = split(stock, before)
        assert not isinstance(result, Conflict)
        seen.add(str([(app, m.name, m.operations, m.dependencies) for app, its in result.changes.items() for m in its]))
    assert len(seen) == 1


# No clean split


def conflict(before: ProjectState, after: ProjectState) -> str:
    """What the refusal says, once everything about it is checked: written as Django writes it, with the note."""
    stock = detect(before, after, stock=True)
    questioner = MigrationQuestioner({"ask_initial": True})
    autodetector = splitting(MigrationAutodetector)(before.clone(), after.clone(), questioner)
    changes = autodetector.changes(graph=history(before))
    [refusal] = autodetector.refusals
    assert written(changes) == written(stock)
    assert set(safes(changes).values()) == {Safe.before_deploy()}
    [note] = {note for its in notes(changes).values() for note in its}
    assert set(notes(changes)) == set(written(stock))
    assert note == f"not safe: {refusal.fact} Written as Django writes it, in one phase"
    fact: str = refusal.fact
    return fact


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"x": models.ManyToManyField("shop.Order")}, {"x": fk("shop.Order", null=True)}),
        ({"x": fk("shop.Order", null=True)}, {"x": models.ManyToManyField("shop.Order")}),
        ({"x": models.TextField(null=True)}, {"x": models.ManyToManyField("shop.Order")}),
    ],
)
def test_a_field_removed_and_added_with_one_name_is_a_conflict(old: dict[str, Any], new: dict[str, Any]) -> None:
    said = conflict(state(model("Order", **old)), state(model("Order", **new)))
    assert said == ('shop: "Add field x to order" only works after "Remove field x from order".')


def test_a_field_removed_and_added_with_one_column_is_a_conflict() -> None:
    said = conflict(
        state(model("Order", a=models.IntegerField(db_column="x"))),
        state(model("Order", b=models.TextField(db_column="x", null=True))),
    )
    assert said == ('shop: "Add field b to order" only works after "Remove field a from order".')


def test_a_field_that_takes_the_column_of_a_removed_foreign_key_is_a_conflict() -> None:
    said = conflict(
        state(model("Order", parent=fk("shop.Order", null=True))),
        state(model("Order", parent_id=models.IntegerField(null=True))),
    )
    assert said == 'shop: "Add field parent_id to order" only works after "Remove field parent from order".'


def test_a_model_deleted_and_created_with_one_table_is_a_conflict() -> None:
    """Moved between apps with its table, where Django deletes it first; a new field as well, so it is another table."""
    before = state(model("Order", app="aaa", options={"db_table": "t"}))
    after = state(model("Order", app="zzz", n=models.IntegerField(), options={"db_table": "t"}))
    assert conflict(before, after) == 'zzz: "Create model Order" only works after "Delete model Order".'


def test_a_table_that_another_model_takes_is_a_conflict() -> None:
    """Django creates it first, and fails."""
    before = state(model("Order", n=models.IntegerField()))
    after = state(model("Purchase", m=models.TextField(), options={"db_table": "shop_order"}))
    assert conflict(before, after) == 'shop: "Create model Purchase" only works after "Delete model Order".'


def test_a_proxy_that_becomes_a_table_goes_first_since_it_is_python_only() -> None:
    base = model("Base")
    proxy = model("Order", bases=("shop.base",), options={"proxy": True})
    before, after = state(base, proxy), state(base, model("Order", n=models.IntegerField()))
    assert written(detect(before, after)) == written(detect(before, after, stock=True))


def test_a_table_that_becomes_a_proxy_is_dropped_after_deploy() -> None:
    base = model("Base")
    proxy = model("Order", bases=("shop.base",), options={"proxy": True})
    changes = detect(state(base, model("Order", n=models.IntegerField())), state(base, proxy))
    assert written(changes) == {
        "shop.0002_delete_order_order_contract": ["Delete model Order", "Create proxy model Order"]
    }


def test_a_field_moved_down_to_a_new_child_is_a_conflict() -> None:
    """Multi-table inheritance: a child cannot have a field of its parent's name."""
    child = model("Child", bases=("shop.base",), x=models.IntegerField(null=True), base_ptr=parent_link())
    said = conflict(state(model("Base", x=models.IntegerField(null=True))), state(model("Base"), child))
    assert said == 'shop: "Create model Child" only works after "Remove field x from base".'


@pytest.mark.parametrize("removed_first", [True, False])
def test_a_field_moved_down_to_a_child_is_a_conflict_in_either_order(removed_first: bool) -> None:
    """Stock Django writes the other order, too, and fails on it."""
    number = models.IntegerField(null=True)
    before = state(model("Base", x=number), model("Child", bases=("shop.base",), base_ptr=parent_link()))
    operations = [RemoveField("base", "x"), AddField("child", "x", number)]
    migration = Migration("auto_1", "shop")
    migration.operations = operations if removed_first else operations[::-1]
    found = split({"shop": [migration]}, before)
    assert isinstance(found, Conflict)
    assert [found.earlier, found.later] == operations


def test_a_conflict_names_both_operations() -> None:
    before = state(model("Order", x=models.ManyToManyField("shop.Order")))
    stock = detect(before, state(model("Order", x=models.TextField(null=True))), stock=True)
    found = split(stock, before)
    assert isinstance(found, Conflict)
    assert isinstance(found.earlier, RemoveField)
    assert isinstance(found.later, AddField)
    assert found.app_label == "shop"


def test_a_conflict_in_one_app_is_said_in_all_of_the_change() -> None:
    before = state(CUSTOMER, model("Order", x=models.ManyToManyField("shop.Order")))
    after = state(model("Customer", app="crm"), model("Order", x=models.TextField(null=True)))
    conflict(before, after)


# Renames


def renamed(before: ProjectState, after: ProjectState) -> Changes:
    questioner = MigrationQuestioner({"ask_rename": True, "ask_rename_model": True})
    return splitting(MigrationAutodetector)(before, after, questioner).changes(graph=history(before))


def test_a_rename_beside_contracts_does_not_stop_the_split() -> None:
    before = state(CUSTOMER, model("Order", a=models.IntegerField()), model("Old"))
    after = state(model("Customer", app="crm"), model("Order", b=models.IntegerField()))
    assert written(renamed(before, after)) == {
        "crm.0002_alter_customer_name_expand": [
            "AlterField customer.name models.CharField(max_length=9, null=True)",
        ],
        "crm.0003_remove_customer_name_contract": ["Remove field name from customer"],
        "shop.0002_rename_a_order_b_expand": ["RenameFieldOnline order.a to b"],
        "shop.0003_finish_rename_a_order_b_delete_old_contract": [
            "Drop the old column a of field b on order",
            "Delete model Old",
        ],
    }


def test_a_rename_that_needs_the_name_of_a_removed_field_is_a_conflict() -> None:
    operations = [RemoveField("order", "b"), RenameField("order", "a", "b")]
    before = state(model("Order", a=models.IntegerField(), b=models.TextField(null=True)))
    migration = Migration("auto_1", "shop")
    migration.operations = operations
    found = split({"shop": [migration]}, before)
    assert isinstance(found, Conflict)
    assert [text(found.earlier), text(found.later)] == [
        "Remove field b from order",
        "RenameFieldOnline order.a to b",
    ]


# Around it


def test_an_empty_change_passes_through() -> None:
    before = state(model("Order"))
    autodetector = splitting(MigrationAutodetector)(before, before)
    changes = autodetector.arrange_for_graph({"shop": [Migration("custom", "shop")]}, history(before), "by_hand")
    [migration] = changes["shop"]
    assert migration.name == "0002_by_hand"
    assert not hasattr(migration, "safe")


def test_the_splitting_autodetector_of_one_base_is_one_class() -> None:
    assert splitting(MigrationAutodetector) is splitting(MigrationAutodetector)
    assert issubclass(splitting(MigrationAutodetector), MigrationAutodetector)


def test_what_belongs_to_a_model_that_goes_stays_until_it_goes() -> None:
    """Old code upserts on its constraints, and is fast with its indexes."""
    constraint = models.UniqueConstraint(fields=["a"], name="u")
    options = {"constraints": [constraint], "indexes": [models.Index(fields=["a"], name="i")]}
    gone = model("Gone", a=models.IntegerField(), b=models.IntegerField(), options=options)
    changes = detect(state(model("Order"), gone), state(model("Order")))
    [name] = written(changes)
    assert name.endswith("_contract")
