from django.db import migrations, models

# Copies begin and end at midnights of their organization's clock now: every one is made anew.
FORGET = "TRUNCATE analytics_columnspan"


class Migration(migrations.Migration):

    dependencies = [('analytics', '0014_companies_in_crm')]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.AddField('columnspan', 'zone', models.CharField(blank=True, max_length=60, default='')),
        migrations.AlterField('columnspan', 'zone', models.CharField(blank=True, max_length=60)),
    ]
