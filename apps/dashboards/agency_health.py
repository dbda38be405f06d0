"""Whether tracking does its work for an agency's clients, in a row of figures of the last hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.selectors import deliveries, errors, flows, installation
from apps.analytics.views.monitoring_cards import BEHIND_SECONDS, say_ms
from apps.core.tenancy import tenants
from apps.metrics.words import NOTHING, say, say_percent

UP_ENOUGH = 0.999
FAILED_AT_MOST = 0.001
DELIVERED_AT_LEAST = 0.95


def facts(organization_ids: Sequence[int], site_ids: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    """Uptime (of the installation, a day), processing time, queue, errors and delivery (of these sites, an hour)."""
    with tenants(organization_ids):
        flow = flows.together(list(flows.course(site_ids, flows.SPANS["60m"], now).values()))
        waiting = errors.waiting(site_ids, now)
        delivered = deliveries.delivery_rate(now - timedelta(hours=1), now + timedelta(minutes=1))
    up = installation.uptime(installation.ops_course(flows.SPANS["24h"], now, "web"))
    failed = flow.failed / flow.received if flow.received else None
    return [
        _row(_("Up in the last 24 hours"), _share(up), up is None or up >= UP_ENOUGH,
             _("Minutes in which the application gave a sign of life, of all since it was started.")),
        _row(_("Counted within"), say_ms(flow.waited(0.5)), waiting.seconds < BEHIND_SECONDS,
             _("From the answer “accepted” to the figure: half of the last hour's events were quicker."),
             _("95 %% within %(time)s") % {"time": say_ms(flow.waited(0.95))} if flow.received else ""),
        _row(_("Waiting to be counted"), say(waiting.requests, "count"), waiting.seconds < BEHIND_SECONDS,
             _("Requests that were accepted and are not counted yet.")),
        _row(_("Errors"), _share(failed), failed is None or failed <= FAILED_AT_MOST,
             _("Events of the last hour that could not be counted. They are kept, and can be taken in again.")),
        _row(_("Delivered to others"), _share(delivered), delivered is None or delivered >= DELIVERED_AT_LEAST,
             _("Attempts of the last hour to send events on to destinations that succeeded.")),
    ]


def _row(label: str, value: str, ok: bool, definition: str, more: str = "") -> dict[str, Any]:
    tone = "neutral" if value == NOTHING else "good" if ok else "bad"
    return {"label": label, "value": value, "more": more, "tone": tone, "definition": definition}


def _share(value: float | None) -> str:
    return NOTHING if value is None else say_percent(value)
