from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations import AlterField, RemoveField, RenameField
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate import Safe
from django_safemigrate.doing.autodetector import splitting
from django_safemigrate.values.phases import declared
from tests.decisions.releases import Releases
from tests.decisions.states import Changes, model, notes, state

NUMBER = models.IntegerField(null=True)


class Renames(MigrationQuestioner):
    """Says that whatever looks like a rename is one."""

    def ask_rename(self, *_: Any) -> bool:
        return True


def fk(to: str, **options: Any) -> Any:
    return models.ForeignKey(to, models.CASCADE, null=True, **options)


def dependencies(changes: Changes) -> dict[str, list[str]]:
    """Of each migration, by ``app.name``; those of the same app without the app."""
    return {
        f"{app}.{migration.name}": sorted(
            dep[1] if dep[0] == app else f"{dep[0]}.{dep[1]}" for dep in migration.dependencies
        )
        for app, its in sorted(changes.items())
        for migration in its
    }


def reasons(changes: Changes) -> dict[str, str]:
    found = {m.name: m.safemigrate_reason for its in changes.values() for m in its}  # type: ignore[attr-defined]
    return {name: reason for name, reason in found.items() if reason}


def written(
    name: str, *operations: Any, safe: Safe | None, after: list[tuple[str, str]], app: str = "shop"
) -> Migration:
    """A migration that somebody has written."""
    attributes = {"operations": list(operations), "dependencies": after, **({"safe": safe} if safe else {})}
    made: Migration = type("Migration", (Migration,), attributes)(name, app)
    return made


def order(**fields: Any) -> ProjectState:
    return state(model("Order", **fields))


@pytest.fixture
def pending() -> Releases:
    """Release 1 and 2 of ``shop``; the contract of release 2 is the last migration."""
    releases = Releases(order(old=NUMBER))
    releases.release(order(a=models.IntegerField(default=1)))
    assert dependencies(releases.changes) == {
        "shop.0002_order_a_expand": ["0001_initial"],
        "shop.0003_remove_order_old_alter_order_a_contract": ["0002_order_a_expand"],
    }
    return releases


A = {"a": models.IntegerField(default=1)}
OLD_CONTRACT = "0003_remove_order_old_alter_order_a_contract"


# What branches


def test_the_next_expand_branches_and_the_next_contract_joins(pending: Releases) -> None:
    changes = pending.release(order(**A, b=models.IntegerField(default=2)))
    assert dependencies(changes) == {
        "shop.0004_order_b_expand": ["0002_order_a_expand"],
        "shop.0005_alter_order_b_contract": [OLD_CONTRACT, "0004_order_b_expand"],
    }
    assert notes(changes) == {}
    assert list(reasons(changes)) == ["0004_order_b_expand"]


def test_an_expand_alone_gets_an_empty_contract_that_joins(pending: Releases) -> None:
    changes = pending.release(order(**A, b=NUMBER))
    assert dependencies(changes) == {
        "shop.0004_order_b_expand": ["0002_order_a_expand"],
        "shop.0005_join_contract": [OLD_CONTRACT, "0004_order_b_expand"],
    }
    expand, join = changes["shop"]
    assert (join.operations, join.safe) == ([], Safe.after_deploy())  # type: ignore[attr-defined]
    assert expand.safe == Safe.before_deploy()  # type: ignore[attr-defined]
    assert join.initial is None
    assert reasons(changes)[join.name].startswith("empty:")


def test_a_given_name_is_that_of_the_join_too(pending: Releases) -> None:
    changes = pending.release(order(**A, b=NUMBER), name="bar")
    assert [migration.name for migration in changes["shop"]] == ["0004_bar_expand", "0005_bar_join_contract"]


def test_a_contract_alone_stays_in_line() -> None:
    releases = Releases(order(a=NUMBER, b=NUMBER))
    releases.release(order(b=NUMBER))
    assert dependencies(releases.release(order())) == {
        "shop.0003_remove_order_b_contract": ["0002_remove_order_a_contract"]
    }


def test_several_pending_releases_go_on_branching(pending: Releases) -> None:
    pending.release(order(**A, b=models.IntegerField(default=2)))
    pending.release(order(**A, b=models.IntegerField(default=2), c=NUMBER))
    changes = pending.release(order(**A, b=models.IntegerField(default=2), c=NUMBER, d=NUMBER))
    assert dependencies(changes) == {
        "shop.0008_order_d_expand": ["0006_order_c_expand"],
        "shop.0009_join_contract": ["0007_join_contract", "0008_order_d_expand"],
    }
    assert [name for _, name in pending.phase_first({("shop", "0001_initial")})] == [
        "0002_order_a_expand",
        "0004_order_b_expand",
        "0006_order_c_expand",
        "0008_order_d_expand",
    ]


def test_migrate_runs_all_of_before_deploy_first(pending: Releases) -> None:
    pending.release(order(**A, b=NUMBER))
    assert [name for _, name in pending.plan] == [
        "0001_initial",
        "0002_order_a_expand",
        "0004_order_b_expand",
        OLD_CONTRACT,
        "0005_join_contract",
    ]


def test_where_no_contract_is_last_nothing_changes() -> None:
    releases = Releases(order())
    releases.release(order(a=NUMBER))
    assert dependencies(releases.release(order(a=NUMBER, b=NUMBER))) == {"shop.0003_order_b": ["0002_order_a"]}


def test_a_contract_with_a_delay_is_overtaken(pending: Releases) -> None:
    contract = pending.migration(("shop", OLD_CONTRACT))
    contract.safe = Safe.after_deploy(delay=timedelta(days=9))  # type: ignore[attr-defined]
    assert dependencies(pending.release(order(**A, b=NUMBER)))["shop.0004_order_b_expand"] == ["0002_order_a_expand"]


def test_a_safe_that_is_none_is_not_overtaken(pending: Releases) -> None:
    pending.migration(("shop", OLD_CONTRACT)).safe = "after"  # type: ignore[attr-defined]
    assert dependencies(pending.release(order(**A, b=NUMBER))) == {"shop.0004_order_b": [OLD_CONTRACT]}


def test_what_somebody_put_behind_a_contract_keeps_the_next_expand_behind_it(pending: Releases) -> None:
    """``RunPython`` for either phase, say: it is not ours to move."""
    last = ("shop", OLD_CONTRACT)
    pending.add(written("0004_by_hand", RunPython(RunPython.noop), safe=None, after=[last]))
    assert dependencies(pending.release(order(**A, b=NUMBER))) == {"shop.0005_order_b": ["0004_by_hand"]}


def test_an_empty_migration_before_deploy_ends_the_branches(pending: Releases) -> None:
    """The way to say: whoever gets here has all of it behind."""
    pending.add(written("0004_all_done", safe=Safe.before_deploy(), after=[("shop", OLD_CONTRACT)]))
    assert dependencies(pending.release(order(**A, b=NUMBER))) == {"shop.0005_order_b": ["0004_all_done"]}


def test_a_merge_of_contracts_is_overtaken_with_them(pending: Releases) -> None:
    first = ("shop", "0002_order_a_expand")
    one = written("0004_one_expand", safe=Safe.before_deploy(), after=[first])
    other = written("0005_other_contract", safe=Safe.after_deploy(), after=[("shop", "0004_one_expand")])
    merge = written("0006_merge", safe=None, after=[("shop", OLD_CONTRACT), ("shop", "0005_other_contract")])
    pending.add(one, other, merge)
    assert dependencies(pending.release(order(**A, b=NUMBER))) == {
        "shop.0007_order_b_expand": ["0004_one_expand"],
        "shop.0008_join_contract": ["0006_merge", "0007_order_b_expand"],
    }


def test_a_merge_of_expands_is_not_overtaken() -> None:
    releases = Releases(state(model("Order"), model("Customer", app="crm", old=NUMBER)))
    releases.release(state(model("Order"), model("Customer", app="crm")))
    assert declared(releases.migration(("crm", "0002_remove_customer_old_contract"))) == Safe.after_deploy()
    for name in ("0002_a", "0002_b"):
        releases.graph.add_node(("shop", name), written(name, safe=Safe.before_deploy(), after=[]))
        releases.graph.add_dependency(None, ("shop", name), ("shop", "0001_initial"))
    releases.add(written("0003_merge", safe=None, after=[("shop", "0002_a"), ("shop", "0002_b")]))
    changes = releases.release(state(model("Order", b=NUMBER), model("Customer", app="crm")))
    assert dependencies(changes) == {"shop.0004_order_b": ["0003_merge"]}


def test_a_contract_that_is_an_apps_first_migration_is_not_overtaken() -> None:
    """Else the app would have two first migrations."""
    releases = Releases(order())
    releases.migration(("shop", "0001_initial")).safe = Safe.after_deploy()  # type: ignore[attr-defined]
    assert dependencies(releases.release(state(model("Order"), model("New")))) == {"shop.0002_new": ["0001_initial"]}


# What stays in line


def test_a_name_that_the_contract_frees_is_waited_for(pending: Releases) -> None:
    changes = pending.release(order(**A, old=models.TextField(null=True)))
    assert dependencies(changes) == {"shop.0004_order_old": [OLD_CONTRACT]}
    assert notes(changes) == {
        "shop.0004_order_old": [
            f'waits for shop.{OLD_CONTRACT}: "Add field old to order" depends on "Remove field old from order"'
        ]
    }


def test_only_what_is_needed_is_waited_for(pending: Releases) -> None:
    """Of two pending contracts the later one is overtaken."""
    pending.release(order(**A, b=models.IntegerField(default=2)))
    later = "0005_alter_order_b_contract"
    changes = pending.release(order(**A, b=models.IntegerField(default=2), old=NUMBER))
    assert dependencies(changes) == {
        "shop.0006_order_old_expand": [OLD_CONTRACT, "0004_order_b_expand"],
        "shop.0007_join_contract": [later, "0006_order_old_expand"],
    }


def test_what_nobody_can_see_into_is_waited_for(pending: Releases) -> None:
    last = ("shop", OLD_CONTRACT)
    for number, unknown in enumerate(
        [
            RunSQL("DELETE FROM shop_order WHERE a = 0"),
            RunPython(RunPython.noop),
            SeparateDatabaseAndState(database_operations=[RunSQL("SELECT 1")]),
        ]
    ):
        contract = written(f"0004_{number}_contract", unknown, safe=Safe.after_deploy(), after=[last])
        releases = Releases(order(old=NUMBER))
        releases.release(pending.state)
        releases.add(contract)
        changes = releases.release(order(**A, b=NUMBER))
        assert dependencies(changes) == {"shop.0005_order_b": [contract.name]}
        [[note]] = notes(changes).values()
        assert note == f'waits for shop.{contract.name}: "Add field b to order" may depend on "{unknown.describe()}"'


def test_an_expand_that_follows_a_waiting_one_waits_too() -> None:
    """``crm`` needs the new column of ``shop``, which needs the old name."""
    customer = model("Customer", app="crm")
    releases = Releases(state(customer, model("Order", old=NUMBER)))
    releases.release(state(customer, model("Order")))
    changes = releases.release(
        state(model("Customer", app="crm", new=fk("shop.New")), model("Order", old=NUMBER), model("New"))
    )
    contract = "0002_remove_order_old_contract"
    assert dependencies(changes) == {
        "crm.0002_customer_new": ["0001_initial", "shop.0003_new_order_old"],
        "shop.0003_new_order_old": [contract],
    }
    assert list(notes(changes)) == ["shop.0003_new_order_old"]


# What can wait for the next contract


def test_a_change_in_python_alone_goes_into_the_contract_if_the_field_has_a_pending_one(pending: Releases) -> None:
    """Else a help text would block the next deploy."""
    changes = pending.release(order(a=models.IntegerField(default=1, help_text="Help"), b=NUMBER))
    assert dependencies(changes) == {
        "shop.0004_order_b_expand": ["0002_order_a_expand"],
        "shop.0005_alter_order_a_contract": [OLD_CONTRACT, "0004_order_b_expand"],
    }
    assert notes(changes) == {}
    assert pending.follow(pending.plan).models["shop", "order"].fields["a"].help_text == "Help"


def test_such_a_change_alone_is_a_contract(pending: Releases) -> None:
    changes = pending.release(order(a=models.IntegerField(default=1, help_text="Help")))
    assert dependencies(changes) == {"shop.0004_alter_order_a_contract": [OLD_CONTRACT]}


def test_an_index_of_a_name_that_the_contract_frees_goes_into_the_next_one() -> None:
    def indexed(*fields: str) -> ProjectState:
        indexes = [models.Index(fields=fields, name="i")] if fields else []
        return state(model("Order", a=NUMBER, b=NUMBER, options={"indexes": indexes}))

    releases = Releases(indexed("a"))
    releases.release(indexed())
    assert dependencies(releases.release(indexed("b"))) == {
        "shop.0003_order_i_contract": ["0002_remove_order_i_contract"]
    }


def test_what_others_need_before_deploy_does_not_wait_for_the_contract(pending: Releases) -> None:
    """The rename needs the altered field; both stay before deploy, and wait for the pending contract."""
    alter = AlterField("order", "a", models.IntegerField(default=1, help_text="Help"))
    migration = written("auto_1", alter, RenameField("order", "a", "z"), safe=None, after=[])
    before = pending.follow(pending.plan)
    autodetector = splitting(MigrationAutodetector)(before, before)
    changes = autodetector.arrange_for_graph({"shop": [migration]}, pending.graph, "bar")
    assert dependencies(changes) == {
        "shop.0004_bar_expand": [OLD_CONTRACT],
        "shop.0005_bar_contract": ["0004_bar_expand"],
    }
    assert len(changes["shop"][0].operations) == 2


# Several apps

CUSTOMER = model("Customer", app="crm")


@pytest.fixture
def two_apps() -> Releases:
    """The last migration of each app is a contract."""
    releases = Releases(state(model("Customer", app="crm", old=NUMBER), model("Order", old=NUMBER)))
    releases.release(state(CUSTOMER, model("Order")))
    return releases


CRM, SHOP = "0002_remove_customer_old_contract", "0002_remove_order_old_contract"


def test_a_dependency_on_the_contract_of_another_app_is_moved(two_apps: Releases) -> None:
    changes = two_apps.release(state(CUSTOMER, model("Order", customer=fk("crm.Customer"))))
    assert dependencies(changes) == {
        "shop.0003_order_customer_expand": ["0001_initial", "crm.0001_initial"],
        "shop.0004_join_contract": [SHOP, "0003_order_customer_expand"],
    }


def test_a_new_app_does_not_wait_for_the_contract_of_another(two_apps: Releases) -> None:
    changes = two_apps.release(state(CUSTOMER, model("Order"), model("Bill", app="billing", order=fk("shop.Order"))))
    assert dependencies(changes) == {"billing.0001_initial": ["shop.0001_initial"]}
    assert changes["billing"][0].initial is True


def test_a_new_contract_comes_after_all_that_it_would_have_come_after(two_apps: Releases) -> None:
    """Its expand has overtaken the contract of another app; it has not."""
    after = model("Order", customer=fk("crm.Customer"), n=models.IntegerField(default=1))
    changes = two_apps.release(state(CUSTOMER, after))
    assert dependencies(changes) == {
        "shop.0003_order_customer_order_n_expand": ["0001_initial", "crm.0001_initial"],
        "shop.0004_alter_order_n_contract": [SHOP, "0003_order_customer_order_n_expand", f"crm.{CRM}"],
    }


def test_a_table_that_another_app_frees_is_waited_for() -> None:
    """Django would not see it: nothing of the one app refers to the other."""
    releases = Releases(state(model("Order", options={"db_table": "t"}), CUSTOMER))
    releases.release(state(CUSTOMER))
    changes = releases.release(state(CUSTOMER, model("Note", app="crm", options={"db_table": "t"})))
    contract = "shop.0002_delete_order_contract"
    assert dependencies(changes) == {"crm.0002_note": ["0001_initial", contract]}
    assert notes(changes) == {
        "crm.0002_note": [f'waits for {contract}: "Create model Note" depends on "Delete model Order"']
    }


def test_a_model_goes_after_the_key_to_it_that_goes_in_an_earlier_release() -> None:
    """In the second release nothing refers to ``Customer``, so Django writes no dependency."""
    other = model("Other", app="crm")
    releases = Releases(state(CUSTOMER, other, model("Order", customer=fk("crm.Customer"))))
    releases.release(state(CUSTOMER, other, model("Order")))
    changes = releases.release(state(other, model("Order")))
    assert dependencies(changes) == {
        "crm.0002_delete_customer_contract": ["0001_initial", "shop.0003_remove_order_customer_contract"]
    }
    releases.follow(releases.plan, render=True)


def test_what_nobody_can_see_into_in_another_app_is_no_reason_to_wait(two_apps: Releases) -> None:
    after = [("crm", CRM)]
    two_apps.add(
        written("0003_sql_contract", RunSQL("SELECT 1"), safe=Safe.after_deploy(), after=after, app="crm"),
    )
    changes = two_apps.release(state(CUSTOMER, model("Order", b=NUMBER)))
    assert dependencies(changes)["shop.0003_order_b_expand"] == ["0001_initial"]


# Traps: what the state is without the overtaken contracts

BASE = model("Base", x=NUMBER)


def child(**fields: Any) -> ModelState:
    link = models.OneToOneField("shop.Base", models.CASCADE, parent_link=True, primary_key=True, auto_created=True)
    made = model("Child", bases=("shop.base",), base_ptr=link)
    made.fields.update(fields)
    return made


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        pytest.param(
            order(a=models.IntegerField(null=True, db_column="x")),
            order(),
            order(b=models.IntegerField(null=True, db_column="x")),
            id="column",
        ),
        pytest.param(order(p=fk("shop.Order")), order(), order(p_id=NUMBER), id="column of a key"),
        pytest.param(
            order(p_id=models.IntegerField(null=True, db_column="x")),
            order(),
            order(p=fk("shop.Order", db_column="y")),
            id="attribute of a key",
        ),
        pytest.param(
            state(BASE, child()), state(model("Base"), child()), state(model("Base"), child(x=NUMBER)), id="MTI"
        ),
        pytest.param(
            order(lines=models.ManyToManyField("shop.Order")),
            order(),
            state(model("Order"), model("Order_Lines", options={"db_table": "other"})),
            id="model of a many-to-many",
        ),
        pytest.param(
            state(model("Order"), model("Order_Lines", options={"db_table": "other"})),
            order(),
            order(lines=models.ManyToManyField("shop.Order")),
            id="many-to-many of the name of a model",
        ),
        pytest.param(
            order(a=NUMBER),
            order(a=models.IntegerField(unique=True, default=1)),
            order(a=models.BigIntegerField(unique=True, default=1)),
            id="altered twice",
        ),
    ],
)
def test_what_would_collide_with_the_overtaken_is_waited_for(
    first: ProjectState, second: ProjectState, third: ProjectState
) -> None:
    releases = Releases(first)
    contract = releases.release(second)["shop"][-1].name
    assert contract.endswith("_contract")
    changes = releases.release(third)
    assert contract in dependencies(changes)[f"shop.{changes['shop'][0].name}"]
    releases.follow(releases.plan, render=True)


def test_a_key_to_a_field_that_is_renamed_is_waited_for() -> None:
    """The contract's own copy of the key has the old name."""
    customer = model("Customer", code=models.CharField(max_length=9, unique=True))
    releases = Releases(state(customer, model("Order", to=fk("shop.Customer", to_field="code"))))
    required = models.ForeignKey("shop.Customer", models.CASCADE, to_field="code")
    last = ("shop", "0001_initial")
    releases.add(written("0002_contract", AlterField("order", "to", required), safe=Safe.after_deploy(), after=[last]))
    releases.state = state(customer, model("Order", to=required))
    renamed = model("Customer", key=models.CharField(max_length=9, unique=True))
    changes = releases.release(
        state(renamed, model("Order", to=models.ForeignKey("shop.Customer", models.CASCADE, to_field="key"))),
        questioner=Renames(),
    )
    assert "0002_contract" in dependencies(changes)[f"shop.{changes['shop'][0].name}"]


@pytest.mark.parametrize(
    ("field", "name", "waits_for"),
    [("old", "0003_order_old", "0002_contract"), ("b", "0003_order_b_expand", "0001_initial")],
)
def test_a_field_that_goes_in_the_state_alone_is_waited_for_by_one_of_its_name(
    field: str, name: str, waits_for: str
) -> None:
    releases = Releases(order(old=NUMBER))
    remove = SeparateDatabaseAndState(state_operations=[RemoveField("order", "old")])
    releases.add(written("0002_contract", remove, safe=Safe.after_deploy(), after=[("shop", "0001_initial")]))
    releases.state = order()
    assert dependencies(releases.release(order(**{field: NUMBER})))[f"shop.{name}"] == [waits_for]
