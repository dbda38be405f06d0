"""The live list's socket: who gets which events, and what a page that was away gets when it comes back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from django.db import connections
from guardian.shortcuts import assign_perm

from apps.accounts.enums import Role
from apps.accounts.models import Membership, Organization, User
from apps.analytics import stream_reader, streaming
from apps.analytics.models import Company, CompanyVisit, Event, Inbox, Session, Site
from apps.analytics.pipeline.runner import Runner
from apps.core import cache as store
from apps.core.tenancy import every_tenant
from apps.metrics import consumers, live, ticker
from config.sockets import websocket_urlpatterns
from tests.analytics.conftest import view
from tests.analytics.test_runner import put
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.analytics import SiteFactory
from tests.house.page_socket import PageSocket

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60


class Tracking:
    """Sends events through the pipeline's own runner."""

    def __init__(self) -> None:
        self._runner: Runner | None = None

    def send(self, site: Site, *events: dict[str, Any], **more: Any) -> None:
        put(site, *events, **more)
        if self._runner is None:
            self._runner = Runner()
            self._runner.start()
        self._runner.core.sites.refresh()
        while Inbox.objects.exists():
            self._runner.step()

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()


@pytest.fixture
def tracking(transactional_db: None) -> Iterator[Tracking]:
    """Nobody watches yet."""
    found = Tracking()
    for key in store.client().scan_iter(f"{live.namespace()}:watch:*"):
        store.client().delete(key)
    yield found
    found.close()


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., Any]]:
    """Opens stream sockets as a person."""
    sockets: list[PageSocket] = []

    async def come(user: Any, organization: Organization, **message: Any) -> PageSocket:
        socket = PageSocket(URLRouter(websocket_urlpatterns), f"/ws/o/{organization.slug}/stream/")
        socket.scope |= {"user": user}
        sockets.append(socket)
        socket.answer = await socket.connect(timeout=PATIENCE)  # type: ignore[attr-defined]
        if socket.answer[0]:  # type: ignore[attr-defined]
            await socket.send_json_to({"type": "subscribe", **message})
        return socket

    yield come
    for socket in sockets:
        await socket.disconnect(timeout=PATIENCE)
    await stream_reader.reader().stop()
    await ticker.ticker().stop()
    await sync_to_async(connections.close_all)()


async def heard(socket: PageSocket, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message = await socket.receive_json_from(timeout=PATIENCE)
        if message["type"] == kind:
            return message


async def paths(socket: PageSocket, until: str) -> list[str]:
    """The pages of the events that come, up to one."""
    found: list[str] = []
    while until not in found:
        found += [row["path"] for row in (await heard(socket, "events"))["rows"]]
    return found


def away(number: int) -> list[dict[str, Any]]:
    """So many page views, a millisecond apart."""
    begun = int(time.time() * 1000) - 1000
    return [view(f"/away-{at:02}", ts=begun + at) for at in range(number)]


def at_work(tracking: Tracking) -> Callable[..., Any]:
    return sync_to_async(tracking.send)


@pytest.fixture
def site(organization: Organization) -> Site:
    return SiteFactory(organization=organization, domains=["site.example"])


async def test_strangers_are_refused(
    opened: Any, organization: Organization, other_organization: Organization, alice: User, charlie: User
) -> None:
    assert (await opened(charlie, organization)).answer == (False, 4404)
    assert (await opened(alice, other_organization)).answer == (False, 4404)
    assert (await opened(alice, organization)).answer[0] is True


async def test_an_event_arrives_without_address_or_user_and_what_was_before_is_there(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, alice: User
) -> None:
    send = at_work(tracking)
    await send(site, view("/before"))
    page = await opened(alice, organization, sites=[site.script_id])
    before = await heard(page, "recent")
    assert [(row["path"], row["site"]) for row in before["rows"]] == [("/before", site.script_id)]

    sold = {"name": "purchase", "url": "https://site.example/thanks", "uid": "person-7", "order_id": "o1",
            "revenue": {"amount": "20.50", "currency": "EUR"}}
    await send(site, sold, ip="203.0.113.99")
    message = await heard(page, "events")

    [row] = message["rows"]
    shown = ("name", "path", "value", "currency", "goal", "test", "device", "site", "company_name")
    assert {key: row[key] for key in shown} == {
        "name": "purchase", "path": "/thanks", "value": "20.5", "currency": "EUR", "goal": True, "test": False,
        "device": "desktop", "site": site.script_id, "company_name": "",
    }
    assert "203.0.113.99" not in str(message)
    assert "person-7" not in str(message)


async def test_nothing_of_others_arrives(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, other_organization: Organization,
    alice: User, charlie: User,
) -> None:
    def prepare() -> tuple[Site, Site, User]:
        theirs = SiteFactory(organization=other_organization, domains=["site.example"])
        unassigned = SiteFactory(organization=organization, domains=["site.example"])
        client = UserFactory()
        MembershipFactory(organization=organization, user=client, role=Role.CLIENT)
        with every_tenant():
            assign_perm("analytics.view_site", client, site)
        return theirs, unassigned, client

    theirs, unassigned, client = await sync_to_async(prepare)()
    send = at_work(tracking)
    await heard(await opened(charlie, other_organization), "recent")
    await heard(await opened(alice, organization), "recent")
    asked_for_all = await opened(client, organization)
    asked_for_others = await opened(client, organization, sites=[unassigned.script_id, theirs.script_id])
    await heard(asked_for_all, "recent")
    assert await asked_for_others.receive_json_from(timeout=PATIENCE) == {"type": "denied"}

    await send(theirs, view("/theirs"))
    await send(unassigned, view("/unassigned"))
    await send(site, view("/mine"))

    assert await paths(asked_for_all, "/mine") == ["/mine"]
    assert await asked_for_others.receive_nothing(timeout=0.05)


async def test_who_loses_the_site_gets_nothing_more(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.2)
    page = await opened(bob, organization, sites=[site.script_id])
    await heard(page, "recent")

    def leave() -> None:
        with every_tenant():
            Membership.objects.filter(user=bob).delete()

    await sync_to_async(leave)()
    output = await page.receive_output(timeout=PATIENCE)
    while output["type"] != "websocket.close":
        output = await page.receive_output(timeout=PATIENCE)
    assert output["code"] == 4404


async def test_a_page_that_comes_back_gets_what_it_missed_once_and_in_order(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, alice: User
) -> None:
    send = at_work(tracking)
    page = await opened(alice, organization, sites=[site.script_id])
    await heard(page, "recent")
    await send(site, view("/one"))
    place = (await heard(page, "events"))["at"]
    await page.disconnect(timeout=PATIENCE)
    await send(site, *away(12))
    await send(site, view("/away-last"))

    back = await opened(alice, organization, sites=[site.script_id], since=place)
    found = await paths(back, "/away-last")
    await send(site, view("/now"))

    assert found == [*(f"/away-{number:02}" for number in range(12)), "/away-last"]
    assert await paths(back, "/now") == ["/now"]


async def test_what_is_beyond_the_cap_is_counted_and_a_stream_that_ended_is_told(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "MOST_ENTRIES", 2)
    send = at_work(tracking)
    page = await opened(alice, organization, sites=[site.script_id])
    await heard(page, "recent")
    await send(site, view("/one"))
    place = (await heard(page, "events"))["at"]
    await page.disconnect(timeout=PATIENCE)
    await send(site, *away(35))

    back = await opened(alice, organization, sites=[site.script_id], since=place)
    assert await heard(back, "missed") == {"type": "missed", "events": 20, "site": site.script_id}
    assert (await paths(back, "/away-34"))[0] == "/away-20"

    await back.disconnect(timeout=PATIENCE)
    store.client().delete(streaming.watch_key(site.id))
    later = await opened(alice, organization, sites=[site.script_id], since=place)
    assert await heard(later, "missed") == {"type": "missed", "events": None}
    assert "/away-34" in [row["path"] for row in (await heard(later, "recent"))["rows"]]


async def test_a_hidden_page_takes_everything_when_it_is_seen_again(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, alice: User
) -> None:
    send = at_work(tracking)
    page = await opened(alice, organization, sites=[site.script_id])
    await heard(page, "recent")
    await page.send_json_to({"type": "pause"})
    await send(site, view("/hidden-1"))
    await send(site, view("/hidden-2"))
    await page.send_json_to({"type": "resume"})

    assert await paths(page, "/hidden-2") == ["/hidden-1", "/hidden-2"]


async def test_filters_hold_on_the_server_and_companies_need_the_right(
    opened: Any, tracking: Tracking, site: Site, organization: Organization, alice: User
) -> None:
    send = at_work(tracking)
    await send(site, view("/first"))

    def company() -> Company:
        with every_tenant():
            now = datetime.now(UTC)
            found = Company.objects.create(organization=organization, key="as:1", name="Ajax Ltd", first_seen_at=now,
                                           last_seen_at=now)
            visit = Session.objects.get(site=site)
            CompanyVisit.objects.create(session_id=visit.id, organization=organization, site=site, company=found)
            return found

    found = await sync_to_async(company)()
    every = await opened(alice, organization, sites=[site.script_id])
    named = await opened(alice, organization, sites=[site.script_id], filters={"company": str(found.id)})
    bought = await opened(alice, organization, sites=[site.script_id], filters={"name": "purchase"})
    first = [(await heard(page, "recent"))["rows"] for page in (every, named, bought)]
    assert [[row["company_name"] for row in rows] for rows in first] == [["Ajax Ltd"], ["Ajax Ltd"], []]

    await send(site, view("/of-ajax"))
    await send(site, view("/of-nobody"), ip="198.51.100.77")
    assert await paths(every, "/of-nobody") == ["/of-ajax", "/of-nobody"]
    assert await paths(named, "/of-ajax") == ["/of-ajax"]
    await send(site, {"name": "purchase", "url": "https://site.example/paid"})
    assert await paths(bought, "/paid") == ["/paid"]


def test_nobody_watching_costs_one_look_and_a_failure_harms_nothing(
    tracking: Tracking, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking.send(site, view("/unseen"))
    assert list(store.client().scan_iter(f"{live.namespace()}:stream:{site.id}:*")) == []

    monkeypatch.setattr(streaming, "row_of", lambda hit: 1 / 0)
    store.client().set(streaming.watch_key(site.id), "broken", ex=60)
    tracking.send(site, view("/counted"))
    with every_tenant():
        stored = Event.objects.filter(site=site).order_by("time")
        assert [event.path for event in stored] == ["/unseen", "/counted"]
