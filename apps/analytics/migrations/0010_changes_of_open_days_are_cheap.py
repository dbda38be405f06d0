from django.db import migrations

# Nearly every batch changes visits of today, which no column file holds: that is told by the earliest of them, before
# the visits are looked at site by site.
CHEAP = """
CREATE OR REPLACE FUNCTION analytics_columns_stale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1668246627);
    IF TG_OP = 'UPDATE' THEN
        SELECT least((SELECT min(started_at) FROM earlier), (SELECT min(started_at) FROM later)) INTO first;
    ELSE
        SELECT min(started_at) INTO first FROM changed;
    END IF;
    IF first IS NULL OR NOT EXISTS (SELECT 1 FROM analytics_columnspan WHERE until > first AND NOT stale) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        UPDATE analytics_columnspan c SET stale = true
        FROM (SELECT site_id, min(started_at) AS since FROM
            (SELECT site_id, started_at FROM earlier UNION ALL SELECT site_id, started_at FROM later) x GROUP BY site_id) b
        WHERE c.site_id = b.site_id AND c.until > b.since AND NOT c.stale AND (
            EXISTS (SELECT 1 FROM later r
                WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until)
            OR EXISTS (SELECT 1 FROM earlier r
                WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until));
    ELSE
        UPDATE analytics_columnspan c SET stale = true
        FROM (SELECT site_id, min(started_at) AS since FROM changed GROUP BY site_id) b
        WHERE c.site_id = b.site_id AND c.until > b.since AND NOT c.stale AND EXISTS (SELECT 1 FROM changed r
            WHERE r.site_id = c.site_id AND r.started_at >= c.start AND r.started_at < c.until);
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION analytics_columns_stale() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):

    dependencies = [('analytics', '0009_shared_links_and_alerts')]

    operations = [migrations.RunSQL(CHEAP, BEFORE)]
