"""What can be wrong between the collector and the figures."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.core.ops.probes import Probe, Reading, queue_reading, register_probe

LATE_SECONDS = 30
_COUNTED_UP_TO = 100_000


def _inbox() -> Reading:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM now() - min(received_at)) FROM"
            " (SELECT received_at FROM analytics_inbox ORDER BY id LIMIT %s) AS waiting",
            [_COUNTED_UP_TO],
        )
        return queue_reading(cursor.fetchone(), late_after_seconds=LATE_SECONDS)


def _dead_letters() -> Reading:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM analytics_deadletter WHERE replayed_at IS NULL LIMIT 1000) AS dead"
        )
        dead = cursor.fetchone()[0]
    return Reading(dead == 0, _("Nothing was rejected.") if not dead else _("Requests could not be digested."), dead)


PIPELINE = Probe("pipeline", _("Event pipeline"), _inbox)
register_probe(PIPELINE)
register_probe(Probe("dead-letters", _("Rejected requests"), _dead_letters))
