"""The demo: the same for the same seed, resumable, in by the real doors, and gone without a trace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import ApiKey, Organization, User
from apps.analytics.models import Event, Site, SiteScore
from apps.analytics.pipeline.core import Core
from apps.core.tenancy import every_tenant
from apps.demo import catalogue
from apps.demo.businesses import BUSINESSES, KESTREL, LIND
from apps.demo.live import KeyRefused, Target, Visitors
from apps.demo.models import DemoLoad
from apps.demo.selectors import demo_loads
from apps.demo.services import history
from apps.demo.services.setup import demo_close, demo_create, demo_erase
from apps.demo.services.visitors import history_is_in, visitors_told
from apps.demo.tasks import erase_demo
from apps.demo.visits import hours, visits_in_hour
from tests.analytics.conftest import SharedConnection

HOUR = datetime(2026, 10, 3, 14, tzinfo=UTC)


def test_visits_are_the_same_for_the_same_seed() -> None:
    first = visits_in_hour(KESTREL, HOUR, seed=7, origin="https://shop.example")
    again = visits_in_hour(KESTREL, HOUR, seed=7, origin="https://shop.example")
    other = visits_in_hour(KESTREL, HOUR, seed=8, origin="https://shop.example")

    assert [visit.events for visit in first] == [visit.events for visit in again]
    assert [visit.events for visit in first] != [visit.events for visit in other]


def test_visits_are_believable() -> None:
    day = [
        visit
        for hour in hours(HOUR.replace(hour=0), HOUR.replace(hour=0) + timedelta(days=1))
        for visit in visits_in_hour(KESTREL, hour, seed=7, origin="https://shop.example")
    ]
    events = [event for visit in day for event in visit.events]
    orders = [event for event in events if event["name"] == "purchase"]
    prices = {item.slug: item.price for item in catalogue.PRODUCTS}

    assert 200 < len(day) < 700
    assert 0.005 < len(orders) / len(day) < 0.06
    assert all(Decimal(event["revenue"]["amount"]) == prices[event["items"][0]["id"]] for event in orders)
    assert len({event["id"] for event in events}) == len(events)
    for visit in day:
        assert [event["ts"] for event in visit.events] == sorted(event["ts"] for event in visit.events)


@pytest.fixture
def loaded(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads three hours of the smallest business through the test's own connection; returns a function that loads."""
    demo_create()
    until = datetime(2026, 10, 3, 12, tzinfo=UTC)
    with every_tenant():
        DemoLoad.objects.exclude(business=LIND.key).update(loaded_until=until)
        DemoLoad.objects.filter(business=LIND.key).update(loaded_until=until - timedelta(hours=3))

    def load(to: datetime = until) -> int:
        core = Core(SharedConnection())
        return sum(history._load(core, row, to) for row in demo_loads())

    return load


def test_history_comes_in_once(loaded: Any) -> None:
    first = loaded()
    with every_tenant():
        events, reached = Event.objects.count(), DemoLoad.objects.get(business=LIND.key).loaded_until
        site = Site.objects.get(pk=DemoLoad.objects.get(business=LIND.key).site_id)

    assert first == events > 20
    assert reached == datetime(2026, 10, 3, 12, tzinfo=UTC)
    assert site.detected_at is not None
    assert loaded() == 0
    with every_tenant():
        assert Event.objects.count() == events


def test_history_that_broke_off_goes_on(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "EVENTS_A_BATCH", 1)
    with every_tenant():
        whole = datetime(2026, 10, 3, 12, tzinfo=UTC)
    part = loaded(whole - timedelta(hours=2))
    rest = loaded(whole)
    with every_tenant():
        ids = list(Event.objects.values_list("id", flat=True))

    assert part > 0
    assert rest > 0
    assert len(ids) == len(set(ids)) == part + rest


def test_the_quality_of_the_past_is_written_down_as_it_would_have_been(loaded: Any) -> None:
    until = datetime(2026, 10, 3, 21, tzinfo=UTC)
    loaded(until)
    for load in demo_loads():
        history._score(load, until + timedelta(days=2))

    with every_tenant():
        days = {score.day for score in SiteScore.objects.filter(site_id__in=[load.site_id for load in demo_loads()])}
    assert days == {date(2026, 10, 3), date(2026, 10, 4), date(2026, 10, 5)}


def test_creating_twice_makes_one_demo(db: None) -> None:
    demo_create()
    demo_create()

    assert Organization.objects.filter(is_demo=True).count() == len(BUSINESSES) + 1
    assert {load.business for load in demo_loads()} == {business.key for business in BUSINESSES}


def test_removing_leaves_nothing_of_it_and_all_of_others(loaded: Any, alice: User, organization: Organization) -> None:
    loaded()

    demo_close()
    assert demo_loads() == []
    assert demo_erase() == len(BUSINESSES) + 1
    with every_tenant():
        assert Event.objects.count() == 0
    assert list(Organization.objects.all()) == [organization]
    assert list(User.objects.all()) == [alice]


def test_one_click_removes_it(db: None, settings: Any, client: Client) -> None:
    settings.DEMO = True
    demo_create()
    client.post("/demo/sign-in/", {"as": "agency"})
    slug = Organization.objects.get(is_demo=True, kind="agency").slug

    assert "Kestrel Cycles" in client.get(f"/o/{slug}/demo/remove/").content.decode()
    assert client.post(f"/o/{slug}/demo/remove/").status_code == 302
    assert not Organization.objects.filter(is_demo=True, delete_after=None).exists()
    assert erase_demo() == len(BUSINESSES) + 1
    assert not Organization.objects.filter(is_demo=True).exists()


def test_each_door_of_the_demo_leads_to_its_own_business(db: None, settings: Any, client: Client) -> None:
    settings.DEMO = True
    demo_create()
    agency = client.post("/demo/sign-in/", {"as": "agency"})
    shops = Organization.objects.filter(is_demo=True, kind="business")
    clients = {f"/o/{shop.slug}/" for shop in shops}
    client.get(min(clients))  # where the agency's owner was last
    client.logout()

    assert client.post("/demo/sign-in/", {"as": "agency"}).url == agency.url not in clients
    assert client.post("/demo/sign-in/").url in clients


def test_nobody_removes_a_real_business_so(
    alice: User, organization: Organization, settings: Any, client: Client
) -> None:
    settings.DEMO = True
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")

    assert client.post(f"/o/{organization.slug}/demo/remove/").status_code == 404
    assert Organization.objects.filter(pk=organization.pk).exists()


@pytest.mark.parametrize("path", ["", "c/bikes/", "p/heron-city/", "workshop/", "journal/choose-a-lock/", "cart/"])
def test_the_shop_carries_the_real_tracker(db: None, settings: Any, client: Client, path: str) -> None:
    settings.DEMO = True
    demo_create()
    site = next(load.site for load in demo_loads() if load.business == KESTREL.key)
    answer = client.get(f"/demo/shop/{path}")

    assert answer.status_code == 200
    assert f'<script defer src="{settings.COLLECTOR_URL}/t/{site.script_id}.js"></script>' in answer.content.decode()
    assert settings.COLLECTOR_URL in answer["Content-Security-Policy"]


def test_there_is_no_shop_without_a_demo(db: None, settings: Any, client: Client) -> None:
    settings.DEMO = False

    assert client.get("/demo/shop/").status_code == 404
    assert client.get("/demo/shop/p/heron-city/").status_code == 404


def test_unknown_pages_of_the_shop_say_so(db: None, settings: Any, client: Client) -> None:
    settings.DEMO = True

    assert client.get("/demo/shop/p/unicycle/").status_code == 404
    assert client.get("/demo/shop/nowhere/").status_code == 404


def test_live_visitors_knock_at_the_collector(db: None) -> None:
    demo_create()
    told = visitors_told(400)
    now = HOUR.timestamp()
    clock = iter([now, now, now + 1200, now + 1200])
    visitors = Visitors([Target(**target) for target in told["targets"]], 400, clock=lambda: next(clock))
    sent: list[tuple[Target, dict[str, Any]]] = []

    def busy(target: Target, body: dict[str, Any]) -> int:
        return 503

    def take(target: Target, body: dict[str, Any]) -> int:
        sent.append((target, body))
        return 202

    visitors.turn(take)
    visitors.turn(busy)
    visitors.turn(take)

    assert len(sent) > 100
    assert len({body["id"] for _target, body in sent}) == len(sent)
    assert all(now * 1000 <= body["ts"] <= (now + 1200) * 1000 for _target, body in sent)
    for target, body in sent[:50]:
        with every_tenant():
            key = ApiKey.authenticate(target.key)
            assert key is not None
            assert Site.objects.get(script_id=body["site"]).organization_id == key.organization_id


def test_refused_keys_end_the_visitors(db: None) -> None:
    demo_create()
    now = HOUR.timestamp()
    clock = iter([now, now, now + 1200])
    told = visitors_told(400)
    visitors = Visitors([Target(**target) for target in told["targets"]], 400, clock=lambda: next(clock))

    visitors.turn(lambda target, body: 401)
    with pytest.raises(KeyRefused):
        visitors.turn(lambda target, body: 401)


def test_a_new_start_revokes_the_keys_of_the_last(db: None) -> None:
    demo_create()
    first = {target["key"] for target in visitors_told(1)["targets"]}
    second = {target["key"] for target in visitors_told(1)["targets"]}
    with every_tenant():
        assert [ApiKey.authenticate(key) for key in first] == [None, None, None]
        assert None not in [ApiKey.authenticate(key) for key in second]


def test_visitors_wait_for_the_past(db: None) -> None:
    demo_create()
    with every_tenant():
        DemoLoad.objects.update(loaded_until=HOUR)

    assert history_is_in(HOUR + timedelta(minutes=90))
    assert not history_is_in(HOUR + timedelta(hours=3))


def test_filling_gaps_makes_no_demo_where_there_is_none(db: None) -> None:
    call_command("seed_demo", "--fill-gaps", stdout=StringIO())

    assert not Organization.objects.filter(is_demo=True).exists()
