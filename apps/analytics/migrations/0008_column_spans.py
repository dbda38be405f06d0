import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from apps.core.rls import EnableRowSecurity

# Whatever changes a visit, by whatever way, tells it to the column files that hold a copy of it, in its own
# transaction. The shared lock lets the maker of files wait until everybody knows of a file that is about to be made.
STALE = """
CREATE FUNCTION analytics_columns_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1668246627);
    IF TG_OP = 'UPDATE' THEN
        UPDATE analytics_columnspan c SET stale = true
        FROM (SELECT site_id, min(started_at) AS first FROM
            (SELECT site_id, started_at FROM earlier UNION ALL SELECT site_id, started_at FROM later) x GROUP BY site_id) b
        WHERE c.site_id = b.site_id AND c.until > b.first AND NOT c.stale AND (
            EXISTS (SELECT 1 FROM later r
                WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until)
            OR EXISTS (SELECT 1 FROM earlier r
                WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until));
    ELSE
        UPDATE analytics_columnspan c SET stale = true
        FROM (SELECT site_id, min(started_at) AS first FROM changed GROUP BY site_id) b
        WHERE c.site_id = b.site_id AND c.until > b.first AND NOT c.stale AND EXISTS (SELECT 1 FROM changed r
            WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER analytics_session_added AFTER INSERT ON analytics_session REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_columns_stale();
CREATE TRIGGER analytics_session_gone AFTER DELETE ON analytics_session REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_columns_stale();
CREATE TRIGGER analytics_session_changed AFTER UPDATE ON analytics_session
    REFERENCING OLD TABLE AS earlier NEW TABLE AS later
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_columns_stale();

CREATE FUNCTION analytics_columns_of_deleted_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1668246627);
    UPDATE analytics_columnspan c SET stale = true
    FROM (SELECT site_id, min(time) AS first, max(time) AS last FROM changed GROUP BY site_id) b
    WHERE c.site_id = b.site_id AND NOT c.stale AND c.until > b.first - interval '1 day' AND c.start <= b.last;
    RETURN NULL;
END $$;
CREATE TRIGGER analytics_event_gone AFTER DELETE ON analytics_event REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_columns_of_deleted_events();

CREATE FUNCTION analytics_columns_of_forgotten_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1668246627);
    UPDATE analytics_columnspan SET stale = true
    WHERE site_id = NEW.id AND NOT stale AND start < NEW.events_from + interval '1 day';
    RETURN NULL;
END $$;
CREATE TRIGGER analytics_site_forgets AFTER UPDATE OF events_from ON analytics_site FOR EACH ROW
    WHEN (NEW.events_from IS DISTINCT FROM OLD.events_from) EXECUTE FUNCTION analytics_columns_of_forgotten_time();
"""
BACK = """
DROP TRIGGER analytics_site_forgets ON analytics_site; DROP FUNCTION analytics_columns_of_forgotten_time();
DROP TRIGGER analytics_event_gone ON analytics_event; DROP FUNCTION analytics_columns_of_deleted_events();
DROP TRIGGER analytics_session_added ON analytics_session; DROP TRIGGER analytics_session_gone ON analytics_session;
DROP TRIGGER analytics_session_changed ON analytics_session; DROP FUNCTION analytics_columns_stale();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0007_goals_funnels_and_segments'),
        ('accounts', '0002_keys_invitations_audit_and_single_sign_on'),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnSpan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('name', models.CharField(blank=True, max_length=40)),
                ('ready', models.BooleanField(default=False)),
                ('stale', models.BooleanField(default=False)),
                ('visits', models.BigIntegerField(default=0)),
                ('events', models.BigIntegerField(default=0)),
                ('bytes', models.BigIntegerField(default=0)),
                ('made_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'indexes': [models.Index(fields=['site', 'until'], name='column_span_by_end')],
                'constraints': [models.UniqueConstraint(fields=('site', 'start', 'until'), name='column_span_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        EnableRowSecurity('columnspan'),
        migrations.RunSQL(STALE, BACK),
    ]
