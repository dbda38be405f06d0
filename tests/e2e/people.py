"""Businesses, people and visits that a test begins with, made without the browser."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from allauth.account.models import EmailAddress
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.analytics.models import Inbox, Site
from apps.core.tenancy import every_tenant
from apps.notifications.models import Delivery
from tests.e2e import pages
from tests.factories.accounts import ApiKeyFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory
from tests.house.house import House

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)

NETWORKS = {"DE": "217.91.4", "US": "8.8.4", "ES": "83.36.4"}  # of large providers, and there for long


def member(organization: Organization, word: str, role: Role = Role.OWNER) -> User:
    """Somebody with a confirmed address and a password, in a role."""
    user = UserFactory(email=f"{role.value}-{word}@example.com", name=f"{role.label} {word}", password=pages.PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    MembershipFactory(organization=organization, user=user, role=role)
    return user


def session_of(user: User) -> str:
    """The cookie of a browser in which this person has just signed in, and typed the password once more for the pages
    that ask for it again."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return str(client.cookies["sessionid"].value)


@dataclass
class Visit:
    """One visitor who looks at pages and perhaps buys, some minutes ago."""

    paths: tuple[str, ...] = ("/",)
    source: str = ""
    country: str = "DE"
    spent: str = ""
    minutes_ago: float = 1


@dataclass
class Business:
    """A business with an owner and a site."""

    house: House
    organization: Organization
    owner: User
    site: Site
    sent: int = field(default=0)

    @property
    def home(self) -> str:
        """Its home page."""
        return f"/o/{self.organization.slug}/"

    @property
    def site_page(self) -> str:
        """The page of its site."""
        return f"{self.home}traffic/{self.site.script_id}/"

    def visited(self, *visits: Visit) -> None:
        """Let people visit, through the collector, and wait until the pipeline has counted them."""
        key = ApiKeyFactory(organization=self.organization, scopes=["track"])
        events = [event for visit in visits for event in self._events(visit)]
        script = f"{self.house.collector_url}/t/{self.site.script_id}.js"
        pages.until(lambda: httpx.get(script, timeout=5).status_code == 200, "the collector knows the site")
        answer = httpx.post(
            f"{self.house.collector_url}/api/track", headers={"Authorization": f"Bearer {key.raw}"}, timeout=15,
            json={"site": self.site.script_id, "sent": int(time.time() * 1000), "events": events},
        )
        assert (answer.status_code, answer.json()) == (202, {"accepted": len(events), "rejected": []})
        pages.until(lambda: not Inbox.objects.filter(site_id=self.site.id).exists(), "the visits are counted")

    def _events(self, visit: Visit) -> list[dict[str, Any]]:
        self.sent += 1
        network = NETWORKS[visit.country]
        who = {"ip": f"{network}.{self.sent}", "ua": AGENT.format(120 + self.sent % 20), "sw": 1440, "sh": 900}
        at = int((time.time() - visit.minutes_ago * 60) * 1000)
        host = self.site.domains[0]
        found = [
            who | {"name": "pageview", "url": f"https://{host}{path}", "ref": "" if number else visit.source,
                   "title": f"Page {path}", "ts": at + number * 1000}
            for number, path in enumerate(visit.paths)
        ]
        if visit.spent:
            found.append(who | {
                "name": "purchase", "url": f"https://{host}/thanks", "ts": at + 30_000,
                "order_id": f"{self.site.script_id}-{self.sent}", "revenue": {"amount": visit.spent, "currency": "EUR"},
            })
        return found


def business_of(house: House, word: str) -> Business:
    """A new business whose owner has just signed up."""
    organization = OrganizationFactory(name=f"Bakery {word}", slug=f"bakery-{word}")
    owner = member(organization, word)
    site = SiteFactory(organization=organization, name=f"Shop {word}", domains=[f"{word}.example"])
    return Business(house, organization, owner, site)


def mail_to(email: str) -> str:
    """The text of the newest mail to an address, once it is there."""
    newest = Delivery.objects.filter(to=email).order_by("-id")
    with every_tenant():
        pages.until(lambda: newest.filter(status="sent").exists(), f"a mail to {email}", 60)
        return str(newest.first().content["text"])
