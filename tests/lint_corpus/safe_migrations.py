"""django-safe-migrations, what it finds in schema operations; it reads the operations, and the models before them."""

from __future__ import annotations

from .case import MIGRATE, Case, change, codes

TOOL = "django-safe-migrations"
GOING_BACK = (
    "That is what reversing the operation means, and it is so for each of them: there is nothing to write instead. "
    "To go back "
    "a release needs no migration to be taken back, since what expand has added the old code does not notice."
)

CASES = [
    Case(
        tool=TOOL,
        code="SM001",
        ours=codes("SM101"),
        defect="a column that has to have a value, and gets none from the running release",
        bad=change('migrations.AddField("order", "priority", models.IntegerField())'),
        good=change('migrations.AddField("order", "priority", models.IntegerField(null=True))'),
    ),
    Case(
        tool=TOOL,
        code="SM002",
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
        code="SM003",
        ours=codes("SM108"),
        defect="a table is dropped while the running release still asks for it",
        bad=change('migrations.DeleteModel("Note")'),
        good=change('migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Note")])'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM004",
        ours=codes("SM211"),
        defect="a column's type changes: the table is written anew while nobody can read",
        bad=change('migrations.AlterField("order", "total", models.BigIntegerField())'),
        good=change('migrations.AlterField("customer", "name", models.CharField(max_length=200))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM005",
        ours=codes("SM201"),
        defect="a foreign key, and its index, while nobody can write to either table",
        bad=change(
            'migrations.AddField("product", "maker", models.ForeignKey("shop.Customer", models.CASCADE, null=True))'
        ),
        good=change(
            """
            migrations.AddField(
                "product",
                "maker",
                models.ForeignKey("shop.Customer", models.CASCADE, null=True, db_constraint=False, db_index=False),
            )
            """
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM006",
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
        code="SM009",
        ours=codes("SM209"),
        defect="a unique constraint builds its index while nobody can read (other databases; PostgreSQL: SM011)",
        bad=change('migrations.AddConstraint("product", models.UniqueConstraint(fields=["sku"], name="product_sku"))'),
        good=change('migrations.AddField("product", "sku_2", models.CharField(max_length=40, null=True))'),
        runner=MIGRATE,
        silent=True,
    ),
    Case(
        tool=TOOL,
        code="SM010",
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
        code="SM011",
        ours=codes("SM209"),
        defect="a unique constraint builds its index while nobody can read",
        bad=change('migrations.AddConstraint("product", models.UniqueConstraint(fields=["sku"], name="product_sku"))'),
        good=change(
            """
            migrations.SeparateDatabaseAndState(
                database_operations=[
                    migrations.RunSQL(
                        "ALTER TABLE shop_product ADD CONSTRAINT product_sku UNIQUE USING INDEX product_sku_unique",
                        "ALTER TABLE shop_product DROP CONSTRAINT product_sku",
                    )
                ],
                state_operations=[
                    migrations.AddConstraint(
                        "product", models.UniqueConstraint(fields=["sku"], name="product_sku")
                    )
                ],
            )
            """,
            phase="after_deploy",
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM013",
        ours=codes("SM108"),
        defect="a column is made shorter: what the running release writes may not fit",
        bad=change('migrations.AlterField("customer", "name", models.CharField(max_length=50))'),
        good=change('migrations.AlterField("customer", "name", models.CharField(max_length=200))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM014",
        ours=codes("SM104"),
        defect="a model is renamed, and its table with it: the running release asks for the old one",
        bad=change('migrations.RenameModel("Note", "Remark")'),
        good=change('migrations.AlterModelTable("note", "shop_note")', 'migrations.RenameModel("Note", "Remark")'),
    ),
    Case(
        tool=TOOL,
        code="SM015",
        ours=codes("SM209"),
        defect="a unique constraint, by way of unique_together, builds its index while nobody can read",
        bad=change('migrations.AlterUniqueTogether("product", {("title", "sku")})'),
        good=change('migrations.AlterUniqueTogether("product", set())'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM017",
        ours=codes("SM205"),
        defect="a CHECK is proved for all rows while nobody can read",
        bad=change(
            """
            migrations.AddConstraint(
                "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total")
            )
            """
        ),
        good=change(
            """
            postgres.AddConstraintNotValid(
                "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total")
            )
            """,
            phase="after_deploy",
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM018",
        ours=codes("SM402"),
        defect="CONCURRENTLY inside a transaction, which Django refuses",
        bad=change('postgres.AddIndexConcurrently("order", models.Index(fields=["total"], name="order_total"))'),
        good=change(
            'postgres.AddIndexConcurrently("order", models.Index(fields=["total"], name="order_total"))', atomic=False
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM019",
        defect="a column is called like a reserved word of SQL",
        bad=change('migrations.AddField("order", "user", models.IntegerField(null=True))'),
        good=change('migrations.AddField("order", "buyer", models.IntegerField(null=True))'),
        reason="Django quotes every name, so nothing fails.",
    ),
    Case(
        tool=TOOL,
        code="SM020",
        ours=codes("SM208"),
        defect="SET NOT NULL reads all rows while nobody else can, and the running release may still write NULL",
        bad=change('migrations.AlterField("product", "weight", models.IntegerField())'),
        good=change(
            """
            postgres.AddConstraintNotValid(
                "product", models.CheckConstraint(condition=models.Q(weight__isnull=False), name="product_weight")
            )
            """,
            phase="after_deploy",
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM021",
        ours=codes("SM209"),
        defect="unique=True builds its index while nobody can read",
        bad=change('migrations.AlterField("product", "sku", models.CharField(max_length=40, unique=True))'),
        good=change('migrations.AlterField("product", "sku", models.CharField(max_length=60))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM022",
        defect="a new column whose default is called",
        bad=change(
            'migrations.AddField("order", "changed", models.DateTimeField(default=django.utils.timezone.now, null=True))'
        ),
        good=change('migrations.AddField("order", "changed", models.DateTimeField(null=True))'),
        reason="Django calls it once, for the whole table, and PostgreSQL writes that value into the catalog, not "
        "into the rows "
        "(since version 11). Nobody waits for it.",
    ),
    Case(
        tool=TOOL,
        code="SM023",
        defect="a table between two models",
        bad=change('migrations.AddField("order", "products", models.ManyToManyField("shop.Product"))'),
        good=change('migrations.AddField("order", "product_ids", models.TextField(null=True))'),
        reason="A new table, which the running release does not know: there is nothing to do otherwise.",
    ),
    Case(
        tool=TOOL,
        code="SM025",
        defect="a foreign key without an index",
        bad=change(
            """
            migrations.AddField(
                "product", "maker", models.ForeignKey("shop.Customer", models.CASCADE, null=True, db_index=False)
            )
            """
        ),
        good=change('migrations.AddField("product", "maker", models.BigIntegerField(null=True))'),
        reason="Whether queries need it is a question of the model, where `db_index=False` was written on purpose. "
        "It makes nobody wait.",
    ),
    Case(
        tool=TOOL,
        code="SM028",
        ours=codes("SM501"),
        defect="a key of 32 bits",
        bad=change('migrations.CreateModel("Visit", [("id", models.AutoField(primary_key=True))])'),
        good=change('migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True))])'),
    ),
    Case(
        tool=TOOL,
        code="SM029",
        defect="a column may be null that code has read without a thought of it",
        bad=change('migrations.AlterField("order", "total", models.IntegerField(null=True))'),
        good=change('migrations.AlterField("order", "total", models.IntegerField(db_default=0))'),
        reason="It takes a lock for a moment, and the database accepts more than before: that is what an expand "
        "migration is. "
        "The running release meets a NULL only when the new one writes one, which is a question of the code.",
    ),
    Case(
        tool=TOOL,
        code="SM030",
        ours=codes("SM202"),
        defect="an index is dropped while nobody can read",
        bad=change('migrations.RemoveIndex("product", "product_title")'),
        good=change('postgres.RemoveIndexConcurrently("product", "product_title")', atomic=False, phase="after_deploy"),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM031",
        ours=codes("SM502"),
        defect="a CharField, whose length can only be lowered by looking at all rows",
        bad=change('migrations.AddField("order", "voucher", models.CharField(max_length=40, null=True))'),
        good=change('migrations.AddField("order", "voucher", models.TextField(null=True))'),
    ),
    Case(
        tool=TOOL,
        code="SM032",
        defect="a DateTimeField in a project with USE_TZ = False",
        bad=change('migrations.AddField("order", "shipped", models.DateTimeField(null=True))'),
        good=change('migrations.AddField("order", "shipped", models.DateField(null=True))'),
        reason="With PostgreSQL, Django's column is `timestamp with time zone` all the same; what Python makes of it "
        "is a "
        "setting of the project, and no migration changes it.",
        settings={"USE_TZ": False},
    ),
    Case(
        tool=TOOL,
        code="SM033",
        ours=codes("SM101"),
        defect="a column with a default that only Python knows: the running release's INSERTs have none",
        bad=change('migrations.AddField("order", "priority", models.IntegerField(default=0))'),
        good=change('migrations.AddField("order", "priority", models.IntegerField(default=0, db_default=0))'),
        reason="Since version 11 PostgreSQL writes no row for it; what fails are the INSERTs of the running release.",
    ),
    Case(
        tool=TOOL,
        code="SM034",
        defect="a serial column (Django before 4.0)",
        bad=change('migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True))])'),
        good=change('migrations.CreateModel("Visit", [("id", models.UUIDField(primary_key=True))])'),
        reason="Since version 4.1 Django makes identity columns.",
        silent=True,
    ),
    Case(
        tool=TOOL,
        code="SM040",
        ours=codes("SM101"),
        defect="a unique column with a default: all rows that are there get the same value, and the migration fails",
        bad=change('migrations.AddField("order", "token", models.UUIDField(default=uuid.uuid4, unique=True))'),
        good=change('migrations.AddField("order", "token", models.UUIDField(null=True))'),
    ),
    Case(
        tool=TOOL,
        code="SM041",
        ours=codes("SM212"),
        defect="a stored generated column: the table is written anew while nobody can read",
        bad=change(
            """
            migrations.AddField(
                "order",
                "gross",
                models.GeneratedField(
                    expression=models.F("total") * 2, output_field=models.IntegerField(), db_persist=True
                ),
            )
            """
        ),
        good=change('migrations.AddField("order", "gross", models.IntegerField(null=True))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM042",
        ours=codes("SM104"),
        defect="a composite primary key for a table that is there, which Django cannot make",
        bad=change(
            'migrations.AddField("order", "pk", models.CompositePrimaryKey("customer_id", "id"))',
        ),
        good=change(
            """
            migrations.CreateModel(
                "Line",
                [
                    ("pk", models.CompositePrimaryKey("order_id", "number")),
                    ("order_id", models.BigIntegerField()),
                    ("number", models.IntegerField()),
                ],
            )
            """
        ),
    ),
    Case(
        tool=TOOL,
        code="SM054",
        ours=codes("SM201"),
        defect="several changes of one table in one transaction: it is locked as long as they take together",
        bad=change(
            'migrations.AddField("order", "gift", models.BooleanField(null=True))',
            'migrations.AddIndex("order", models.Index(fields=["total"], name="order_total"))',
            'migrations.AddIndex("order", models.Index(fields=["state"], name="order_state"))',
        ),
        good=change('migrations.AddField("order", "gift", models.BooleanField(null=True))'),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        code="SM056",
        ours=codes("SM210"),
        defect="an EXCLUDE constraint builds its index while nobody can read",
        bad=change(
            """
            migrations.AddConstraint(
                "order",
                django.contrib.postgres.constraints.ExclusionConstraint(
                    name="order_once", expressions=[("total", "=")]
                ),
            )
            """
        ),
        good=change(
            """
            migrations.CreateModel(
                "Booking",
                [("id", models.BigAutoField(primary_key=True)), ("room", models.IntegerField())],
                options={
                    "constraints": [
                        django.contrib.postgres.constraints.ExclusionConstraint(
                            name="booking_once", expressions=[("room", "=")]
                        )
                    ]
                },
            )
            """
        ),
        runner=MIGRATE,
    ),
    Case(
        tool=TOOL,
        opt_in=True,
        code="RV001",
        defect="taking the migration back drops a column",
        bad=change('migrations.AddField("order", "gift", models.BooleanField(null=True))'),
        good=change('migrations.AlterField("order", "total", models.IntegerField(help_text="in cents"))'),
        reason=GOING_BACK,
    ),
    Case(
        tool=TOOL,
        opt_in=True,
        code="RV002",
        defect="taking the migration back drops a table",
        bad=change('migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True))])'),
        good=change('migrations.AlterField("order", "total", models.IntegerField(help_text="in cents"))'),
        reason=GOING_BACK,
    ),
    Case(
        tool=TOOL,
        opt_in=True,
        code="RV003",
        defect="taking the migration back drops an index, which locks the table for a moment",
        bad=change('migrations.AddIndex("order", models.Index(fields=["total"], name="order_total"))'),
        good=change('migrations.AlterField("order", "total", models.IntegerField(help_text="in cents"))'),
        reason=GOING_BACK,
    ),
    Case(
        tool=TOOL,
        opt_in=True,
        code="RV004",
        defect="taking the migration back drops a constraint",
        bad=change(
            """
            migrations.AddConstraint(
                "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total")
            )
            """
        ),
        good=change('migrations.AlterField("order", "total", models.IntegerField(help_text="in cents"))'),
        reason=GOING_BACK,
    ),
]
