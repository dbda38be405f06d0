"""Every list asks the database as often for thirty rows as for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.enums import OrganizationKind
from apps.accounts.models import Organization, User
from apps.analytics.models import Delivery, Destination, Site
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.contracts.doors import all_doors
from tests.factories.accounts import ApiKeyFactory, InvitationFactory, MembershipFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

SITE = "shopshopshop"
Add = Callable[[Organization, User, int], Any]


def entries(organization: Organization, user: User, amount: int) -> None:
    with tenant(organization.pk):
        for n in range(amount):
            audit(user, "site.changed", after={"n": n})


def connections(organization: Organization, user: User, amount: int) -> None:
    with tenant(organization.pk):
        for n in range(amount):
            Connection.objects.create(kind="notification_transport", provider="fake", name=f"Mail {n}")


def notifications(organization: Organization, user: User, amount: int) -> None:
    model = apps.get_model("notifications.Notification")
    with tenant(organization.pk):
        for n in range(amount):
            model.objects.create(organization=organization, user=user, kind="site.silent", title=f"Note {n}")


def clients(organization: Organization, user: User, amount: int) -> None:
    Organization.objects.filter(pk=organization.pk).update(kind=OrganizationKind.AGENCY)
    OrganizationFactory.create_batch(amount, agency=organization)


def destinations(organization: Organization, user: User, amount: int) -> None:
    with tenant(organization.pk):
        site = Site.objects.filter(script_id=SITE).first() or SiteFactory(organization=organization, script_id=SITE)
        for n in range(amount):
            account = Connection.objects.create(kind="destination", provider="slack", name=f"Slack {n}")
            row = Destination.objects.create(site=site, connection=account, name=f"Slack {n}")
            Delivery.objects.create(destination=row, event_id=f"e{n}", at=timezone.now(), state="dead")


def searches(organization: Organization, user: User, amount: int) -> None:
    figure, day = apps.get_model("analytics.SearchFigure"), timezone.localdate() - timedelta(days=3)
    with tenant(organization.pk):
        site = Site.objects.filter(script_id=SITE).first() or SiteFactory(organization=organization, script_id=SITE)
        known, _ = apps.get_model("analytics.SiteSearch").objects.get_or_create(site=site)
        known.first_day = known.last_day = known.final_day = day
        known.save()
        figure.objects.bulk_create(
            figure(organization=organization, site=site, day=day, dim=1, value=uuid4().hex, clicks=1, impressions=2,
                   places=3)
            for _ in range(amount)
        )


def companies(organization: Organization, user: User, amount: int) -> None:
    model, now = apps.get_model("analytics.Company"), timezone.now()
    with tenant(organization.pk):
        for n in range(amount):
            name = f"Company {uuid4().hex}"
            model.objects.create(name=name, key=name, first_seen_at=now, last_seen_at=now, industry=f"Trade {n}")


def events(organization: Organization, user: User, amount: int) -> None:
    event, visit = apps.get_model("analytics.Event"), apps.get_model("analytics.Session")
    now = timezone.now()
    with connection.cursor() as cursor, every_tenant():
        cursor.execute("CREATE TABLE IF NOT EXISTS analytics_event_any PARTITION OF analytics_event DEFAULT")
        for site in SiteFactory.create_batch(amount, organization=organization):
            row = visit.objects.create(id=site.id, organization=organization, site=site, visitor=1, started_at=now,
                                       last_at=now, channel="direct")
            event.objects.create(id=site.id, organization=organization, site=site, time=now, received_at=now,
                                 session_id=row.id, name="pageview")


def crm_entries(organization: Organization, user: User, amount: int) -> None:
    companies(organization, user, amount)
    entry = apps.get_model("analytics.CrmEntry")
    with tenant(organization.pk):
        crm, _made = Connection.objects.get_or_create(kind="crm", provider="hubspot", name="HubSpot")
        for company in apps.get_model("analytics.Company").objects.filter(crm_entries=None):
            entry.objects.create(company=company, connection=crm, state="failed", candidates=["1", "2"])


def dead_letters(organization: Organization, amount: int) -> None:
    for site in SiteFactory.create_batch(amount, organization=organization):
        apps.get_model("analytics.DeadLetter").objects.create(
            site_id=site.id, reason="ValueError", received_at=timezone.now(), raw=b"[]"
        )
    destinations(organization, None, amount)  # type: ignore[arg-type]


# A list, and what makes it longer. Every list of the API has its line; pages that list things too.
LISTS: dict[str, Add] = {
    "/o/{slug}/settings/team/": lambda org, _, n: (
        MembershipFactory.create_batch(n, organization=org), InvitationFactory.create_batch(n, organization=org)
    ),
    "/o/{slug}/settings/api-keys/": lambda org, _, n: ApiKeyFactory.create_batch(n, organization=org),
    "/o/{slug}/settings/audit/": entries,
    "/o/{slug}/settings/audit/csv/": entries,
    "/o/{slug}/settings/connections/": connections,
    "/o/{slug}/clients/": clients,
    "/o/{slug}/notifications/": notifications,
    f"/o/{{slug}}/traffic/{SITE}/destinations/": destinations,
    f"/o/{{slug}}/traffic/{SITE}/searches/": searches,
    f"/o/{{slug}}/traffic/{SITE}/searches.csv": searches,
    "/o/{slug}/companies/": companies,
    "/o/{slug}/companies.csv": companies,
    "/o/{slug}/companies/crm/": crm_entries,
    "/o/{slug}/companies/send/": crm_entries,
    "/o/{slug}/traffic/": lambda org, _, n: SiteFactory.create_batch(n, organization=org),
    "/o/{slug}/monitoring/": lambda org, _, n: SiteFactory.create_batch(n, organization=org),
    "/o/{slug}/monitoring/errors/": lambda org, _, n: dead_letters(org, n),
    "/o/{slug}/data-quality/": lambda org, _, n: SiteFactory.create_batch(n, organization=org),
    "/api/v1/organizations/{slug}/monitoring/pipeline/": lambda org, _, n: SiteFactory.create_batch(
        n, organization=org
    ),
    "/api/v1/organizations/{slug}/monitoring/errors/": lambda org, _, n: dead_letters(org, n),
    "/api/v1/organizations/{slug}/monitoring/destinations/": lambda org, _, n: SiteFactory.create_batch(
        n, organization=org
    ),
    "/api/v1/organizations/{slug}/members/": lambda org, _, n: MembershipFactory.create_batch(n, organization=org),
    "/api/v1/organizations/{slug}/invitations/": lambda org, _, n: InvitationFactory.create_batch(n, organization=org),
    "/api/v1/organizations/{slug}/api-keys/": lambda org, _, n: ApiKeyFactory.create_batch(n, organization=org),
    "/api/v1/organizations/{slug}/audit/": entries,
    "/api/v1/organizations/{slug}/clients/": clients,
    "/api/v1/organizations/{slug}/destinations/": destinations,
    "/api/v1/organizations/{slug}/companies/": companies,
    "/api/v1/organizations/{slug}/events/": events,
    "/api/v1/organizations/{slug}/overview/": lambda org, _, n: SiteFactory.create_batch(n, organization=org),
    "/api/v1/organizations/{slug}/crm-entries/": crm_entries,
    "/api/v1/organizations/{slug}/sites/": lambda org, _, n: SiteFactory.create_batch(n, organization=org),
}  # fmt: skip
# Lists of the API whose length is that of the code, not of the data.
FIXED = {"/api/v1/organizations/{slug}/metrics/"}
DOORS = {door.path.replace("{script_id}", SITE): door for door in all_doors()}


def asked(browser: Client, url: str) -> int:
    browser.get(url)  # what is looked up once a process is not the list's
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(url)
        if response.streaming:
            list(response.streaming_content)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", LISTS)
def test_lists(path: str, client_of: Callable[[User], Client], organization: Organization, alice: User) -> None:
    url, browser = path.format(slug=organization.slug), client_of(alice)
    LISTS[path](organization, alice, 2)
    few = asked(browser, url)

    LISTS[path](organization, alice, 28)

    assert asked(browser, url) <= few
    assert few <= 40


def test_every_list_of_the_api_is_tried() -> None:
    inside = "/api/v1/organizations/{slug}/"
    lists = {
        door.path
        for door in DOORS.values()
        if door.path.startswith(inside)
        and "{" not in door.path.removeprefix(inside)
        and "list" in getattr(door.view, "rights", {})
    }

    assert lists - set(LISTS) - FIXED == set()


def test_lists_that_are_tried_exist() -> None:
    assert set(LISTS) - set(DOORS) == set()
