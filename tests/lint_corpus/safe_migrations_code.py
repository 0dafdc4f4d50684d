"""django-safe-migrations, what it finds in RunSQL and RunPython, and in the migration as a whole."""

from __future__ import annotations

from .case import MIGRATE, Case, change, codes, python, sql

TOOL = "django-safe-migrations"

ONE_ROW = """
def forwards(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    Order.objects.get_or_create(id=1, defaults={"customer_id": 1, "total": 0, "state": "new"})
"""
BACKFILL = change('Backfill("order", {"state": models.Value("new")}, where=models.Q(state=""))')

CASES = [
    Case(
        tool=TOOL,
        code="SM007",
        ours=codes("SM401"),
        defect="RunSQL that cannot be taken back",
        bad=sql("COMMENT ON TABLE shop_order IS 'what was ordered'", back=None),
        good=sql("COMMENT ON TABLE shop_order IS 'what was ordered'"),
    ),
    Case(
        tool=TOOL,
        code="SM008",
        ours=codes("SM302"),
        defect="RunPython that goes through a whole table",
        bad=python(
            """
            def forwards(apps, schema_editor):
                Order = apps.get_model("shop", "Order")
                for order in Order.objects.all():
                    order.state = "new"
                    order.save()
            """
        ),
        good=python(ONE_ROW),
    ),
    Case(
        tool=TOOL,
        code="SM012",
        defect="ALTER TYPE ... ADD VALUE inside a transaction, which PostgreSQL refused before version 12",
        bad=sql("ALTER TYPE order_state ADD VALUE 'sent' AFTER 'paid'"),
        good=sql("ALTER TYPE order_state ADD VALUE 'sent' AFTER 'paid'", atomic=False),
        reason="All versions that we support accept it; only the value cannot be used before the transaction ends.",
    ),
    Case(
        tool=TOOL,
        code="SM016",
        ours=codes("SM401"),
        defect="RunPython that cannot be taken back",
        bad=python(ONE_ROW, reverse=False),
        good=python(ONE_ROW),
    ),
    Case(
        tool=TOOL,
        code="SM024",
        ours=codes("SM229"),
        defect="RunSQL with a placeholder for which there is no value",
        bad=sql("UPDATE shop_note SET text = %s WHERE id = 1"),
        good=change(
            """
            migrations.RunSQL(
                [("UPDATE shop_note SET text = %s WHERE id = 1", ["thanks"])], migrations.RunSQL.noop
            )
            """,
            phase="before_deploy",
        ),
    ),
    Case(
        tool=TOOL,
        code="SM026",
        ours=codes("SM302"),
        defect="RunPython that reads a whole table into memory",
        bad=python(
            """
            def forwards(apps, schema_editor):
                Order = apps.get_model("shop", "Order")
                for order in Order.objects.all():
                    order.state = "new"
                    order.save()
            """
        ),
        good=BACKFILL,
    ),
    Case(
        tool=TOOL,
        code="SM027",
        ours=codes("SM405"),
        silent=True,
        defect="two migrations that follow the same one: Django does not know in which order",
        bad=change(
            'migrations.AddField("order", "gift", models.BooleanField(null=True))',
            also={"0002_other": change('migrations.AddField("order", "wrapped", models.BooleanField(null=True))')},
        ),
        good=change('migrations.AddField("order", "gift", models.BooleanField(null=True))'),
    ),
    Case(
        tool=TOOL,
        code="SM035",
        defect="a statement that locks a table waits for the lock as long as it takes, and everybody behind it",
        bad=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
        good=sql("SET LOCAL lock_timeout = '50ms'", "ALTER TABLE shop_order ADD COLUMN gift boolean"),
        reason="That is a matter of who runs the migrations, not of each of them: `safemigrate`, and `migrate` with "
        "our "
        "ENGINE, ask for every lock with a timeout of their own, and again.",
    ),
    Case(
        tool=TOOL,
        code="SM036",
        defect="CREATE TABLE or DROP TABLE that cannot be run a second time",
        bad=sql("CREATE TABLE shop_visit (id bigint PRIMARY KEY)"),
        good=sql("CREATE TABLE IF NOT EXISTS shop_visit (id bigint PRIMARY KEY)"),
        reason="In a transaction nothing is left after a failure, and IF NOT EXISTS takes a table of the same name "
        "with other "
        "columns for the right one.",
    ),
    Case(
        tool=TOOL,
        code="SM037",
        ours=codes("SM304"),
        defect="a function for RunPython that uses the model of today's code, and not that of the migration",
        bad=python(
            """
            def forwards(apps, schema_editor):
                from shop.models import Order

                Order.objects.get_or_create(id=1, defaults={"customer_id": 1, "total": 0, "state": "new"})
            """
        ),
        good=python(ONE_ROW),
    ),
    Case(
        tool=TOOL,
        code="SM038",
        ours=codes("SM404"),
        defect="rows are written in the transaction in which tables are altered, whose locks last until its end",
        bad=change(
            'migrations.AddField("order", "gift", models.BooleanField(null=True))',
            "migrations.RunPython(forwards, migrations.RunPython.noop)",
            before=ONE_ROW,
            phase="before_deploy",
        ),
        good=python(ONE_ROW),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM047",
        ours=codes("SM205"),
        defect="a constraint is proved for all rows while nobody can read",
        bad=sql("ALTER TABLE shop_order ADD CONSTRAINT order_total CHECK (total >= 0)", phase="after_deploy"),
        good=sql(
            "ALTER TABLE shop_order ADD CONSTRAINT order_total CHECK (total >= 0) NOT VALID", phase="after_deploy"
        ),
    ),
    Case(
        tool=TOOL,
        code="SM048",
        ours=codes("SM220"),
        defect="all rows of a table go",
        bad=sql("TRUNCATE shop_note"),
        good=sql("DELETE FROM shop_note WHERE id IN (SELECT id FROM shop_note WHERE text IS NULL LIMIT 1000)"),
    ),
    Case(
        tool=TOOL,
        code="SM049",
        ours=codes("SM225"),
        defect="BEGIN or COMMIT inside a migration that runs in a transaction",
        bad=sql("BEGIN", "ALTER TABLE shop_order ADD COLUMN gift boolean", "COMMIT"),
        good=sql("ALTER TABLE shop_order ADD COLUMN gift boolean"),
    ),
    Case(
        tool=TOOL,
        code="SM050",
        ours=codes("SM226"),
        defect="a database, or a schema with all that is in it, is dropped",
        bad=sql("DROP SCHEMA archive CASCADE"),
        good=sql("COMMENT ON TABLE shop_note IS 'what customers write'"),
    ),
]
