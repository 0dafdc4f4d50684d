import django.db.models.deletion
from django.db import migrations, models

from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ("django_safemigrate", "0003_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="For people: the migration, and the place of the step in it.", max_length=600
                    ),
                ),
                ("table", models.TextField(help_text="Quoted.")),
                (
                    "key",
                    models.JSONField(
                        help_text="The columns by which it goes through the table, and their types; none: by blocks."
                    ),
                ),
                (
                    "frontier",
                    models.JSONField(help_text="Up to here the table is handed out, in this pass.", null=True),
                ),
                ("end", models.JSONField(help_text="The last key of this pass, fixed when it began.", null=True)),
                (
                    "number",
                    models.IntegerField(
                        default=1, help_text="Of the pass: each verification that finds rows begins another."
                    ),
                ),
                (
                    "estimate",
                    models.BigIntegerField(help_text="How many rows the table had when the pass began, more or less."),
                ),
                (
                    "scanned",
                    models.BigIntegerField(
                        default=0, help_text="Rows that chunks which are over have passed, in this pass."
                    ),
                ),
                (
                    "rows",
                    models.BigIntegerField(
                        default=0, help_text="Rows that chunks which are over have changed, in all passes."
                    ),
                ),
                ("rows_before", models.BigIntegerField(default=0, help_text="The same when this pass began.")),
                (
                    "background",
                    models.BooleanField(default=False, help_text="Left to workers; safemigrate does not wait for it."),
                ),
                ("paused", models.BooleanField(default=False)),
                (
                    "batch_rows",
                    models.PositiveIntegerField(
                        help_text="Rows of a batch; NULL: as many as the target allows.", null=True
                    ),
                ),
                ("reason", models.TextField(default="", help_text="Why nothing goes on at this moment.")),
                ("error", models.TextField(default="", help_text="Why the last worker that failed has failed.")),
                ("started", models.DateTimeField()),
                ("done", models.DateTimeField(help_text="Verified: no row is left.", null=True)),
                (
                    "step",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfill",
                        to="django_safemigrate.migrationstep",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BackfillChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.IntegerField(
                        default=1, help_text="How often it was begun: more than 1 are rows that others have locked."
                    ),
                ),
                ("after", models.JSONField(help_text="It begins behind this key; NULL: with the first.", null=True)),
                ("upto", models.JSONField(help_text="Its last key.")),
                ("cursor", models.JSONField(help_text="What is done, up to this key.", null=True)),
                ("size", models.BigIntegerField(default=0, help_text="How many rows it has; 0: not known.")),
                ("rows", models.BigIntegerField(default=0, help_text="Rows that it has changed.")),
                ("scanned", models.BigIntegerField(default=0, help_text="Rows that it has passed.")),
                ("rate", models.FloatField(default=0.0, help_text="Rows that it passes in a second, just now.")),
                ("batch_rows", models.PositiveIntegerField(default=0, help_text="Rows of its last batch.")),
                ("token", models.BigIntegerField(default=0)),
                ("worker", models.CharField(default="", help_text="For people; empty: nobody's.", max_length=255)),
                ("session", models.IntegerField(help_text="The worker's session in the database.", null=True)),
                ("session_start", models.DateTimeField(null=True)),
                (
                    "sessions",
                    models.JSONField(default=list, help_text="All sessions of the worker: they are no traffic."),
                ),
                ("touched", models.DateTimeField(help_text="The worker's last sign of life.", null=True)),
                ("not_before", models.DateTimeField(help_text="When it is tried again.", null=True)),
                (
                    "backfill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="django_safemigrate.backfill",
                    ),
                ),
            ],
        ),
    ]
