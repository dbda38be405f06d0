"""What is kept of visits and events: how far back, and of one visitor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import Event, Identity, Rollup, Session, Site
from apps.analytics.pipeline.enrich import user_mark

EVENT_FACTS = (
    "time", "name", "host", "path", "title", "referrer", "uid", "order_id", "revenue", "currency", "engaged_ms",
    "scroll", "ip", "props", "items", "vitals", "session_id",
)
VISIT_FACTS = (
    "id", "started_at", "last_at", "entry_page", "exit_page", "channel", "source", "medium", "campaign", "referrer",
    "country", "region", "city", "device", "browser", "os", "screen", "language", "pageviews", "events", "revenue",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there of one visitor: how many events and visits, from when until when."""

    events: int
    visits: int
    first: datetime | None
    last: datetime | None

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is known by that name."""
        return not self.events and not self.visits


def days_with_figures(site: Site) -> tuple[datetime, datetime] | None:
    """The first and the last day (its beginning) of which a site has any figures; None when it has none."""
    days = Rollup.objects.filter(site=site, dim=Dimension.TOTAL, grain=StoreGrain.DAY)
    found = days.aggregate(first=Min("bucket"), last=Max("bucket"))
    return (found["first"], found["last"]) if found["first"] else None


def has_events_before(site: Site, moment: datetime) -> bool:
    """Whether a site has kept any event from before an instant."""
    return Event.objects.filter(site=site, time__lt=moment).exists()


def kept_of(site: Site, uid: str) -> Kept:
    """What is kept of the person whom the site calls `uid`."""
    events = _events(site, uid)
    counted = events.aggregate(number=Count("id"), visits=Count("session_id", distinct=True, filter=~Q(session_id=0)),
                               first=Min("time"), last=Max("time"))
    return Kept(counted["number"], counted["visits"], counted["first"], counted["last"])


def everything_of(site: Site, uid: str) -> dict[str, Any]:
    """All of it, for the person who asks what is known of them: what the site told of them, visits, events."""
    events = _events(site, uid)
    visits = Session.objects.filter(site=site, id__in=events.values("session_id")).order_by("started_at", "id")
    told = Identity.objects.filter(site=site, uid=uid).values_list("traits", flat=True).first()
    return {
        "site": site.name, "user_id": uid, "told_by_the_site": told or {},
        "visits": list(visits.values(*VISIT_FACTS)), "events": list(events.order_by("time", "id").values(*EVENT_FACTS)),
    }


def _events(site: Site, uid: str) -> Any:
    marks = list(_marks(site, uid))
    sessions = Session.objects.filter(site=site, visitor__in=marks).values("id")
    mine = Q(uid=uid) | Q(visitor__in=marks) | Q(session_id__in=sessions)
    return Event.objects.filter(mine, site=site)


def _marks(site: Site, uid: str) -> Iterator[int]:
    """Every mark under which the person was seen, as erasing knows them."""
    yield from Identity.objects.filter(site=site, uid=uid).values_list("visitor", flat=True)
    seen = Event.objects.filter(site=site, uid=uid).exclude(visitor=0)
    yield from seen.values_list("visitor", flat=True).distinct()
    yield user_mark(site.id, uid)
