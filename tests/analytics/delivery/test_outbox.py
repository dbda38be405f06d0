"""What the pipeline puts into the outboxes: mapping, consent, age, whose events, what is known of a visitor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.enums import ConsentRule, Origin
from apps.analytics.models import Delivery, Site, VisitorClick
from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.erasure import erase_visitor
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import CHROME, Sender, view
from tests.analytics.delivery.conftest import NOON, counted, make_destination, states
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def purchase(order: str = "1001", **more: Any) -> dict[str, Any]:
    return {
        "name": "purchase", "url": "https://site.example/thanks", "order_id": order, "id": f"purchase-{order}",
        "revenue": {"amount": "49.90", "currency": "EUR"}, **more,
    }


def queued(destination: Any) -> list[Delivery]:
    with every_tenant():
        return list(Delivery.objects.filter(destination=destination).order_by("id"))


def test_events_go_under_the_names_of_the_mapping(sender: Sender, site: Site) -> None:
    destination = make_destination(site, URL, events={"pageview": "PageView", "purchase": "", "*": "*"})
    sender.send(NOON, view(id="v1"), purchase())
    sender.send(NOON + timedelta(seconds=1), {"name": "Quote asked for", "id": "q1"}, {"name": "leave", "eng": 900})

    assert [(row.event_id, row.name, row.sent_as) for row in queued(destination)] == [
        ("v1", "pageview", "PageView"), ("q1", "Quote asked for", "Quote asked for"),
    ]
    first = queued(destination)[0]
    assert (first.state, first.next_at, first.expires_at) == ("waiting", NOON, NOON + timedelta(hours=3))
    assert first.payload["agent"] == CHROME


def test_the_order_keeps_the_id_its_page_gave_it_and_counts_once(sender: Sender, site: Site) -> None:
    destination = make_destination(site, URL)
    sender.send(NOON, purchase(), purchase())
    sender.send(NOON + timedelta(hours=1), purchase())

    [row] = queued(destination)
    assert (row.event_id, row.payload["value"]) == ("purchase-1001", "49.9")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(ConsentRule.NEEDED, ["yes"]), (ConsentRule.ANONYMOUS, ["yes", "no"]), (ConsentRule.ALWAYS, ["yes", "no"])],
)
def test_consent_decides_what_leaves(sender: Sender, site: Site, rule: str, expected: list[str]) -> None:
    destination = make_destination(site, URL, consent=rule)
    url = "https://site.example/?gclid=click-1"
    traits = {"email": "jane@example.com", "plan": "pro"}
    sender.send(NOON, {"name": "buy", "id": "yes", "url": url, "traits": traits, "consent": True})
    sender.send(NOON, {"name": "buy", "id": "no", "url": url, "traits": traits, "consent": False}, ip="198.51.100.9")

    rows = {row.event_id: row for row in queued(destination)}
    assert [key for key, row in rows.items() if row.state == "waiting"] == expected
    agreed = rows["yes"].payload
    assert (agreed["click"], agreed["traits"]) == ({"gclid": "click-1"}, {"email": "jane@example.com"})
    assert agreed["who"] != ""
    other = rows["no"]
    if rule == ConsentRule.NEEDED:
        assert (other.state, other.words, other.payload) == ("skipped", "The visitor has not agreed.", {})
        assert counted(destination) == {"skipped": 1}
    elif rule == ConsentRule.ANONYMOUS:
        left = other.payload
        assert (left["who"], left["click"], left["traits"], left["agent"]) == ("", {}, {}, "")
    else:
        assert other.payload["traits"] == {"email": "jane@example.com"}


def test_tests_history_strange_hosts_and_what_is_too_old_stay_here(sender: Sender, site: Site, core: Core) -> None:
    destination = make_destination(site, URL)
    old = int((NOON - timedelta(hours=80)).timestamp() * 1000)
    sent = int(NOON.timestamp() * 1000)
    sender.send(NOON, view(id="test", test=True), view(id="strange", host="copy.example"))
    sender.send(NOON, view(id="old", ts=old), sent=sent)
    with core.connection.transaction():
        core.process([sender.envelope(NOON, view(id="past"))], int(NOON.timestamp() * 1000), history=True)

    assert [(row.event_id, row.state, row.words) for row in queued(destination)] == [
        ("strange", "skipped", "The page is on a host that does not belong to this site."),
        ("old", "skipped", "Older than the 72 hours that Posting allows."),
    ]


def test_an_event_that_cannot_be_prepared_is_shown_and_the_others_go_on(sender: Sender, site: Site) -> None:
    destination = make_destination(site, URL)
    sender.send(NOON, {"name": "broken", "id": "b"}, {"name": "unwanted", "id": "u"}, view(id="fine"))

    rows = {row.event_id: (row.state, row.words) for row in queued(destination)}
    assert rows["b"] == ("dead", "ValueError: cannot be prepared")
    assert rows["u"] == ("skipped", "nobody wants this")
    assert rows["fine"] == ("waiting", "")
    assert counted(destination) == {"dead": 1, "skipped": 1}


def test_a_click_and_a_name_are_remembered_till_the_purchase(sender: Sender, site: Site) -> None:
    destination = make_destination(site, URL)
    known = {"name": "identify", "uid": "c42", "traits": {"email": "a@b.c"}}
    sender.send(NOON, view("/?gclid=click-7", consent=True), known)
    sender.send(NOON + timedelta(minutes=9), purchase(consent=True))

    bought = queued(destination)[-1]
    assert (bought.name, bought.payload["click"], bought.payload["traits"]) == (
        "purchase", {"gclid": "click-7"}, {"email": "a@b.c"},
    )


def test_without_consent_no_click_is_kept(sender: Sender, site: Site) -> None:
    make_destination(site, URL, consent=ConsentRule.NEEDED)
    sender.send(NOON, view("/?gclid=click-7"))

    with every_tenant():
        assert VisitorClick.objects.count() == 0


def test_another_sites_events_and_another_organizations_stay_with_them(
    sender: Sender, site: Site, other_organization: Organization
) -> None:
    mine = make_destination(site, URL)
    sibling = make_destination(SiteFactory(organization=site.organization, domains=["two.example"]), URL)
    foreign_site = SiteFactory(organization=other_organization, domains=["garage.example"])
    foreign = make_destination(foreign_site, URL)
    sender.digest(
        sender.envelope(NOON, view(id="a")),
        sender.envelope(NOON, view(id="b", host="garage.example"), site=foreign_site),
    )

    assert [row.event_id for row in queued(mine)] == ["a"]
    assert [(row.event_id, row.organization_id) for row in queued(foreign)] == [("b", other_organization.pk)]
    assert queued(sibling) == []


def test_a_paused_or_deleted_destination_gets_nothing(sender: Sender, site: Site) -> None:
    paused = make_destination(site, URL, is_enabled=False)
    gone = make_destination(site, URL)
    sender.view(NOON)
    with every_tenant():
        type(gone).objects.filter(pk=gone.pk).delete()
    sender.view(NOON + timedelta(minutes=1))  # the pipeline has not heard of it yet

    assert states(paused) == {}


def test_a_visitor_who_is_erased_leaves_the_outbox_too(sender: Sender, site: Site, core: Core) -> None:
    destination = make_destination(site, URL)
    sender.send(NOON, view(id="a", uid="c42"), view("/?gclid=x", id="b", uid="c42"))
    sender.send(NOON, view(id="other"), ip="198.51.100.9")
    with core.connection.transaction():
        erase_visitor(core.connection, site.id, uid="c42")

    assert [row.event_id for row in queued(destination)] == ["other"]
    with every_tenant():
        assert VisitorClick.objects.count() == 0


def test_events_of_the_owners_server_carry_what_it_says(sender: Sender, site: Site) -> None:
    destination = make_destination(site, URL)
    at: datetime = NOON
    sender.send(
        at, purchase(ua=CHROME, ip="203.0.113.9", uid="c1", consent=True, click_ids={"fbp": "fb.1.2.3", "other": "x"}),
        origin=Origin.SERVER, ua="python-requests",
    )

    [row] = queued(destination)
    assert (row.payload["agent"], row.payload["click"]) == (CHROME, {"fbp": "fb.1.2.3"})
