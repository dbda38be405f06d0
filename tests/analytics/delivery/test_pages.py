"""Destinations through pages and API: added, mapped, tried, paused, replayed, deleted; and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Organization, User
from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.models import Delivery, Destination, Site
from apps.analytics.providers.base import is_offered
from apps.analytics.providers.fake import FakeDestination
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.delivery.answers import Answer, Posting, Server
from tests.analytics.delivery.conftest import make_destination, read, states, waiting
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def at(site: Site, name: str, *args: Any) -> str:
    return reverse(f"analytics:{name}", args=[site.organization.slug, site.script_id, *args])


def only() -> Destination:
    with every_tenant():
        return Destination.objects.select_related("connection").get()


def test_one_is_added_tested_and_mapped(browser: Client, site: Site, server: Server) -> None:
    form = {"name": "My ads", "url": server.url, "key": "s3cret-key"}
    added = browser.post(at(site, "destination-new", "posting"), form, follow=True)

    row = only()
    assert (row.name, row.consent, row.events) == ("My ads", "always", Posting.events)
    assert row.connection.secrets == {"key": "s3cret-key"}
    assert b"My ads works." in added.content
    assert b"s3cret-key" not in added.content
    assert added.content.count(b'name="as_') == 2

    mapped = {"as_0": "PageView", "as_1": "", "extra_name": "lead", "extra_as": "Lead"}
    browser.post(at(site, "destination-edit", row.pk), {"mapping": "1", "consent": "needed", **mapped})
    assert (only().events, only().consent) == ({"pageview": "PageView", "lead": "Lead"}, "needed")


def test_a_secret_left_blank_stays_and_new_answers_end_a_hold(browser: Client, site: Site, server: Server) -> None:
    row = make_destination(site, "http://127.0.0.1:9/", breaker="open", failures=7, hold_until=timezone.now())
    form = {"account": "1", "name": "Mended", "url": server.url, "key": ""}
    browser.post(at(site, "destination-edit", row.pk), form)

    found = only()
    assert (found.name, found.breaker, found.failures, found.hold_until) == ("Mended", "closed", 0, None)
    assert (found.connection.config["url"], found.connection.secrets) == (server.url, {"key": "s3cret-key"})


def test_trying_it_shows_exactly_what_left_and_came_back(browser: Client, site: Site, server: Server) -> None:
    row = make_destination(site, server.url)
    server.answers.append(Answer(200, {"hello": "there", "echo": "s3cret-key"}))
    shown = browser.post(at(site, "destination-try", row.pk), {"event": "purchase"}).content.decode()

    assert [event["name"] for event in server.bodies[0]] == ["buy"]
    assert f"POST {server.url}" in shown
    assert "jane.doe@example.com" in shown
    assert "there" in shown
    assert "s3cret-key" not in shown
    assert "••••" in shown
    assert states(row) == {}


def test_failed_events_are_sent_again_one_some_or_all(
    browser: Client, site: Site, server: Server, deliverer: Deliverer, clock: Any
) -> None:
    clock.now = timezone.now()
    row = make_destination(site, server.url)
    waiting(row, 5, at=clock.now)
    server.answers.append(Answer(200, {"refused": {f"e{n}": "too dear" for n in range(5)}}))
    deliverer.deliver()
    assert states(row) == {"dead": 5}
    with every_tenant():
        ids = list(Delivery.objects.order_by("id").values_list("pk", flat=True))
    detail = browser.get(at(site, "delivery", row.pk, ids[0])).content.decode()
    assert "too dear" in detail
    assert "Send again" in detail
    home = browser.get(reverse("dashboards:home", args=[site.organization.slug])).content.decode()
    assert "Posting did not take 5 events “pageview”" in home

    clock.now = timezone.now() + timedelta(seconds=5)
    chosen = ({"only": ids[0], "id": ids[1]}, 4), ({"id": ids[1:3]}, 2), ({}, 2), ({"all": "1"}, 0)
    for named, left in chosen:
        answer = browser.post(at(site, "destination-action", row.pk), {"do": "replay", "state": "dead", **named})
        assert answer["Location"].endswith("?state=dead")
        deliverer.deliver()
        assert states(row).get("dead", 0) == left
    assert sorted(server.ids[5:]) == ["e0", "e1", "e2", "e3", "e4"]
    assert read(row).last_ok_at is not None


def test_paused_resumed_and_deleted_with_its_credentials(browser: Client, site: Site, server: Server) -> None:
    row = make_destination(site, server.url)
    action = at(site, "destination-action", row.pk)
    browser.post(action, {"do": "pause"})
    assert only().is_enabled is False
    browser.post(action, {"do": "resume"})
    assert only().is_enabled is True
    browser.post(action, {"do": "delete", "confirmation": "wrong"})
    assert only().pk == row.pk
    browser.post(action, {"do": "delete", "confirmation": "Posting"})
    with every_tenant():
        assert (Destination.objects.count(), Connection.objects.filter(kind="destination").count()) == (0, 0)


def test_pages_show_states_in_words(browser: Client, site: Site, server: Server) -> None:
    row = make_destination(
        site, server.url, breaker="open", failures=6, last_error="Meta said no",
        hold_until=timezone.now() + timedelta(minutes=4, seconds=30), failing_since=timezone.now(),
    )
    waiting(row, 3, state="dead", words="Refused: <b>no</b>")
    shown = browser.get(at(site, "destinations")).content.decode()
    for words in ("On hold after failures", "Meta said no", "Asked again in 4", "3 events failed"):
        assert words in shown, words
    page = browser.get(at(site, "destination", row.pk) + "?state=dead").content.decode()
    assert page.count("Refused: &lt;b&gt;no&lt;/b&gt;") == 3
    assert "Send all 3 failed events again" in page


def test_events_whose_answer_was_lost_are_counted_shown_and_explained(browser: Client, site: Site) -> None:
    row = make_destination(site, "", provider="ga4", config={"measurement_id": "G-TEST12345", "region": "world"})
    view = {"client_id": "1.1", "events": [{"name": "page_view", "params": {}}]}
    rows = waiting(row, 4)
    lost = {"is_unsure": True}
    facts = ({"state": "sent", **lost}, {"state": "dead", **lost}, {"is_asked": True}, {"state": "sent"})
    with every_tenant():
        for one, changed in zip(rows, facts, strict=True):
            Delivery.objects.filter(pk=one.pk).update(payload=view, **changed)

    page = browser.get(at(site, "destination", row.pk)).content.decode()
    assert "The answers to 2 events were lost: each may have arrived once more than is known here." in page
    assert page.count("Perhaps delivered twice: an answer was lost.") == 1
    assert "answers to 2 events were lost" in browser.get(at(site, "destinations")).content.decode()
    shown = browser.get(at(site, "destination", row.pk) + "?state=unsure").content.decode()
    assert [f"/events/{one.pk}/" in shown for one in rows] == [True, True, False, False]
    told = [browser.get(at(site, "delivery", row.pk, one.pk)).content.decode() for one in rows]
    assert "so it was sent again: Google Analytics 4 may have counted it twice." in told[0]
    assert "so it may have arrived already. If it is sent again, Google Analytics 4 may count it twice." in told[1]
    assert "A request with this event has left; its answer has not been read yet." in told[2]
    assert "lost" not in told[3].partition("<main")[2]


def test_what_becomes_of_lost_answers_is_asked_where_a_repeat_would_count(
    browser: Client, site: Site, server: Server
) -> None:
    row = make_destination(site, "", provider="slack", config={}, events={"lead": "lead"})
    edit = at(site, "destination-edit", row.pk)
    assert b"Send it again: nothing is missing" in browser.get(edit).content
    other = make_destination(site, server.url)
    assert b"Send it again: nothing is missing" not in browser.get(at(site, "destination-edit", other.pk)).content

    browser.post(edit, {"mapping": "1", "consent": "anonymous", "when_unsure": "leave", "as_1": "lead"})
    assert (read(row).when_unsure, read(row).consent) == ("leave", "anonymous")
    api = f"/api/v1/organizations/{site.organization.slug}/destinations/{row.pk}/"
    assert browser.patch(api, {"when_unsure": "again"}, "application/json").json()["when_unsure"] == "again"
    assert browser.patch(api, {"when_unsure": "maybe"}, "application/json").status_code == 400


def test_another_sites_destination_is_not_here(
    browser: Client, site: Site, server: Server, other_organization: Organization
) -> None:
    sibling = make_destination(SiteFactory(organization=site.organization), server.url)
    foreign = make_destination(SiteFactory(organization=other_organization), server.url)
    for row in (sibling, foreign):
        for name in ("destination", "destination-edit", "destination-try"):
            assert browser.get(at(site, name, row.pk)).status_code == 404
    api = f"/api/v1/organizations/{site.organization.slug}/destinations/"
    assert [one["id"] for one in browser.get(api).json()["results"]] == [sibling.pk]
    assert browser.get(f"{api}{foreign.pk}/").status_code == 404
    assert browser.post(f"{api}{foreign.pk}/replay/", {}, "application/json").status_code == 404


def test_the_api_adds_changes_tries_replays_and_deletes(browser: Client, site: Site, server: Server) -> None:
    api = f"/api/v1/organizations/{site.organization.slug}/destinations/"
    given = {"site": site.script_id, "provider": "posting", "name": "Ads", "values": {"url": server.url, "key": "k-3"}}
    made = browser.post(api, given, "application/json")
    assert made.status_code == 201, made.content
    assert made.json()["config"] == {"url": server.url}
    one = f"{api}{made.json()['id']}/"
    changed = browser.patch(one, {"events": {"purchase": "Buy"}, "is_enabled": False}, "application/json").json()
    assert (changed["events"], changed["is_enabled"]) == ({"purchase": "Buy"}, False)
    tried = browser.post(f"{one}test/", {"event": "purchase"}, "application/json").json()
    exchange = tried["exchange"]
    assert (tried["ok"], exchange["status"], exchange["headers"]["Authorization"]) == (True, 200, "••••")
    with tenant(site.organization_id):
        waiting(only(), 2, state="dead")
    assert browser.post(f"{one}replay/", {}, "application/json").json() == {"events": 2}
    assert browser.post(api, {**given, "provider": "nobody"}, "application/json").status_code == 400
    assert browser.delete(one).status_code == 204


def test_the_stand_in_is_offered_only_in_the_demo(browser: Client, site: Site, settings: Any) -> None:
    assert not is_offered(FakeDestination)
    assert is_offered(Posting)
    assert browser.get(at(site, "destination-new", "fake")).status_code == 404
    settings.DEMO = True
    assert browser.get(at(site, "destination-new", "fake")).status_code == 200
    gallery = browser.get(reverse("connections:list", args=[site.organization.slug])).content.decode()
    assert "Google Analytics 4" not in gallery
