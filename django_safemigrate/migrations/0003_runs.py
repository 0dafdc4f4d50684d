from django.db import migrations, models

from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [("django_safemigrate", "0002_migrationstep")]

    operations = [
        migrations.CreateModel(
            name="MigrationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(help_text="The phase, or undoing, or aborting.", max_length=20)),
                ("who", models.CharField(help_text="Its process, for people.", max_length=255)),
                ("release", models.CharField(blank=True, help_text="SAFEMIGRATE['RELEASE'].", max_length=63)),
                ("backend_pid", models.IntegerField(help_text="Of its session in the database.")),
                ("started", models.DateTimeField()),
                ("ended", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed"), ("lost", "Lost")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("error", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="RunnerLease",
            fields=[
                ("token", models.BigIntegerField(primary_key=True, serialize=False)),
                ("owner", models.CharField(help_text="For people.", max_length=255)),
                ("backend_pid", models.IntegerField()),
                (
                    "backend_start",
                    models.DateTimeField(help_text="With the pid, this is a session and no later one.", null=True),
                ),
                ("expires", models.DateTimeField(help_text="Renewed while the owner is alive.")),
            ],
        ),
        migrations.AddField(
            "migrationstep",
            "run",
            models.ForeignKey(
                "django_safemigrate.migrationrun",
                models.SET_NULL,
                null=True,
                related_name="steps",
                help_text="The last run that has worked on it.",
            ),
        ),
        migrations.AddField("migrationstep", "started", models.DateTimeField(null=True)),
        migrations.AddField(
            "migrationstep",
            "attempts",
            models.IntegerField(db_default=0, help_text="Requests for its locks, over all runs."),
        ),
        migrations.AddField(
            "migrationstep",
            "waited",
            models.FloatField(db_default=0.0, help_text="Seconds that we have waited for locks."),
        ),
        migrations.AddField(
            "migrationstep",
            "blocked",
            models.FloatField(db_default=0.0, help_text="Seconds that others have waited behind us, all together."),
        ),
        migrations.AddField(
            "migrationstep", "rows", models.BigIntegerField(null=True, help_text="How many rows a fill has changed.")
        ),
        migrations.AddField(
            "migrationstep",
            "error",
            models.TextField(blank=True, db_default="", help_text="Why it has failed, until it is done."),
        ),
    ]
