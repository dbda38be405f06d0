"""Which part of a file is taken: never what the site counts itself, and no day twice."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import Dimension, EventFlag, StoreGrain
from apps.analytics.history.outcomes import DayRow, Seen
from apps.analytics.history.readers import OF_DAYS
from apps.analytics.pipeline.clock import ZoneClock, at_ms, moment_of

_FACTS = f"""
SELECT s.events_from, s.settings,
    (SELECT min(time) FROM analytics_event WHERE site_id = s.id AND flags & {int(EventFlag.IMPORTED)} = 0),
    (SELECT min(time) FROM analytics_event WHERE site_id = s.id)
FROM analytics_site s WHERE s.id = %s FOR UPDATE
"""
_COUNTED = f"""
SELECT (extract(epoch FROM bucket) * 1000)::bigint FROM analytics_rollup
WHERE site_id = %s AND dim = {int(Dimension.TOTAL)} AND grain = {int(StoreGrain.DAY)} AND bucket < %s
"""


def limits_of(connection: Any, work: Any) -> dict[str, Any]:
    """What an import may take, in milliseconds: `from` and `until`, and `counted`, days that have figures already. For
    figures of days the site says from now on that its events begin at `until`."""
    events_from, settings, own, first = connection.execute(_FACTS, [work.site_id]).fetchone()
    clock: ZoneClock = work.clock
    now = int(time.time() * 1000)
    if work.kind not in OF_DAYS:
        until = clock.day_of(at_ms(own)).start if own else now
        kept = SiteSettings.from_json(settings).kept_from(datetime.now(UTC))
        return {"from": max(at_ms(moment) if moment else 0 for moment in (events_from, kept)), "until": until,
                "salt": secrets.token_hex(16)}
    until = clock.day_of(at_ms(first) if first else now).start
    if events_from:
        until = min(until, at_ms(events_from))
    counted = [row[0] for row in connection.execute(_COUNTED, [work.site_id, moment_of(until)]).fetchall()]
    if events_from is None:
        connection.execute(
            "UPDATE analytics_site SET events_from = %s WHERE id = %s", [moment_of(until), work.site_id]
        )
    return {"from": 0, "until": until, "counted": counted, "set": events_from is None}


class Limits:
    """Asked of every row."""

    def __init__(self, work: Any) -> None:
        self._from, self._until = work.limits.get("from", 0), work.limits.get("until", 0)
        self._counted = frozenset(work.limits.get("counted", ()))
        self._clock: ZoneClock = work.clock

    def kept(self, item: Seen | list[DayRow]) -> Seen | list[DayRow] | str:
        """The row, or why it is left out."""
        if isinstance(item, Seen):
            if item.at >= self._until:
                return "measured"
            return item if item.at >= self._from else "earlier"
        start = start_of(self._clock, item[0])
        if start >= self._until:
            return "measured"
        return "counted" if start in self._counted else item


def start_of(clock: ZoneClock, row: DayRow) -> int:
    """The instant at which a row's day begins."""
    found = datetime(row.day.year, row.day.month, row.day.day, tzinfo=clock.zone)
    return int(found.timestamp() * 1000)
