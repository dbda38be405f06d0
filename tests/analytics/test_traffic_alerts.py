"""Warnings of many and of hardly any visitors, at standing clocks, over the clocks' change too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics.contracts.sharing import TrafficDropped, TrafficSpike
from apps.analytics.models import Site, TrafficAlert
from apps.analytics.pipeline.waiting import organizations_with_alerts
from apps.analytics.receivers import tell_of_drop, tell_of_spike
from apps.analytics.selectors.current import same_hour, usual_visitors
from apps.analytics.services.traffic_alerts import traffic_alert_set, traffic_look
from apps.analytics.source import KEY
from apps.core.models import Alarm, OutboxEvent
from apps.core.tenancy import tenant
from apps.metrics import live
from apps.notifications.models import Notification
from tests.analytics.conftest import Sender
from tests.analytics.visited import at
from tests.factories.accounts import MembershipFactory, UserFactory

NOW = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)  # a Thursday, 14:30 in Berlin
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def old_site(site: Site, time_machine: Any) -> Site:
    """Known for three months; the clock stands."""
    time_machine.move_to(NOW, tick=False)
    with tenant(site.organization_id):
        Site.objects.filter(pk=site.pk).update(detected_at=NOW - timedelta(days=90))
        site.refresh_from_db()
    return site


def come(sender: Sender, when: datetime, people: int, ref: str = "") -> None:
    """So many visitors, each with a page."""
    for number in range(people):
        sender.view(when, "/sale", ref, ip=f"203.0.113.{number + 1}")


def alert(site: Site, **limits: Any) -> None:
    with tenant(site.organization_id):
        traffic_alert_set(actor=None, site=site, **limits)


def look(site: Site, now: datetime) -> int:
    """One look, after the pipeline has said that something came, as it does after each batch."""
    live.mark_dirty([site.organization_id], KEY)
    with tenant(site.organization_id):
        return traffic_look(site.organization, now)


def news(site: Site, name: str) -> list[dict[str, Any]]:
    with tenant(site.organization_id):
        return [row.payload for row in OutboxEvent.objects.filter(name=f"analytics.{name}").order_by("id")]


def test_more_visitors_at_once_than_the_limit(old_site: Site, sender: Sender) -> None:
    alert(old_site, spike_visitors=3)
    come(sender, NOW - timedelta(minutes=1), 3, "https://www.google.com/")
    assert look(old_site, NOW) == 0

    sender.view(NOW - timedelta(seconds=30), "/sale", ip="198.51.100.9")

    assert look(old_site, NOW) == 1
    (told,) = news(old_site, "traffic_spike")
    assert (told["visitors"], told["usual"]) == (4, 0)
    assert (told["sources"], told["pages"]) == ([["google", 3], ["", 1]], [["/sale", 4]])


def test_a_spike_is_told_once_in_twelve_hours(old_site: Site, sender: Sender, time_machine: Any) -> None:
    alert(old_site, spike_visitors=3)
    told = []
    for hours in (0, 1, 2, 12):
        now = NOW + hours * HOUR
        time_machine.move_to(now, tick=False)
        come(sender, now - timedelta(minutes=1), 4)
        told += [look(old_site, now), look(old_site, now + timedelta(minutes=1))]
        time_machine.move_to(now + timedelta(minutes=20), tick=False)
        told.append(look(old_site, now + timedelta(minutes=20)))  # everybody is gone: the state ends

    assert told == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]


def test_a_figure_that_swings_around_the_limit_warns_once(old_site: Site, sender: Sender, time_machine: Any) -> None:
    alert(old_site, spike_visitors=9)
    come(sender, NOW - timedelta(minutes=1), 10)
    assert look(old_site, NOW) == 1
    later = NOW + 13 * HOUR
    time_machine.move_to(later, tick=False)
    come(sender, later - timedelta(minutes=1), 9)  # not over the limit, but far from calm

    assert look(old_site, later) == 0
    with tenant(old_site.organization_id):
        assert TrafficAlert.objects.get().spike_since == NOW


def test_many_times_the_usual(old_site: Site, sender: Sender) -> None:
    for weeks, people in ((4, 4), (3, 3), (2, 40), (1, 5)):
        come(sender, NOW - weeks * WEEK - timedelta(minutes=10), people)
    come(sender, NOW - timedelta(minutes=20), 11)
    with tenant(old_site.organization_id):
        assert usual_visitors(old_site, NOW) == 4  # the median of 3, 4, 5 and 40, as a whole number

    alert(old_site, spike_times=3)
    assert look(old_site, NOW) == 0
    sender.view(NOW - timedelta(minutes=10), "/sale", ip="198.51.100.9")

    assert look(old_site, NOW) == 1
    (told,) = news(old_site, "traffic_spike")
    assert (told["visitors"], told["usual"]) == (12, 4)


def test_without_weeks_to_compare_with_nothing_is_unusual(old_site: Site, sender: Sender) -> None:
    with tenant(old_site.organization_id):
        Site.objects.filter(pk=old_site.pk).update(detected_at=NOW - timedelta(days=10))
    alert(old_site, spike_times=2)
    come(sender, NOW - timedelta(minutes=20), 30)

    assert look(old_site, NOW) == 0


@pytest.mark.parametrize(("now", "hour"), [
    (datetime(2026, 10, 29, 13, tzinfo=UTC), datetime(2026, 10, 22, 12, tzinfo=UTC)),  # the clocks went back between
    (datetime(2026, 4, 2, 12, tzinfo=UTC), datetime(2026, 3, 26, 13, tzinfo=UTC)),  # and forward
])
def test_the_usual_hour_is_that_of_the_clock_on_the_wall(now: datetime, hour: datetime) -> None:
    assert same_hour(now, 1, ZoneInfo("Europe/Berlin")) == hour


def test_hardly_any_visitors(old_site: Site, sender: Sender, time_machine: Any) -> None:
    alert(old_site, drop_visitors=3)
    come(sender, NOW - 12 * HOUR - timedelta(minutes=40), 30, "https://www.google.com/")  # before the twelve hours
    come(sender, NOW - 2 * HOUR, 2)

    assert look(old_site, NOW) == 1
    (told,) = news(old_site, "traffic_dropped")
    assert (told["visitors"], told["limit"], told["sources"][0]) == (2, 3, ["google", 30])
    assert look(old_site, NOW + 5 * HOUR) == 0
    time_machine.move_to(NOW + 5 * HOUR, tick=False)
    come(sender, NOW + 5 * HOUR - timedelta(minutes=1), 4)
    assert look(old_site, NOW + 5 * HOUR) == 0
    with tenant(old_site.organization_id):
        assert TrafficAlert.objects.get().drop_since is None


def test_no_drop_while_counting_is_behind_or_the_site_is_new(old_site: Site) -> None:
    alert(old_site, drop_visitors=1)
    late = Alarm.objects.create(key="pipeline-behind", raised_at=NOW)
    assert look(old_site, NOW) == 0
    late.delete()
    with tenant(old_site.organization_id):
        Site.objects.filter(pk=old_site.pk).update(detected_at=NOW - 11 * HOUR)
    assert look(old_site, NOW) == 0

    with tenant(old_site.organization_id):
        Site.objects.filter(pk=old_site.pk).update(detected_at=NOW - 12 * HOUR)
    assert look(old_site, NOW) == 1


def test_a_paused_site_and_another_organization_are_not_looked_at(
    old_site: Site, other_organization: Organization
) -> None:
    alert(old_site, drop_visitors=5)
    assert organizations_with_alerts() == [old_site.organization_id]
    with tenant(other_organization.pk):
        assert traffic_look(other_organization, NOW) == 0
    with tenant(old_site.organization_id):
        Site.objects.filter(pk=old_site.pk).update(status="paused")

    assert look(old_site, NOW) == 0


def test_those_who_see_the_site_are_told_with_sources_pages_and_a_link(
    old_site: Site, organization: Organization, alice: User
) -> None:
    client = UserFactory(email="client@example.com")  # sees only sites assigned to them; this one is not
    MembershipFactory(organization=organization, user=client, role=Role.CLIENT)
    facts = (organization.pk, old_site.pk, old_site.name)

    with tenant(organization.pk):
        tell_of_spike(TrafficSpike(*facts, 40, 8, [["google", 30], ["", 10]], [["/sale", 35]]))
        tell_of_drop(TrafficDropped(*facts, 0, 5, [], []))
        rows = list(Notification.objects.filter(user=alice).order_by("id"))
        assert not Notification.objects.filter(user=client).exists()

    assert [row.kind for row in rows] == ["analytics.spike", "analytics.drop"]
    assert rows[0].title == f"{old_site.name} has 40 visitors this hour; usual are 8"
    assert rows[0].body == "Today most came from: google (30), Direct (10)\nand looked at: /sale (35)"
    assert rows[0].url == at(old_site, "?range=today")
    assert (rows[1].title, rows[1].body) == (f"{old_site.name} had 0 visitors in the last 12 hours", "")


def test_an_owner_sets_limits(site: Site, client_of: Callable[[User], Client], alice: User) -> None:
    browser = client_of(alice)
    assert browser.post(at(site, "alerts/"), {"spike_times": "1"}).status_code == 422
    assert browser.post(at(site, "alerts/"), {"spike_visitors": "50", "drop_visitors": "2"}).status_code == 302

    assert b'value="50"' in browser.get(at(site, "alerts/")).content
    with tenant(site.organization_id):
        row = TrafficAlert.objects.get()
        assert (row.spike_visitors, row.spike_times, row.drop_visitors) == (50, None, 2)
        assert AuditEntry.objects.filter(action="traffic_alert.changed").count() == 1
