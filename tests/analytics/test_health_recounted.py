"""After an erasure, and after days begin elsewhere, what is said of events and what became of them is true again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.enums import Doubt, StoreGrain
from apps.analytics.models import Event, Site, SiteDayDoubt, SiteFlow
from apps.analytics.pipeline import recount_health
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import HOUR, MINUTE, Sender, view
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past eleven in Berlin, the next day in Tokyo
FIRST, SECOND = date(2026, 11, 20), date(2026, 11, 21)


def doubts(site: Site) -> dict[tuple[date, str, str], int]:
    with every_tenant():
        rows = SiteDayDoubt.objects.filter(site=site).values_list("day", "kind", "detail", "count")
        return {(day, kind, detail): count for day, kind, detail, count in rows}


def flows(site: Site, grain: StoreGrain) -> dict[datetime, tuple[int, int, list[int]]]:
    with every_tenant():
        rows = SiteFlow.objects.filter(site=site, grain=grain)
        return {row.bucket: (row.stored, row.duplicates, row.delay) for row in rows}


def purchase(number: str = "", amount: str = "", currency: str = "EUR") -> dict[str, Any]:
    event = view("/paid") | {"name": "purchase", "order_id": number}
    return event | ({"revenue": {"amount": amount, "currency": currency}} if amount else {})


def traffic(sender: Sender, at: datetime, ip: str) -> None:
    """One visitor's events with everything that can be said of one."""
    sender.send(
        at, view("/"), view("/a?mail=jo%40example.com"), view("/jo@example.com/"), view("/?UTM_Source=x"),
        view("/?" + "&".join(f"p{n}=1" for n in range(41))), view("/", host="copy.example"), {"name": "pageview"},
        purchase("1" + ip, "9.90"), purchase("", "9.90"), purchase("2" + ip), purchase("3" + ip, "9.90", currency=""),
        {**view("/"), "ts": 1}, {**view("/"), "test": True}, {**view("/"), "consent": True}, ip=ip,
    )
    sender.send(at + MINUTE, view("/again", id="same" + ip), ip=ip)
    sender.send(at + MINUTE, view("/again", id="same" + ip), ip=ip)


@pytest.fixture
def cookies(site: Site, sender: Sender) -> Site:
    """The site with cookies, and beside it another's traffic that nothing here may touch."""
    other = SiteFactory(organization=OrganizationFactory(), domains=["other.example"])
    for one in (site, other):
        one.settings = {**one.settings, "consent": "on_consent"}
        with every_tenant():
            one.save(update_fields=["settings"])
    sender.core.sites.refresh()
    sender.digest(sender.envelope(NOON, view("/jo@example.com", host="other.example"), site=other))
    site.other = other  # type: ignore[attr-defined]
    return site


def test_counting_again_finds_what_was_counted_as_it_came(sender: Sender, cookies: Site) -> None:
    traffic(sender, NOON, "203.0.113.7")
    traffic(sender, LATE, "203.0.113.8")
    before = doubts(cookies), flows(cookies, StoreGrain.DAY), flows(cookies, StoreGrain.HOUR)
    kinds = {kind for _day, kind, _detail in before[0]}
    assert kinds == {str(kind) for kind in Doubt}

    rebuild_site(sender.core.connection, cookies.id)

    assert (doubts(cookies), flows(cookies, StoreGrain.DAY), flows(cookies, StoreGrain.HOUR)) == before


def test_an_erased_visitor_is_in_no_count(sender: Sender, cookies: Site) -> None:
    traffic(sender, NOON, "203.0.113.7")
    alone = doubts(cookies), *(flows(cookies, grain) for grain in (StoreGrain.DAY, StoreGrain.HOUR, StoreGrain.MINUTE))
    foreign = doubts(cookies.other), flows(cookies.other, StoreGrain.DAY)  # type: ignore[attr-defined]
    traffic(sender, NOON + 2 * HOUR, "203.0.113.8")
    with every_tenant():
        late = Event.objects.filter(site=cookies, received_at__gte=NOON + HOUR)
        marks = set(late.values_list("visitor", flat=True))  # another host is another visitor

    for gone in marks:
        erase_visitor(sender.core.connection, cookies.id, visitor=gone)

    assert doubts(cookies) == alone[0]
    days, hours, minutes = (flows(cookies, grain) for grain in (StoreGrain.DAY, StoreGrain.HOUR, StoreGrain.MINUTE))
    assert {at: row[0] for at, row in days.items()} == {at: row[0] for at, row in alone[1].items()}
    assert {at: row[0] for at, row in hours.items() if row[0]} == {at: row[0] for at, row in alone[2].items()}
    assert {at: row[0] for at, row in minutes.items() if row[0]} == {at: row[0] for at, row in alone[3].items()}
    assert sum(row[1] for row in days.values()) == 2  # that something came twice is nobody's
    assert (doubts(cookies.other), flows(cookies.other, StoreGrain.DAY)) == foreign  # type: ignore[attr-defined]


def test_days_of_another_zone(sender: Sender, cookies: Site, organization: Organization) -> None:
    traffic(sender, NOON, "203.0.113.7")
    traffic(sender, LATE, "203.0.113.8")
    sums = Counter({key[1:]: 0 for key in doubts(cookies)})
    for (_day, *key), count in doubts(cookies).items():
        sums[tuple(key)] += count
    with every_tenant():
        Organization.objects.filter(pk=organization.pk).update(time_zone="Asia/Tokyo")

    rebuild_site(sender.core.connection, cookies.id)

    found = doubts(cookies)
    assert {day for day, _kind, _detail in found} == {FIRST, SECOND}
    half = {key[1:]: count for key, count in found.items() if key[0] == SECOND}
    assert {key: 2 * count for key, count in half.items()} == dict(sums)
    tokyo = [datetime(2026, 11, 19, 15, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)]
    days = flows(cookies, StoreGrain.DAY)
    assert sorted(days) == tokyo
    assert [days[at][:2] for at in tokyo] == [(15, 1), (15, 1)]


def test_what_is_older_than_the_events_stays(sender: Sender, cookies: Site, organization: Organization) -> None:
    traffic(sender, NOON, "203.0.113.7")
    old = datetime(2025, 9, 1, 22, tzinfo=UTC)
    with every_tenant():
        SiteDayDoubt.objects.create(
            organization=organization, site=cookies, day=date(2025, 9, 2), kind=Doubt.CLOCK, count=7
        )
        SiteFlow.objects.create(
            organization=organization, site=cookies, grain=StoreGrain.DAY, bucket=old, stored=70, delay=[]
        )
        Site.objects.filter(pk=cookies.pk).update(events_from=datetime(2026, 1, 1, tzinfo=UTC))
    before = doubts(cookies)

    rebuild_site(sender.core.connection, cookies.id)

    assert doubts(cookies) == before
    assert flows(cookies, StoreGrain.DAY)[old][0] == 70


def test_more_foreign_hosts_than_are_listed_stand_together(
    sender: Sender, cookies: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount_health, "MOST_DETAILS", 2)
    sender.send(NOON, *[view("/", host=f"h{n}.example") for n in range(4)], view("/", host="shop.site.example"),
                view("/", host="h3.example"))

    rebuild_site(sender.core.connection, cookies.id)

    hosts = {detail: count for (_day, kind, detail), count in doubts(cookies).items() if kind == Doubt.HOST}
    assert hosts == {"h3.example": 2, "h0.example": 1, "*": 2, "shop.site.example": 1}


def test_the_erasure_says_how_much_went(sender: Sender, cookies: Site) -> None:
    sender.send(NOON, view("/"), view("/b"))
    with every_tenant():
        visitor = Event.objects.filter(site=cookies).values_list("visitor", flat=True).first()

    assert erase_visitor(sender.core.connection, cookies.id, visitor=visitor) == {"events": 2, "sessions": 1}
    assert flows(cookies, StoreGrain.DAY)[NOON - timedelta(hours=12)][0] == 0
