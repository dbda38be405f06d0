import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from apps.core.rls import EnableRowSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_keys_invitations_audit_and_single_sign_on'),
        ('analytics', '0003_destinations'),
    ]

    operations = [
        migrations.AddField(
            model_name='pipelineminute',
            name='histograms',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.CreateModel(
            name='SiteFlow',
            fields=[
                ('pk', models.CompositePrimaryKey('site_id', 'grain', 'bucket', blank=True, editable=False, primary_key=True, serialize=False)),
                ('grain', models.SmallIntegerField()),
                ('bucket', models.DateTimeField()),
                ('stored', models.BigIntegerField(default=0)),
                ('duplicates', models.BigIntegerField(default=0)),
                ('bots', models.BigIntegerField(default=0)),
                ('spam', models.BigIntegerField(default=0)),
                ('hostnames', models.BigIntegerField(default=0)),
                ('invalid', models.BigIntegerField(default=0)),
                ('limited', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('delay', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SiteDayDoubt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=20)),
                ('detail', models.CharField(blank=True, default='', max_length=100)),
                ('count', models.BigIntegerField(default=0)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'constraints': [models.UniqueConstraint(fields=('site', 'day', 'kind', 'detail'), name='site_day_doubt_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SiteScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('points', models.IntegerField(default=0)),
                ('most', models.IntegerField(default=0)),
                ('parts', models.JSONField(default=list)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'constraints': [models.UniqueConstraint(fields=('site', 'day'), name='site_score_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        *[EnableRowSecurity(name) for name in ("siteflow", "sitedaydoubt", "sitescore")],
    ]
