"""The migrations that are killed: every kind of step, alone and with others, forwards and backwards."""

from __future__ import annotations

from .case import APPS, CASES, EVENTS, FILLED, LARGE, ORDERS, SHOP, File, both_ways, case
from .online_cases import ONLINE_CASES

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
    settings={**LARGE, "ALLOW_UNSAFE": ["shop"]},
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

# In two phases, beside reads and writes

CASES |= ONLINE_CASES
