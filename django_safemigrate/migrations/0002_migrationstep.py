from django.db import migrations, models

from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [("django_safemigrate", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="MigrationStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("app", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=255)),
                ("backwards", models.BooleanField(default=False)),
                ("operation", models.CharField(help_text="The operation's place in the migration.", max_length=63)),
                (
                    "describes",
                    models.TextField(help_text="The operation in words, by which a changed file is noticed."),
                ),
                ("number", models.PositiveIntegerField()),
                ("step", models.JSONField()),
                ("done", models.DateTimeField(null=True)),
                ("closed", models.DateTimeField(help_text="When the whole migration was recorded.", null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["app", "name"], name="migrationstep_migration")],
            },
        ),
    ]
