"""What can be wrong between the collector and the figures."""

from __future__ import annotations

from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.analytics.columns.contracts import CLICKHOUSE
from apps.analytics.columns.stores import chosen
from apps.core.ops.probes import Probe, Reading, queue_reading, register_probe

LATE_SECONDS = 30
COLUMNS_LATE_SECONDS = 86_400
DELIVERY_LATE_SECONDS = 120
_COUNTED_UP_TO = 100_000
_IN_FILES = _("%(size)s in files for questions under filters.")
_IN_CLICKHOUSE = _("%(size)s in ClickHouse for questions under filters.")


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


def _deliveries() -> Reading:
    """Only what could be sent: an event for a destination that is down or paused waits for its owner, not for us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM now() - min(y.next_at)) FROM (SELECT y.next_at"
            " FROM analytics_destination d JOIN core_connection c ON c.id = d.connection_id"
            " CROSS JOIN LATERAL (SELECT next_at FROM analytics_delivery WHERE destination_id = d.id"
            " AND state = 'waiting' AND next_at <= now() AND NOT is_leased ORDER BY next_at LIMIT 10000) AS y"
            " WHERE d.is_enabled AND c.status <> 'paused' AND d.breaker = 'closed'"
            " AND (d.hold_until IS NULL OR d.hold_until <= now())) AS y"
        )
        return queue_reading(cursor.fetchone(), late_after_seconds=DELIVERY_LATE_SECONDS)


def _columns_label() -> str:
    """Where copies in columns lie, which the settings say."""
    store = chosen()
    return gettext("Copies in ClickHouse") if store and store.place == CLICKHOUSE else gettext("Column files")


def _columns() -> Reading:
    """Spans that changed wait to be made anew; until then large sites are slower under filters."""
    store = chosen()
    if store is None:
        return Reading(True, _("No copies are kept: PostgreSQL answers questions under filters."))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE stale OR NOT ready), coalesce(sum(bytes) FILTER (WHERE ready), 0),"
            " min(made_at) FILTER (WHERE stale OR NOT ready) FROM analytics_columnspan WHERE store = %s",
            [store.key],
        )
        waiting, size, since = cursor.fetchone()
    words = _IN_CLICKHOUSE if store.place == CLICKHOUSE else _IN_FILES
    late = since is not None and (timezone.now() - since).total_seconds() > COLUMNS_LATE_SECONDS and waiting > 50
    return Reading(not late, words % {"size": filesizeformat(size)}, waiting)


PIPELINE = Probe("pipeline", _("Event pipeline"), _inbox)
register_probe(PIPELINE)
register_probe(Probe("deliveries", _("Events on their way to destinations"), _deliveries))
register_probe(Probe("dead-letters", _("Rejected requests"), _dead_letters))
register_probe(Probe("columns", lazy(_columns_label, str)(), _columns))
