"""Monitoring: an organization's own figures and nobody else's, replays, alarms, the whole installation for staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.analytics.enums import JobKind
from apps.analytics.models import DeadLetter, Inbox, Site, StoreJob
from apps.analytics.services import watch
from apps.analytics.services.replays import errors_replay
from apps.core import cache
from apps.core.models import Alarm, OpsPoint, OutboxEvent
from apps.core.ops import request_minutes, sampling
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import Sender, view
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


@pytest.fixture
def foreign(db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="rival"), domains=["rival.example"], name="Rival")


def letter(site: Site, **more: Any) -> DeadLetter:
    return DeadLetter.objects.create(site_id=site.id, reason="ValueError", received_at=NOON, raw=b"[]", **more)


def test_an_organization_sees_its_own_share_only(
    sender: Sender, site: Site, foreign: Site, client_of: Callable[[User], Client], alice: User, time_machine: Any
) -> None:
    sender.send(NOON, view(id="a"), view(id="b"), view(id="a"))
    sender.digest(sender.envelope(NOON, *[view(id=f"r{n}", host="rival.example") for n in range(50)], site=foreign))
    letter(site, detail="mine")
    letter(foreign, detail="of the rival")
    time_machine.move_to(NOON + timedelta(seconds=30), tick=False)
    Inbox.objects.create(received_at=NOON, site_id=foreign.id, body=b"[]")
    base = f"/api/v1/organizations/{site.organization.slug}/monitoring/"
    browser = client_of(alice)

    found = browser.get(f"{base}pipeline/").json()

    assert (found["whole"]["received"], found["whole"]["stored"], found["whole"]["duplicates"]) == (3, 2, 1)
    assert (found["waiting_requests"], found["open_errors"], len(found["points"])) == (0, 1, 60)
    assert [row["detail"] for row in browser.get(f"{base}errors/").json()["results"]] == ["ValueError: mine"]
    assert browser.get(f"{base}destinations/").json() == []
    page = browser.get(f"/o/{site.organization.slug}/monitoring/").content.decode()
    assert "1 event could not be counted" in page
    assert "Rival" not in page


def test_replays_one_some_and_all_and_never_a_foreign_one(
    site: Site, foreign: Site, client_of: Callable[[User], Client], alice: User
) -> None:
    one, two, three = letter(site), letter(site), letter(site)
    other, done = letter(foreign), letter(site, replayed_at=NOON)
    address = f"/o/{site.organization.slug}/monitoring/errors/replay/"
    browser = client_of(alice)

    browser.post(address, {"error": [f"counting:{pk}" for pk in (one.id, other.id, done.id)]})
    jobs = list(StoreJob.objects.filter(kind=JobKind.REPLAY).order_by("id"))
    assert [(job.site_id, job.params) for job in jobs] == [(site.id, {"letters": [one.id]})]

    browser.post(address, {"all": "1"})
    assert StoreJob.objects.latest("id").params == {"letters": [two.id, three.id]}
    with tenant(site.organization_id):
        assert errors_replay(actor=alice) == 0
    assert StoreJob.objects.count() == 2
    page = browser.get(f"/o/{site.organization.slug}/monitoring/errors/?state=retrying").content.decode()
    assert page.count("Is being taken in") == 3


def test_who_may_look_and_who_may_replay(site: Site, client_of: Callable[[User], Client]) -> None:
    base = f"/o/{site.organization.slug}/monitoring/"
    seen = {}
    for role in (Role.ADMIN, Role.MANAGER, Role.VIEWER):
        browser = client_of(MembershipFactory(organization=site.organization, role=role).user)
        seen[role] = (
            browser.get(base).status_code, browser.post(f"{base}errors/replay/").status_code,
            browser.get(f"{base}installation/").status_code,
        )
    assert seen == {Role.ADMIN: (200, 302, 404), Role.MANAGER: (200, 403, 404), Role.VIEWER: (403, 403, 403)}


def waiting(site: Site, seconds: int, now: datetime) -> None:
    Inbox.objects.all().delete()
    if seconds:
        Inbox.objects.create(received_at=now - timedelta(seconds=seconds), site_id=site.id, body=b"[]")


def test_alarms_need_two_looks_to_come_and_two_to_go(site: Site, foreign: Site) -> None:
    changes = []
    for minute, seconds in enumerate((90, 20, 70, 80, 30, 5, 30, 8, 0)):
        now = NOON + timedelta(minutes=minute)
        waiting(site, seconds, now)
        changes.append(watch.watch(now)["pipeline"])

    assert changes == ["none", "none", "none", "raised", "none", "none", "none", "none", "cleared"]
    with every_tenant():
        told = list(OutboxEvent.objects.filter(name__startswith="analytics.pipeline").order_by("id"))
    assert [(row.name, row.organization_id) for row in told] == [
        ("analytics.pipeline_behind", site.organization_id), ("analytics.pipeline_recovered", site.organization_id),
    ]
    assert (told[0].payload["seconds"], told[1].payload["minutes"]) == (80, 5)


def test_a_second_look_in_the_same_minute_changes_nothing(site: Site) -> None:
    waiting(site, 90, NOON)
    watch.watch(NOON)

    assert watch.watch(NOON + timedelta(seconds=20))["pipeline"] == "none"
    assert Alarm.objects.get(key=watch.BEHIND.key).strikes == 1


def test_requests_of_all_processes_meet_in_one_minute(db: None, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    cache.ask(lambda client: client.delete(request_minutes._key(int(NOON.timestamp()))), 0)  # of a run before
    for times in (3, 2):
        process = request_minutes.RequestMinutes()
        for number in range(times):
            process.note("/api/v1/x/", 500 if number == 0 else 200, 0.120)
        process.note("/o/a/", 404, 0.004)
        process.beat()
        process.tell()

    assert request_minutes.gather() >= 1
    row = OpsPoint.objects.get(source="web", at=NOON)
    assert (row.counts["api_requests"], row.counts["api_failed"], row.counts["pages_refused"]) == (5, 2, 2)
    assert row.counts["alive"] == 2
    assert row.histograms["api"][request_minutes.EDGES_MS.index(100)] == 5


def test_a_minute_is_sampled_once_and_hours_are_added_up(db: None) -> None:
    with every_tenant():
        assert sampling.sample(NOON) is True
        assert sampling.sample(NOON + timedelta(seconds=30)) is False
        assert sampling.sample(NOON + timedelta(minutes=1)) is True
    sampling.fold(NOON + timedelta(minutes=2))
    sampling.fold(NOON + timedelta(minutes=3))

    hour = OpsPoint.objects.get(grain=OpsPoint.HOUR, source="system", at=NOON)
    assert hour.counts["samples"] == 2
    assert 0 <= hour.counts["busy"] <= hour.counts["total"]
    assert 0 < hour.counts["disk_max"] <= 1


def test_staff_see_the_installation(site: Site, client_of: Callable[[User], Client], alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_superuser=True, is_staff=True)
    with every_tenant():
        sampling.sample()
    alice.refresh_from_db()

    page = client_of(alice).get(f"/o/{site.organization.slug}/monitoring/installation/")

    assert page.status_code == 200
    assert "Load of the machine" in page.content.decode()
