"""Code that goes over whole tables: what is found, what Backfill is proposed, and what is left alone."""

from __future__ import annotations

import pytest

from django_safemigrate.values.sizes import Size
from tests.support.project import Project

from .looking import codes, findings

HEAD = """def fill(apps, schema_editor):
    Order = apps.get_model('shop', 'Order')
    alias = schema_editor.connection.alias
"""


def body(*lines: str) -> str:
    return HEAD + "\n".join(f"    {line}" for line in lines)


def test_one_statement_for_all_rows(project: Project) -> None:
    [found] = findings(project, body("Order.objects.using(alias).update(number='x', id=F('id'))"))
    assert (found.code.code, found.table, found.operation, found.place.line) == ("SM301", "shop_order", "0", 9)
    assert found.fact == "fill() updates all rows of shop_order in one statement."
    assert found.why == (
        "Each row that it has changed stays locked until the end of the transaction, and whoever wants to change one waits "
        "so long. VACUUM is held back meanwhile, and all is lost if it fails. With 10 million rows that is about 5.2 min."
    )
    assert found.instead == (
        "from django.db.models import Q\n\nfrom django_safemigrate.operations import Backfill\n\n"
        """Backfill("order", {"number": 'x', "id": F('id')}, where=Q()),"""
    )


def test_a_fill_of_what_is_null_needs_no_condition(project: Project) -> None:
    [found] = findings(project, body("Order.objects.filter(number__isnull=True).update(number='x')"))
    assert found.instead.endswith("""Backfill("order", {"number": 'x'}),""")


@pytest.mark.parametrize(
    ("conditions", "where"),
    [
        ("filter(number='')", "Q(number='')"),
        ("exclude(number='x')", "~Q(number='x')"),
        ("filter(models.Q(number=None) | models.Q(number=''))", "models.Q(number=None) | models.Q(number='')"),
    ],
)
def test_conditions_that_most_rows_fulfil_are_none(project: Project, conditions: str, where: str) -> None:
    [found] = findings(project, body(f"Order.objects.all().{conditions}.update(number='x')"))
    assert found.code.code == "SM301"
    assert found.instead.endswith(f"""Backfill("order", {{"number": 'x'}}, where={where}),""")


def test_all_rows_are_deleted(project: Project) -> None:
    [found] = findings(project, body("Order.objects.all().delete()"))
    assert (found.code.code, found.fact) == ("SM301", "fill() deletes all rows of shop_order in one statement.")
    assert "[:1000]).delete()" in found.instead


def test_a_loop_that_saves_each_row(project: Project) -> None:
    [found] = findings(
        project,
        body("for order in Order.objects.all():", "    order.number = order.number.upper()", "    order.save()"),
    )
    assert (found.code.code, found.table, found.place.line) == ("SM302", "shop_order", 9)
    assert found.fact == "fill() goes through all rows of shop_order and calls save() for each, in one transaction."
    assert found.instead == (
        "from django_safemigrate.operations import Backfill\n\n"
        "def fill(rows):\n    for order in rows:\n        order.number = order.number.upper()\n\n"
        'Backfill("order", fill, fields=["number"]),  # fills what is NULL; else add where=..., true for rows that are '
        "still to be changed, and for no others"
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["for order in Order.objects.iterator():", "    order.save(update_fields=['number'])"],
        ["for number, order in enumerate(Order.objects.order_by('pk')):", "    order.save()"],
        ["orders = list(Order.objects.all())", "for order in orders:", "    order.number = '1'", "    order.save()"],
        ["for order in Order.objects.all():", "    Order.objects.filter(pk=order.pk).update(number='1')"],
        ["for order in Order.objects.all():", "    one(order)"],
        ["[order.save() for order in Order.objects.all()]"],
        ["for name in ('Line', 'Order'):",
         "    for row in apps.get_model('shop', name).objects.filter():", "        row.save()"],
        ["orders = Order.objects.all()", "Order.objects.bulk_update(orders, ['number'])"],
        ["changed = []", "for order in Order.objects.iterator():", "    changed.append(order)",
         "Order.objects.bulk_update(changed, ['number'], batch_size=500)"],
        ["with transaction.atomic():", "    if True:",
         "        for order in Order.objects.all():", "            order.delete()"],
        ["while True:", "    try:",
         "        for order in Order.objects.all(): order.save()", "    finally:", "        break"],
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:'break' in a 'finally' block:SyntaxWarning")  # Python 3.14 warns
def test_other_ways_to_write_row_by_row(project: Project, lines: list[str]) -> None:
    helper = "from django.db import transaction\ndef one(row):\n    row.number = '1'\n    row.save()\n\n"
    assert set(codes(project, helper + body(*lines))) == {"SM302"}


@pytest.mark.parametrize(
    "lines",
    [
        ["for order in Order.objects.all():", "    print(order)"],
        ["orders = list(Order.objects.values_list('pk', flat=True))"],
        ["numbers = {order.number for order in Order.objects.all()}"],
        ["count = len(Order.objects.all())"],
        ["last = max(order.pk for order in Order.objects.all())"],
    ],
)
def test_all_rows_in_memory(project: Project, lines: list[str]) -> None:
    [found] = findings(project, body(*lines))
    assert (found.code.code, found.table) == ("SM303", "shop_order")
    assert found.instead == (
        "for row in Order.objects.using(schema_editor.connection.alias).iterator(chunk_size=2000): ..."
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Order.objects.filter(pk=1).update(number='x')"],
        ["Order.objects.filter(number__in=['1', '2']).delete()"],
        ["Order.objects.filter(models.Q(number='1')).update(number='x')"],
        ["Order.objects.exclude(pk=1).filter(number='5').update(number='x')"],
        ["Order.objects.filter(**{'number': '1'}).update(number='x')"],
        ["for order in Order.objects.all()[:100]:", "    order.save()"],
        ["for order in Order.objects.iterator():", "    print(order)"],
        ["Order.objects.get_or_create(number='1')", "Order.objects.create(number='2')", "Order(number='3').save()"],
        ["order = Order.objects.first()", "order.save()", "Order.objects.all()[0].save()"],
        ["Order.objects.count()", "Order.objects.exists()", "list(Order.objects.none())"],
        ["while True:", "    pks = list(Order.objects.filter(number='').values_list('pk', flat=True)[:500])",
         "    if not Order.objects.filter(pk__in=pks).update(number='x'):", "        break"],
        ["for number in Order.objects.values_list('number', flat=True).distinct():", "    print(number)"],
        ["for order in apps.get_model('shop', 'N' + 'o').objects.all():", "    order.save()"],
        ["Order.objects.bulk_create([Order(number='1')])", "Order.objects.bulk_update([Order(pk=1)], ['number'])"],
        ["class Other:", "    def unused(self):", "        Order.objects.all().delete()"],
        ["def unused():", "    Order.objects.all().delete()"],
    ],
)  # fmt: skip
def test_what_is_limited_is_no_whole_table(project: Project, lines: list[str]) -> None:
    assert codes(project, body(*lines)) == []


def test_helpers_partials_lambdas_and_methods_are_followed(project: Project) -> None:
    code = """
import functools

def deeper(model, *, value):
    model.objects.update(number=value)

def fill_one(name, apps, schema_editor):
    deeper(model_of(apps, name), value="1")

def model_of(apps, name):
    return apps.get_model("shop", name)

def wrapped(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner

@wrapped
def decorated(apps, schema_editor):
    def inside():
        return apps.get_model("shop.Order").objects
    inside().update(number="1")

class Filler:
    def __call__(self, apps, schema_editor):
        fill_one("Order", apps, schema_editor)

    def method(self, apps, schema_editor):
        fill_one("Order", apps, schema_editor)
"""
    operations = """
        migrations.RunPython(functools.partial(fill_one, "Order")),
        migrations.RunPython(
            lambda apps, schema_editor: apps.get_model(app_label="shop", model_name="Order").objects.update(number="1")
        ),
        migrations.RunPython(decorated),
        migrations.RunPython(Filler()),
        migrations.RunPython(Filler().method),
        migrations.SeparateDatabaseAndState([migrations.RunPython(decorated)]),
        migrations.RunPython(migrations.RunPython.noop),
    """
    found = findings(project, code, operations=operations)
    assert [(one.code.code, one.operation) for one in found] == [
        ("SM301", "0"), ("SM301", "1"), ("SM301", "2"), ("SM301", "3"), ("SM301", "4"), ("SM301", "5.0"),
    ]  # fmt: skip


def test_code_that_calls_itself_ends(project: Project) -> None:
    assert codes(project, HEAD + "    fill(apps, schema_editor)\n    Order.objects.update(number='1')") == ["SM301"]


def test_a_helper_in_another_file_of_the_project_is_shown_at_the_operation(project: Project) -> None:
    (project.directory / "_helpers.py").write_text("def everything(model):\n    model.objects.update(number='1')\n")
    code = f"from {project.package}._helpers import everything\n\n" + HEAD + "    everything(Order)"
    [found] = findings(project, code)
    assert (found.code.code, found.place.line) == ("SM301", 16)


def test_tables_of_this_release_and_small_ones_are_left_alone(project: Project) -> None:
    code = body("Order.objects.update(number='x')")
    made = """migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RenameModel("Note", "Remark"),
        migrations.RunPython(lambda apps, schema_editor: apps.get_model("shop", "Remark").objects.update(id=1)),"""
    assert codes(project, code, new_tables={"shop_order"}) == []
    assert codes(project, code, sizes={"shop_order": Size(100, 8192)}) == []
    assert codes(project, "", operations=made) == []


def test_a_table_that_is_known_to_be_large_says_how_long(project: Project) -> None:
    [found] = findings(
        project, body("Order.objects.update(number='x')"), sizes={"shop_order": Size(1_000_000, 200 * 1024**2)}
    )
    assert found.why.endswith("shop_order has about 1,000,000 rows, 200 MB: that is about 31 s.")


def test_row_by_row_in_transactions_of_their_own_makes_nobody_wait(project: Project) -> None:
    code = body("for order in Order.objects.iterator():", "    order.save()")
    assert codes(project, code, attributes="    atomic = False\n") == []
    atomic = "migrations.RunPython(fill, atomic=True)"
    assert codes(project, code, attributes="    atomic = False\n", operations=atomic) == ["SM302"]


def test_other_tables_than_the_loop_s_have_no_backfill(project: Project) -> None:
    [found] = findings(
        project,
        body(
            "Line = apps.get_model('shop', 'Line')",
            "for order in Order.objects.all():",
            "    Line.objects.create(price=1)",
        ),
    )
    assert (found.code.code, "Backfill" in found.instead) == ("SM302", False)


def test_django_s_own_small_tables_do_not_count(project: Project) -> None:
    code = """
def fill(apps, schema_editor):
    apps.get_model("contenttypes", "ContentType").objects.update(model="x")
    apps.get_model("auth", "User").objects.update(email="")
"""
    dependencies = ', ("auth", "0012_alter_user_first_name_max_length")'
    [found] = findings(project, code, dependencies=dependencies)
    assert (found.table, "# in a migration of auth" in found.instead) == ("auth_user", True)
