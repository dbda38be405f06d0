"""Adding the days of a week or month that is over up into rows of their own, from which longer periods are read."""

from __future__ import annotations

from typing import Any

from apps.analytics.enums import StoreGrain
from apps.analytics.pipeline.postgres import MEASURES

PERIODS = {StoreGrain.WEEK: "week", StoreGrain.MONTH: "month"}
_OPEN = """
SELECT s.id, p.start, (p.start AT TIME ZONE o.time_zone + interval '1 {unit}') AT TIME ZONE o.time_zone
FROM analytics_site s JOIN accounts_organization o ON o.id = s.organization_id
CROSS JOIN LATERAL (
    SELECT DISTINCT date_trunc('{unit}', r.bucket, o.time_zone) AS start FROM analytics_rollup r
    WHERE r.site_id = s.id AND r.dim = 0 AND r.grain = %(day)s AND r.value = ''
) p
WHERE s.id = ANY(%(sites)s) AND p.start < date_trunc('{unit}', now(), o.time_zone)
    AND NOT EXISTS (SELECT 1 FROM analytics_foldedperiod f
        WHERE f.site_id = s.id AND f.grain = %(to)s AND f.start = p.start)
"""
_FOLD = f"""
INSERT INTO analytics_rollup (organization_id, site_id, grain, dim, bucket, value, {', '.join(MEASURES)})
SELECT organization_id, site_id, %(to)s, dim, %(start)s, value, {', '.join(f'sum({name})' for name in MEASURES)}
FROM analytics_rollup
WHERE site_id = %(site)s AND grain = %(day)s AND bucket >= %(start)s AND bucket < %(end)s
GROUP BY organization_id, site_id, dim, value
ON CONFLICT (site_id, dim, grain, bucket, value) DO UPDATE
SET {', '.join(f'{name} = excluded.{name}' for name in MEASURES)}
"""
_REMEMBER = """
INSERT INTO analytics_foldedperiod (organization_id, site_id, grain, start, folded_at)
SELECT organization_id, id, %(to)s, %(start)s, now() FROM analytics_site WHERE id = %(site)s ON CONFLICT DO NOTHING
"""


def fold_closed_periods(connection: Any, sites: list[int]) -> int:
    """Fold every week and month of these sites that is over and has not been folded; returns how many. After it, the
    writer adds late events to them as well: it must read its sites anew."""
    folded = 0
    for grain, unit in PERIODS.items():
        params = {"day": int(StoreGrain.DAY), "to": int(grain), "sites": sites}
        for site, start, end in connection.execute(_OPEN.format(unit=unit), params).fetchall():
            period = {**params, "site": site, "start": start, "end": end}
            with connection.transaction():
                connection.execute(_FOLD, period)
                connection.execute(_REMEMBER, period)
            folded += 1
    return folded
