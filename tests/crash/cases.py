"""The migrations that are killed: every kind of step, alone and with others, forwards and backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

HEAD = """\
import uuid

from django.db import migrations, models

from django_safemigrate import Safe


def insert(apps, schema_editor):
    apps.get_model("shop", "Order").objects.create(number="by code", coupon="")


def remove(apps, schema_editor):
    apps.get_model("shop", "Order").objects.filter(number="by code").delete()


def insert_unless_there(apps, schema_editor):
    apps.get_model("shop", "Order").objects.get_or_create(number="by code", coupon="")


"""
# The orders of the other tests; they fill a hundred blocks, so that a fill takes several batches.
ORDERS = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20)),
    ("status", models.CharField(max_length=10, default="new")),
    ("gift", models.BooleanField(default=False)),
    ("coupon", models.CharField(max_length=9, null=True)),
]),
"""
FILLED = """
ALTER TABLE shop_order SET (fillfactor = 10);
INSERT INTO shop_order (number, status, gift, coupon) SELECT n, 'new', false, n FROM generate_series(1, 1000) n;
ANALYZE
"""
EVENTS = """
migrations.RunSQL(
    "CREATE TABLE shop_event (id bigint PRIMARY KEY, status text NOT NULL) PARTITION BY RANGE (id);"
    "CREATE TABLE shop_event_1 PARTITION OF shop_event FOR VALUES FROM (0) TO (100);"
    "CREATE TABLE shop_event_2 PARTITION OF shop_event FOR VALUES FROM (100) TO (200);",
    state_operations=[
        migrations.CreateModel("Event", [("id", models.BigIntegerField(primary_key=True)), ("status", models.TextField())]),
    ],
),
"""
LARGE = {"SMALL_TABLE": None}
APPS = (("migrate", "contenttypes", "-v0"), ("migrate", "auth", "-v0"))
OUR_APP = ("migrate", "django_safemigrate", "-v0")
SHOP = ("migrate", "shop", "0001", "-v0")
FORWARDS = ("safemigrate", "--noinput")
BACKWARDS = ("safemigrate", "--noinput", "shop", "0001")


@dataclass(frozen=True)
class File:
    """A migration file of the app ``shop``: operations, and what else stands in its class."""

    name: str
    operations: str
    body: str = ""

    def text(self, before: str | None) -> str:
        dependencies = [("shop", before)] if before else []
        operations = indent(dedent(self.operations).strip(), " " * 8)
        body = indent(dedent(self.body).strip(), " " * 4)
        return (
            f"{HEAD}class Migration(migrations.Migration):\n    safe = Safe.always()\n    dependencies = {dependencies!r}\n"
            f"{body}\n"
            f"    operations = [\n{operations}\n    ]\n"
        )


@dataclass(frozen=True)
class Case:
    """What is killed: a command, on a database after the commands ``before``, ``sql`` and the commands ``then``."""

    name: str
    files: Sequence[File]
    first: str = ORDERS
    before: Sequence[Sequence[str]] = (*APPS, OUR_APP, SHOP)
    sql: str = FILLED
    then: Sequence[Sequence[str]] = ()
    command: Sequence[str] = FORWARDS
    settings: dict[str, Any] = field(default_factory=lambda: dict(LARGE))
    volatile: Sequence[str] = ()

    @property
    def package(self) -> str:
        return f"crash_{self.name}"

    def write(self, directory: Path) -> None:
        """Write its migration files."""
        package = directory / self.package
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        last = None
        for file in (File("0001_initial", self.first, "initial = True"), *self.files):
            (package / f"{file.name}.py").write_text(file.text(last))
            last = file.name


CASES: dict[str, Case] = {}


def case(name: str, operations: str, *, body: str = "", more: Sequence[File] = (), **others: Any) -> None:
    CASES[name] = Case(name, (File("0002_all", operations, body), *more), **others)


def both_ways(name: str, operations: str, *, body: str = "", **others: Any) -> None:
    """Forwards, and back from there."""
    case(name, operations, body=body, **others)
    case(f"{name}_back", operations, body=body, command=BACKWARDS, then=[(*FORWARDS, "-v0")], **others)


# A kind of step each

both_ways(
    "catalog",
    """
    migrations.AddField("order", "a", models.IntegerField(db_default=1, default=1)),
    migrations.AlterField("order", "number", models.CharField(max_length=20, null=True)),
    migrations.RemoveField("order", "gift"),
    """,
)
both_ways(
    "scan",
    """
    migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="shop_positive")),
    migrations.AlterField("order", "coupon", models.CharField(max_length=9)),
    """,
)
case("type", 'migrations.AlterField("order", "number", models.CharField(max_length=40)),')
both_ways("index", 'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),')
both_ways("unique", 'migrations.AlterField("order", "number", models.CharField(max_length=20, unique=True)),')
case(
    "rows",
    'migrations.AlterField("order", "coupon", models.CharField(max_length=9, default="none")),',
    sql=FILLED + "; UPDATE shop_order SET coupon = NULL",
)
case(
    "volatile",
    'migrations.AddField("order", "a", models.FloatField(db_default=models.functions.Random())),',
    volatile=["a"],
)
case(
    "called",
    """
    migrations.AddField("order", "token", models.UUIDField(null=True)),
    migrations.AlterField("order", "token", models.UUIDField(default=uuid.uuid4)),
    """,
    volatile=["token"],
)
both_ways(
    "opaque",
    """
    migrations.RunPython(insert, remove),
    migrations.RunSQL(
        "INSERT INTO shop_order (number, status, gift, coupon) VALUES ('by sql', 'new', false, '')",
        "DELETE FROM shop_order WHERE number = 'by sql'",
    ),
    migrations.RunPython(insert, migrations.RunPython.noop),
    """,
)
case(
    "opaque_alone",
    """
    migrations.RunPython(insert_unless_there, remove),
    # IF NOT EXISTS would be content with the invalid index that an interrupted build leaves.
    migrations.RunSQL([
        "DROP INDEX CONCURRENTLY IF EXISTS by_hand",
        "CREATE INDEX CONCURRENTLY by_hand ON shop_order (number)",
    ]),
    migrations.RunSQL("UPDATE shop_order SET status = 'old'"),
    migrations.RunPython(insert_unless_there, remove, atomic=True),
    """,
    body="atomic = False",
)
case(
    "own_apply",
    """
    migrations.RunPython(insert, remove),
    migrations.AddField("order", "a", models.IntegerField(null=True)),
    migrations.RunPython(insert, remove),
    """,
    body="""
    def apply(self, project_state, schema_editor, collect_sql=False):
        return super().apply(project_state, schema_editor, collect_sql)
    """,
)
case(
    "own_apply_alone",
    """
    migrations.RunPython(insert_unless_there, remove),
    migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN IF NOT EXISTS a integer"),
    """,
    body="""
    atomic = False

    def apply(self, project_state, schema_editor, collect_sql=False):
        return super().apply(project_state, schema_editor, collect_sql)
    """,
)
both_ways(
    "small",
    """
    migrations.AlterField("order", "number", models.IntegerField()),
    migrations.AlterField("order", "status", models.CharField(max_length=5)),
    """,
    settings={},
)

# Several operations

both_ways(
    "relations",
    """
    migrations.CreateModel("Tag", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20, unique=True)),
        ("order", models.ForeignKey("shop.Order", models.CASCADE)),
    ], options={"indexes": [models.Index(fields=["name", "order"], name="shop_tag_both")]}),
    migrations.AddField("order", "first", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),
    migrations.AddField("order", "tags", models.ManyToManyField("shop.Tag", related_name="+")),
    """,
)
both_ways(
    "several",
    """
    migrations.RunPython(insert, remove),
    migrations.AddField("order", "a", models.IntegerField(db_default=1, default=1)),
    migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),
    migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),
    migrations.RunSQL(
        "INSERT INTO shop_order (number, status, gift, coupon) VALUES ('by sql', 'new', false, '')",
        "DELETE FROM shop_order WHERE number = 'by sql'",
    ),
    migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="shop_positive")),
    """,
)
case(
    "two",
    """
    migrations.AddField("order", "a", models.IntegerField(null=True)),
    migrations.AddIndex("order", models.Index(fields=["a"], name="shop_a")),
    migrations.RunPython(insert, remove),
    """,
    more=[
        File(
            "0003_more",
            """
            migrations.AlterField("order", "a", models.IntegerField(default=7)),
            migrations.RemoveIndex("order", "shop_a"),
            migrations.RunPython(insert, remove),
            migrations.RemoveField("order", "gift"),
            """,
        )
    ],
)
case(
    "everything",
    """
    migrations.RunSQL("UPDATE shop_order SET status = status || '+'", "UPDATE shop_order SET status = 'new'"),
    migrations.CreateModel("Tag", [
        ("id", models.BigAutoField(primary_key=True)),
        ("order", models.ForeignKey("shop.Order", models.CASCADE)),
    ]),
    migrations.AddField("order", "a", models.FloatField(db_default=models.functions.Random())),
    migrations.AddField("order", "first", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),
    migrations.AddField("order", "code", models.CharField(max_length=9, null=True, unique=True)),
    migrations.AlterField("order", "number", models.CharField(max_length=40)),
    migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="shop_positive")),
    migrations.RenameModel("Tag", "Label"),
    """,
    sql=FILLED + "; CREATE INDEX by_hand ON shop_order (lower(number))",
    settings={"SMALL_TABLE": None, "ALLOW_UNSAFE": ["shop"]},
    volatile=["a"],
)
both_ways(
    "partitioned",
    """
    migrations.AddIndex("event", models.Index(fields=["status"], name="shop_event_status")),
    """,
    first=ORDERS + EVENTS,
    sql="INSERT INTO shop_event SELECT n, 'new' FROM generate_series(1, 199) n",
)

# Where our own tables are not there yet

case("adopted", 'migrations.AddField("order", "a", models.IntegerField(null=True)),', before=(*APPS, SHOP))
case("new_database", "migrations.RunPython(insert, remove),", before=(), sql="")
