from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.after_deploy()

    dependencies = [
        ('shop', '0002_alter_order_coupon_code_alter_order_gift_wrap_and_more_expand'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='order',
            name='coupon_code',
        ),
        migrations.RemoveField(
            model_name='order',
            name='gift_wrap',
        ),
        migrations.AlterField(
            model_name='order',
            name='priority',
            field=models.IntegerField(default=0),
        ),
    ]
