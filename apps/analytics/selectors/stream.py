"""Events for the live list: the latest that are stored, one of them with its visit, and the companies of visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.access import visible
from apps.analytics.enums import COMPANY_KINDS, EventFlag
from apps.analytics.models import CompanyVisit, Event, Session, Site
from apps.analytics.streaming import visitor_mark

RECENT = 100
RECENT_DAYS = 7
MOST_OF_VISIT = 200
_FIELDS = ("id", "site_id", "time", "name", "path", "title", "revenue", "currency", "visitor", "session_id", "flags")
_VISIT = ("id", "country", "device", "channel", "source")


def sites_watched(user: Any, membership: Any) -> list[Site]:
    """The sites in scope whose events a person may see."""
    return list(visible(user, "site.view", Site.objects.all(), membership=membership))


def recent(sites: Sequence[int], most: int = RECENT) -> list[dict[str, Any]]:
    """The latest events of these sites as the stream tells them, oldest first."""
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    found = Event.objects.filter(site_id__in=list(sites), time__gte=since)
    events = list(found.order_by("-time", "-id").values(*_FIELDS)[:most])
    visits = visits_of(event["session_id"] for event in events)
    return [_row(event, visits.get(event["session_id"], {})) for event in reversed(events)]


def visits_of(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Where from, with what and by which way each of these visits came."""
    return {row["id"]: row for row in Session.objects.filter(id__in=set(ids)).values(*_VISIT)}


def _row(event: dict[str, Any], visit: dict[str, Any]) -> dict[str, Any]:
    money = event["revenue"] if event["currency"] and event["revenue"] else None
    return {
        "id": str(event["id"]), "at": int(event["time"].timestamp() * 1000), "name": event["name"],
        "path": event["path"], "title": event["title"],
        "country": visit.get("country", ""), "device": visit.get("device", ""),
        "channel": visit.get("channel", ""), "source": visit.get("source", ""),
        "value": str(money.normalize()) if money is not None and money != money.to_integral() else _whole(money),
        "currency": event["currency"] if money is not None else "", "visitor": visitor_mark(event["visitor"]),
        "visit": str(event["session_id"]), "goal": bool(event["flags"] & EventFlag.CONVERSION),
        "test": bool(event["flags"] & EventFlag.TEST), "site_id": event["site_id"],
    }


def _whole(money: Any) -> str:
    return "" if money is None else str(int(money))


def companies_of(visits: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The company (id, name) of each visit that came from one."""
    rows = CompanyVisit.objects.filter(session_id__in=set(visits), kind__in=COMPANY_KINDS)
    return {row[0]: (row[1], row[2]) for row in rows.values_list("session_id", "company_id", "company__name")}


@dataclass(frozen=True)
class Told:
    """One event with the visit it belongs to and what else happened in it."""

    event: Event
    visit: Session | None
    others: tuple[Event, ...]
    company: tuple[int, str] | None


def event_told(site: Site, event_id: int, at_ms: int) -> Told | None:
    """An event of a site by its id and instant (milliseconds); None when there is none (any more)."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    near = timedelta(seconds=1)
    event = Event.objects.filter(
        site=site, id=event_id, time__gte=moment - near, time__lte=moment + near
    ).first()
    if event is None:
        return None
    visit = Session.objects.filter(site=site, id=event.session_id).first() if event.session_id else None
    if visit is None:
        return Told(event, None, (), None)
    others = Event.objects.filter(
        site=site, session_id=visit.id, time__gte=visit.started_at - near, time__lte=visit.last_at + near,
    ).order_by("-time", "-id")[:MOST_OF_VISIT]
    return Told(event, visit, tuple(others), companies_of([visit.id]).get(visit.id))
