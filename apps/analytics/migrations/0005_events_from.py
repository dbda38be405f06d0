from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0004_tracking_health'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='events_from',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
