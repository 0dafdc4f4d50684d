from django.db import migrations, models


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ("django_safemigrate", "0004_backfills"),
    ]

    operations = [
        migrations.AddField(
            model_name="backfill",
            name="rows_before",
            field=models.BigIntegerField(default=0, help_text="The same when this pass began."),
        ),
    ]
