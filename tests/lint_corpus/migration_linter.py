"""django-migration-linter: what it finds in the SQL of ``sqlmigrate``, and in RunPython and RunSQL."""

from __future__ import annotations

from .case import MIGRATE, Case, change, codes, python, sql

TOOL = "django-migration-linter"

ALL_STATES = """
def forwards(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    Order.objects.get_or_create(id=1, defaults={"customer_id": 1, "total": 0, "state": "new"})
"""

CASES = [
    Case(
        tool=TOOL,
        code="RENAME_TABLE",
        ours=codes("SM104"),
        defect="a model is renamed, and its table with it: the running release asks for the old one",
        bad=change('migrations.RenameModel("Note", "Remark")'),
        good=change('migrations.AlterModelTable("note", "shop_note")', 'migrations.RenameModel("Note", "Remark")'),
    ),
    Case(
        tool=TOOL,
        code="NOT_NULL",
        ours=codes("SM101"),
        defect="a column that has to have a value, and gets none from the running release",
        bad=change('migrations.AddField("order", "priority", models.IntegerField())'),
        good=change('migrations.AddField("order", "priority", models.IntegerField(null=True))'),
    ),
    Case(
        tool=TOOL,
        code="DROP_COLUMN",
        ours=codes("SM108"),
        defect="a column is dropped while the running release still asks for it",
        bad=change('migrations.RemoveField("product", "weight")'),
        good=change(
            """
            migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("product", "weight")])
            """
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="DROP_TABLE",
        ours=codes("SM108"),
        defect="a table is dropped while the running release still asks for it",
        bad=change('migrations.DeleteModel("Note")'),
        good=change('migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Note")])'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="RENAME_COLUMN",
        ours=codes("SM101"),
        defect="a field is renamed, and its column with it: the running release asks for the old one",
        bad=change('migrations.RenameField("customer", "name", "full_name")'),
        good=change(
            'migrations.AlterField("customer", "name", models.CharField(max_length=100, db_column="name"))',
            'migrations.RenameField("customer", "name", "full_name")',
        ),
    ),
    Case(
        tool=TOOL,
        code="ALTER_COLUMN",
        ours=codes("SM211"),
        defect="a column's type changes: the table is written anew while nobody can read",
        bad=change('migrations.AlterField("order", "total", models.BigIntegerField())'),
        good=change('migrations.AlterField("order", "total", models.IntegerField(help_text="in cents"))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="ADD_UNIQUE",
        ours=codes("SM209"),
        defect="a unique constraint builds its index while nobody can read",
        bad=change('migrations.AlterField("product", "sku", models.CharField(max_length=40, unique=True))'),
        good=sql(
            "CREATE UNIQUE INDEX CONCURRENTLY product_sku ON shop_product (sku)", atomic=False, phase="after_deploy"
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="CREATE_INDEX",
        ours=codes("SM201"),
        defect="an index is built while nobody can write",
        bad=change('migrations.AddIndex("order", models.Index(fields=["total"], name="order_total"))'),
        good=change(
            'postgres.AddIndexConcurrently("order", models.Index(fields=["total"], name="order_total"))', atomic=False
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="CREATE_INDEX_EXCLUSIVE",
        ours=codes("SM201"),
        defect="an index is built under the lock of an ALTER TABLE before it in the same transaction",
        bad=change(
            'migrations.AddField("order", "gift", models.BooleanField(null=True))',
            'migrations.AddIndex("order", models.Index(fields=["total"], name="order_total"))',
        ),
        good=change('migrations.AddField("order", "gift", models.BooleanField(null=True))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="DROP_INDEX",
        ours=codes("SM202"),
        defect="an index is dropped while nobody can read",
        bad=change('migrations.RemoveIndex("product", "product_title")'),
        good=change('postgres.RemoveIndexConcurrently("product", "product_title")', atomic=False, phase="after_deploy"),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="REINDEX",
        ours=codes("SM203"),
        defect="an index is built anew while nobody can write",
        bad=sql("REINDEX TABLE shop_order"),
        good=sql("REINDEX TABLE CONCURRENTLY shop_order", atomic=False),
    ),
    Case(
        tool=TOOL,
        code="RUNSQL_REVERSIBLE",
        ours=codes("SM401"),
        defect="RunSQL that cannot be taken back",
        bad=sql("COMMENT ON TABLE shop_order IS 'what was ordered'", back=None),
        good=sql("COMMENT ON TABLE shop_order IS 'what was ordered'"),
    ),
    Case(
        tool=TOOL,
        code="RUNPYTHON_REVERSIBLE",
        ours=codes("SM401"),
        defect="RunPython that cannot be taken back",
        bad=python(ALL_STATES, reverse=False),
        good=python(ALL_STATES),
    ),
    Case(
        tool=TOOL,
        code="RUNPYTHON_ARGS_NAMING_CONVENTION",
        defect="a function for RunPython whose arguments are not called apps and schema_editor",
        bad=python(ALL_STATES.replace("schema_editor", "editor")),
        good=python(ALL_STATES),
        reason="Django passes them by position: what they are called changes nothing. Their number and order are "
        "what matters.",
    ),
    Case(
        tool=TOOL,
        code="RUNPYTHON_MODEL_IMPORT",
        ours=codes("SM304"),
        defect="a function for RunPython that uses the model of today's code, and not that of the migration",
        bad=python(
            """
            def forwards(apps, schema_editor):
                from shop.models import Order

                Order.objects.get_or_create(id=1, defaults={"customer_id": 1, "total": 0, "state": "new"})
            """
        ),
        good=python(ALL_STATES),
    ),
    Case(
        tool=TOOL,
        code="RUNPYTHON_MODEL_VARIABLE_NAME",
        defect="a model in a function for RunPython that is called otherwise than its class",
        bad=python(ALL_STATES.replace("Order =", "Purchase =").replace("Order.objects", "Purchase.objects")),
        good=python(ALL_STATES),
        reason="A variable's name is a matter of taste; it changes neither the database nor who waits for it.",
    ),
]
