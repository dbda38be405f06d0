"""The error log: both kinds of trouble in one list, by state, kind and site; one, some or all tried again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.analytics.enums import JobKind
from apps.analytics.models import DeadLetter, Delivery, Destination, Site, StoreJob
from apps.analytics.selectors import errors
from apps.analytics.selectors.errors import Asked
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.delivery.conftest import make_destination, states
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
LOG = [{"at": (NOON - timedelta(hours=2)).isoformat(), "status": 500, "words": "It has trouble of its own."}]


def letter(site: Site, minute: int, **more: Any) -> DeadLetter:
    at = NOON + timedelta(minutes=minute)
    return DeadLetter.objects.create(
        site_id=site.id, reason="ValueError", received_at=at, failed_at=at, raw=b"[]", **more
    )


def delivery(row: Destination, minute: int, state: str = "dead", **more: Any) -> Delivery:
    at = NOON + timedelta(minutes=minute)
    facts = {
        "event_id": f"e{minute}", "name": "purchase", "sent_as": "Purchase", "at": at, "payload": {"id": "x"},
        "words": "No amount was given.", "attempts": 3, "finished_at": at if state != "waiting" else None, **more,
    }
    with tenant(row.organization_id):
        return Delivery.objects.create(destination=row, state=state, **facts)


@pytest.fixture
def shop(site: Site) -> Site:
    return SiteFactory(organization=site.organization, domains=["shop.example"], name="Shop")


@pytest.fixture
def ads(site: Site) -> Destination:
    return make_destination(site, "http://127.0.0.1:9/", name="Ads")


@pytest.fixture
def rival(db: None) -> Destination:
    """Another organization, with trouble of both kinds."""
    other = SiteFactory(organization=OrganizationFactory(slug="rival"), domains=["rival.example"], name="Rival")
    row = make_destination(other, "http://127.0.0.1:9/", name="Foreign ads")
    letter(other, 1)
    delivery(row, 2)
    return row


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def found(site: Site, asked: Asked, offset: int = 0) -> list[tuple[str, int, str]]:
    with tenant(site.organization_id):
        rows, _more = errors.log({one.id: one for one in Site.objects.all()}, asked, offset)
        return [(row.kind, row.id, row.state) for row in rows]


def test_both_kinds_stand_in_order_of_time_with_their_state(site: Site, ads: Destination, rival: Destination) -> None:
    first, second = letter(site, 1), delivery(ads, 2)
    third = letter(site, 3, replayed_at=NOON)
    again = delivery(ads, 4, "waiting", log=LOG, created_at=NOON)
    mended = delivery(ads, 5, "sent", log=LOG)
    delivery(ads, 6, "sent")
    delivery(ads, 7, "waiting")
    delivery(ads, 8, "skipped", payload={})

    assert found(site, Asked()) == [
        ("sending", mended.pk, "settled"), ("counting", third.pk, "settled"), ("sending", second.pk, "open"),
        ("counting", first.pk, "open"), ("sending", again.pk, "retrying"),
    ]
    assert found(site, Asked(state="open", kind="sending")) == [("sending", second.pk, "open")]
    assert found(site, Asked(state="retrying")) == [("sending", again.pk, "retrying")]
    assert [row[2] for row in found(site, Asked(state="settled"))] == ["settled"] * 2


def test_one_site_and_page_after_page(
    site: Site, shop: Site, ads: Destination, rival: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "PAGE", 2)
    mine = [letter(shop, 1), letter(shop, 3), letter(shop, 5)]
    theirs = [delivery(ads, 2), delivery(ads, 4)]

    assert [row[1] for row in found(site, Asked(site_id=shop.id))] == [mine[2].pk, mine[1].pk]
    pages = [[row[1] for row in found(site, Asked(), offset)] for offset in (0, 2, 4, 6)]
    assert pages == [[mine[2].pk, theirs[1].pk], [mine[1].pk, theirs[0].pk], [mine[0].pk], []]


def test_one_some_and_all_are_tried_again_by_the_same_means(
    site: Site, shop: Site, ads: Destination, rival: Destination, browser: Client
) -> None:
    letters = [letter(site, n) for n in range(3)]
    failed = [delivery(ads, n) for n in range(3, 7)]
    with every_tenant():
        foreign = Delivery.objects.get(destination=rival)
    address = f"/o/{site.organization.slug}/monitoring/errors/replay/"

    browser.post(address, {"only": f"sending:{failed[0].pk}", "error": f"sending:{failed[1].pk}"})
    assert states(ads) == {"waiting": 1, "dead": 3}
    chosen = [f"sending:{failed[1].pk}", f"counting:{letters[0].pk}", f"sending:{foreign.pk}", "sending:x", "none"]
    browser.post(address, {"error": chosen})
    assert states(ads) == {"waiting": 2, "dead": 2}
    assert StoreJob.objects.get(kind=JobKind.REPLAY).params == {"letters": [letters[0].pk]}

    browser.post(f"{address}?site={shop.script_id}", {"all": "1"})
    assert (states(ads), StoreJob.objects.count()) == ({"waiting": 2, "dead": 2}, 1)
    browser.post(f"{address}?kind=sending", {"all": "1"})
    assert (states(ads), StoreJob.objects.count()) == ({"waiting": 4}, 1)
    said = browser.post(address, {"all": "1"}, follow=True).content.decode()
    assert "2 events are tried again." in said
    assert StoreJob.objects.latest("id").params == {"letters": [letters[1].pk, letters[2].pk]}
    assert states(rival) == {"dead": 1}


def test_the_page_shows_what_waits_and_how_many(
    site: Site, ads: Destination, rival: Destination, browser: Client
) -> None:
    letter(site, 1)
    for minute in (2, 3):
        delivery(ads, minute)
    base = f"/o/{site.organization.slug}/monitoring/"

    page = browser.get(f"{base}errors/").content.decode()
    boxes = re.findall(r'name="error" value="(\w+):\d+"', page)
    assert sorted(boxes) == ["counting", "sending", "sending"]
    assert "Try all 3 events again" in page
    assert "No amount was given." in page
    assert "Rival" not in page
    assert "Foreign ads" not in page
    only = browser.get(f"{base}errors/?kind=counting&site={site.script_id}").content.decode()
    assert "Try 1 event again" in only
    assert "No amount was given." not in only
    overview = browser.get(base).content.decode()
    assert "2 events could not be sent on and wait for you." in overview
    assert "1 event could not be counted and waits for you." in overview


def test_who_may_only_look_gets_no_boxes(site: Site, ads: Destination, client_of: Callable[[User], Client]) -> None:
    failed = delivery(ads, 1)
    manager = client_of(MembershipFactory(organization=site.organization, role=Role.MANAGER).user)
    base = f"/o/{site.organization.slug}/monitoring/errors/"

    page = manager.get(base).content.decode()
    assert "No amount was given." in page
    assert 'name="error"' not in page
    assert manager.post(f"{base}replay/", {"error": f"sending:{failed.pk}"}).status_code == 403
    assert states(ads) == {"dead": 1}


def test_the_api_tells_and_does_the_same(site: Site, ads: Destination, rival: Destination, browser: Client) -> None:
    kept, failed, gone = letter(site, 1), delivery(ads, 2), delivery(ads, 3, payload={})
    base = f"/api/v1/organizations/{site.organization.slug}/monitoring/"

    rows = browser.get(f"{base}errors/").json()["results"]
    assert [(row["source"], row["id"], row["state"], row["destination"]) for row in rows] == [
        ("sending", gone.pk, "waiting", "Ads"), ("sending", failed.pk, "waiting", "Ads"),
        ("counting", kept.pk, "waiting", ""),
    ]
    assert [row["id"] for row in browser.get(f"{base}errors/?source=counting").json()["results"]] == [kept.pk]
    assert browser.get(f"{base}errors/?site=nosuchsite").json()["results"] == []
    assert browser.get(f"{base}pipeline/").json()["open_errors"] == 2

    answer = browser.post(f"{base}errors/replay/", {"deliveries": [failed.pk, gone.pk]}, "application/json")
    assert (answer.status_code, answer.json()) == (202, {"asked": 1})
    assert states(ads) == {"waiting": 1, "dead": 1}
    assert not StoreJob.objects.exists()
