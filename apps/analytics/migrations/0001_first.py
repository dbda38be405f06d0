import apps.analytics.models.site
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

from apps.core.rls import EnableRowSecurity

# PostgreSQL wants the partitioning column in the key; Django needs to know of the id alone.
EVENT = """
CREATE TABLE analytics_event (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    site_id bigint NOT NULL,
    time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    session_id bigint NOT NULL,
    visitor bigint NOT NULL,
    engaged_ms integer NOT NULL,
    scroll smallint,
    flags smallint NOT NULL,
    name varchar(64) NOT NULL,
    host varchar(253) NOT NULL,
    path varchar(1000) NOT NULL,
    title varchar(300) NOT NULL,
    referrer varchar(1000) NOT NULL,
    uid varchar(128) NOT NULL,
    order_id varchar(128) NOT NULL,
    currency varchar(3) NOT NULL,
    revenue numeric(18, 4),
    ip inet,
    props jsonb,
    items jsonb,
    vitals jsonb,
    PRIMARY KEY (id, time)
) PARTITION BY RANGE (time)
"""

# The inbox and the rollups live on being changed: dead rows are cleared early, and rows have room to change in place.
TUNING = """
ALTER TABLE analytics_inbox ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE analytics_inbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE analytics_rollup SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE analytics_session SET (fillfactor = 80);
"""

# Whoever changes a site, by whatever way, tells the collector and the pipeline.
NOTIFY = """
CREATE FUNCTION analytics_site_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY analytics_sites;
    RETURN NULL;
END $$;
CREATE TRIGGER analytics_site_added AFTER INSERT OR DELETE ON analytics_site
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_site_changed();
CREATE TRIGGER analytics_site_edited AFTER UPDATE OF script_id, status, domains, cross_domains, settings, organization_id
    ON analytics_site FOR EACH STATEMENT EXECUTE FUNCTION analytics_site_changed();
"""
UNNOTIFY = "DROP TRIGGER analytics_site_added ON analytics_site; DROP TRIGGER analytics_site_edited ON analytics_site; DROP FUNCTION analytics_site_changed"

WALLED = ("site", "sitedaydrop", "event", "session", "rollup", "foldedmonth", "identity")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailySalt',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('salt', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_at', models.DateTimeField()),
                ('site_id', models.BigIntegerField()),
                ('origin', models.SmallIntegerField(default=0)),
                ('events', models.IntegerField(default=1)),
                ('ip', models.CharField(blank=True, max_length=45)),
                ('ua', models.TextField(blank=True)),
                ('body', models.BinaryField()),
            ],
            options={
                'verbose_name_plural': 'inbox',
            },
        ),
        migrations.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site_id', models.BigIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=200)),
                ('detail', models.TextField(blank=True)),
                ('received_at', models.DateTimeField()),
                ('origin', models.SmallIntegerField(default=0)),
                ('ua', models.TextField(blank=True)),
                ('raw', models.BinaryField()),
                ('attempts', models.PositiveSmallIntegerField(default=1)),
                ('failed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replayed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['site_id', '-failed_at'], name='dead_letter_by_site')],
            },
        ),
        migrations.CreateModel(
            name='PipelineMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('minute', models.DateTimeField()),
                ('process', models.CharField(max_length=30)),
                ('counts', models.JSONField(default=dict)),
                ('timings', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('minute', 'process'), name='pipeline_minute_once')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('script_id', models.CharField(default=apps.analytics.models.site.new_script_id, editable=False, max_length=12, unique=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('archived', 'Archived')], default='active', max_length=10, verbose_name='status')),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), blank=True, default=list, help_text='Hosts this site answers on, without https:// in front.', size=None, verbose_name='domains')),
                ('cross_domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), blank=True, default=list, size=None, verbose_name='domains counted as the same site')),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('detected_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_event_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'ordering': ['name', 'id'],
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('visitor', models.BigIntegerField()),
                ('started_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('entry_at', models.DateTimeField(blank=True, null=True)),
                ('exit_at', models.DateTimeField(blank=True, null=True)),
                ('entry_page', models.CharField(blank=True, max_length=1000)),
                ('exit_page', models.CharField(blank=True, max_length=1000)),
                ('channel', models.CharField(max_length=20)),
                ('source', models.CharField(blank=True, max_length=200)),
                ('medium', models.CharField(blank=True, max_length=100)),
                ('campaign', models.CharField(blank=True, max_length=200)),
                ('term', models.CharField(blank=True, max_length=200)),
                ('content', models.CharField(blank=True, max_length=200)),
                ('referrer', models.CharField(blank=True, max_length=300)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('region', models.CharField(blank=True, max_length=100)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('device', models.CharField(blank=True, max_length=10)),
                ('browser', models.CharField(blank=True, max_length=60)),
                ('os', models.CharField(blank=True, max_length=60)),
                ('screen', models.CharField(blank=True, max_length=12)),
                ('language', models.CharField(blank=True, max_length=20)),
                ('uid', models.CharField(blank=True, max_length=128)),
                ('pageviews', models.IntegerField(default=0)),
                ('events', models.IntegerField(default=0)),
                ('engaged_ms', models.BigIntegerField(default=0)),
                ('conversions', models.IntegerField(default=0)),
                ('orders', models.IntegerField(default=0)),
                ('revenue', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('is_bounce', models.BooleanField(default=False)),
                ('seen', models.BinaryField(default=b'')),
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
            name='Rollup',
            fields=[
                ('pk', models.CompositePrimaryKey('site_id', 'dim', 'grain', 'bucket', 'value', blank=True, editable=False, primary_key=True, serialize=False)),
                ('grain', models.SmallIntegerField()),
                ('dim', models.SmallIntegerField()),
                ('bucket', models.DateTimeField()),
                ('value', models.CharField(blank=True, max_length=500)),
                ('visitors', models.BigIntegerField(default=0)),
                ('sessions', models.BigIntegerField(default=0)),
                ('pageviews', models.BigIntegerField(default=0)),
                ('events', models.BigIntegerField(default=0)),
                ('bounces', models.BigIntegerField(default=0)),
                ('engaged_ms', models.BigIntegerField(default=0)),
                ('duration_s', models.BigIntegerField(default=0)),
                ('conversions', models.BigIntegerField(default=0)),
                ('orders', models.BigIntegerField(default=0)),
                ('revenue', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
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
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=128)),
                ('visitor', models.BigIntegerField()),
                ('traits', models.JSONField(default=dict)),
                ('seen_at', models.DateTimeField()),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'verbose_name_plural': 'identities',
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='FoldedMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateTimeField()),
                ('folded_at', models.DateTimeField()),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
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
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('time', models.DateTimeField()),
                        ('received_at', models.DateTimeField()),
                        ('session_id', models.BigIntegerField(default=0)),
                        ('visitor', models.BigIntegerField(default=0)),
                        ('name', models.CharField(max_length=64)),
                        ('host', models.CharField(blank=True, max_length=253)),
                        ('path', models.CharField(blank=True, max_length=1000)),
                        ('title', models.CharField(blank=True, max_length=300)),
                        ('referrer', models.CharField(blank=True, max_length=1000)),
                        ('uid', models.CharField(blank=True, max_length=128)),
                        ('order_id', models.CharField(blank=True, max_length=128)),
                        ('revenue', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                        ('currency', models.CharField(blank=True, max_length=3)),
                        ('engaged_ms', models.IntegerField(default=0)),
                        ('scroll', models.SmallIntegerField(blank=True, null=True)),
                        ('flags', models.SmallIntegerField(default=0)),
                        ('ip', models.GenericIPAddressField(blank=True, null=True)),
                        ('props', models.JSONField(blank=True, null=True)),
                        ('items', models.JSONField(blank=True, null=True)),
                        ('vitals', models.JSONField(blank=True, null=True)),
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
            ],
            database_operations=[migrations.RunSQL(EVENT, 'DROP TABLE analytics_event')],
        ),
        migrations.CreateModel(
            name='SiteDayDrop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=20)),
                ('detail', models.CharField(blank=True, default='', max_length=60)),
                ('count', models.BigIntegerField(default=0)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
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
            name='StoreJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rebuild', "Count a site's figures again"), ('erase', 'Erase a visitor'), ('replay', 'Take rejected events in again')], max_length=10)),
                ('site_id', models.BigIntegerField()),
                ('params', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(default=dict)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['id'], name='store_job_waiting')],
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['site', 'time'], name='event_by_site'),
        ),
        migrations.AddIndex(
            model_name='site',
            index=models.Index(fields=['organization', 'name'], name='site_by_name'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['site', 'started_at'], name='session_by_start'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['visitor', 'site'], name='session_by_visitor'),
        ),
        migrations.AddConstraint(
            model_name='identity',
            constraint=models.UniqueConstraint(fields=('site', 'uid'), name='identity_once'),
        ),
        migrations.AddConstraint(
            model_name='foldedmonth',
            constraint=models.UniqueConstraint(fields=('site', 'month'), name='folded_month_once'),
        ),
        migrations.AddConstraint(
            model_name='sitedaydrop',
            constraint=models.UniqueConstraint(fields=('site', 'day', 'reason', 'detail'), name='site_day_drop_once'),
        ),
        *[EnableRowSecurity(name) for name in WALLED],
        migrations.RunSQL(TUNING, migrations.RunSQL.noop),
        migrations.RunSQL(NOTIFY, UNNOTIFY),
    ]
