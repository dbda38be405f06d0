from django.db import migrations, models

# Visits used to be numbered within their span, so that two sites shared numbers: every copy is made anew.
FORGET = "TRUNCATE analytics_columnspan"


class Migration(migrations.Migration):

    dependencies = [('analytics', '0011_imports')]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveConstraint('columnspan', 'column_span_once'),
        migrations.AddField('columnspan', 'store', models.CharField(default='files', max_length=20)),
        migrations.AddField('columnspan', 'pages', models.BigIntegerField(default=0)),
        migrations.AddField('columnspan', 'names', models.BigIntegerField(default=0)),
        migrations.AddConstraint(
            'columnspan',
            models.UniqueConstraint(fields=('store', 'site', 'start', 'until'), name='column_span_once'),
        ),
    ]
