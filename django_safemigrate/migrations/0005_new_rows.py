from django.db import migrations, models

from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ("django_safemigrate", "0004_backfills"),
    ]

    operations = [
        migrations.AddField(
            model_name="backfill",
            name="new_rows_stay",
            field=models.BooleanField(
                db_default=False, default=False, help_text="What comes in meanwhile is for the phase after deploy."
            ),
        ),
    ]
