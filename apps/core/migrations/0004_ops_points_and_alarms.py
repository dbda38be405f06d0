from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_connections_say_whose_account_they_are'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, unique=True)),
                ('raised_at', models.DateTimeField(blank=True, null=True)),
                ('strikes', models.PositiveSmallIntegerField(default=0)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('reading', models.FloatField(default=0)),
                ('told', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='OpsPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grain', models.SmallIntegerField()),
                ('at', models.DateTimeField()),
                ('source', models.CharField(max_length=60)),
                ('counts', models.JSONField(default=dict)),
                ('histograms', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('grain', 'source', 'at'), name='ops_point_once')],
            },
        ),
    ]
