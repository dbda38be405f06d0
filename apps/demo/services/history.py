"""A year of visits through the real pipeline, its clock set back. Stopped anywhere, it goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import orjson
import structlog
from django.utils import timezone

from apps.analytics.database import connect
from apps.analytics.enums import Origin
from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.services.company_scores import scores_nightly, scores_of_day
from apps.analytics.services.quality import scores_write
from apps.core.tenancy import tenant
from apps.demo.businesses import BUSINESSES
from apps.demo.models import DemoLoad
from apps.demo.selectors import demo_loads, origin_of
from apps.demo.visits import Visit, hours, visits_in_hour
from apps.metrics.live import mark_dirty

SEED = 20_261_121
EVENTS_A_BATCH = 8_000
LIVE = timedelta(hours=2)  # a batch that reaches so near to now is sent on to destinations as well
SCORED_DAYS, JUDGED_DAYS = 60, 30
_BY_KEY = {business.key: business for business in BUSINESSES}
log = structlog.get_logger(__name__)


def history_load(*, until: datetime | None = None) -> int:
    """Load every demo business up to the hour that is running; returns how many events were put in."""
    until = (until or timezone.now()).replace(minute=0, second=0, microsecond=0)
    with connect() as connection:
        core = Core(connection)
        total = sum(_load(core, load, until) for load in demo_loads())
    for load in demo_loads():
        _score(load, until)
    return total


def _score(load: DemoLoad, until: datetime) -> None:
    """Companies and the quality of the data, as the regular runs would have done on each of the last days."""
    organization = load.organization
    today = until.astimezone(organization.tz).date()
    with tenant(organization.id):
        for days in range(SCORED_DAYS, 0, -1):
            scores_of_day(organization=organization, day=today - timedelta(days=days))
        scores_nightly(organization)
        for days in range(JUDGED_DAYS, 0, -1):
            evening = datetime.combine(today - timedelta(days=days), time(23, 59), organization.tz)
            scores_write(organization=organization, now=evening)
        scores_write(organization=organization, now=until)


def _load(core: Core, load: DemoLoad, until: datetime) -> int:
    total, start, envelopes, events = 0, load.loaded_until, [], 0
    for hour in hours(start, until):
        for envelope, count in _envelopes(load, hour):
            envelopes.append(envelope)
            events += count
        if events >= EVENTS_A_BATCH or hour + timedelta(hours=1) >= until:
            total += _stored(core, load, envelopes, hour + timedelta(hours=1))
            envelopes, events = [], 0
    log.info("demo.history_loaded", business=load.business, events=total, until=until.isoformat())
    return total


def _envelopes(load: DemoLoad, hour: datetime) -> Iterator[tuple[Envelope, int]]:
    business = _BY_KEY[load.business]
    for visit in visits_in_hour(business, hour, seed=SEED, origin=origin_of(business)):
        yield _envelope(visit, load.site_id), len(visit.events)


def _envelope(visit: Visit, site_id: int) -> Envelope:
    who = visit.who
    common = {"lang": who.lang, "tz": who.tz, "sw": who.sw, "sh": who.sh}
    if who.vid:
        common |= {"vid": who.vid, "consent": True}
    body = orjson.dumps({**common, "events": visit.events})
    return Envelope(0, visit.events[-1]["ts"], site_id, Origin.BROWSER, who.ip, who.ua, body)


def _stored(core: Core, load: DemoLoad, envelopes: list[Envelope], until: datetime) -> int:
    """One batch and how far it reaches, in one transaction: killed anywhere, nothing is doubled or missing."""
    with core.connection.transaction():
        past = until < timezone.now() - LIVE
        rows = sorted(envelopes, key=lambda row: row.received)
        outcome = core.process(rows, at_ms(until), history=past, timed=False)
        core.connection.execute("UPDATE demo_demoload SET loaded_until = %s WHERE id = %s", [until, load.id])
        core.connection.execute(
            "UPDATE analytics_site SET detected_at = coalesce(detected_at, %s),"
            " last_event_at = greatest(last_event_at, %s) WHERE id = %s AND %s",
            [until, until, load.site_id, bool(envelopes)],
        )
    core.committed(outcome)
    mark_dirty([load.organization_id], "analytics")
    return len(outcome.batch.hits)

