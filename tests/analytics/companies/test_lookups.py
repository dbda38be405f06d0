"""Names of addresses: asked once, remembered without the address, deleted whatever the answer, checked both ways."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dns.message
import dns.resolver
import dns.rrset
import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.accounts.models import Organization
from apps.analytics.models import AddressLookup, Company, CompanyVisit, LookupDay, Site
from apps.analytics.providers.companies.reverse_dns import NoAnswer, checked_name
from apps.analytics.services import company_lookups as lookups
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.analytics.companies.conftest import ACME, NOW, TELCO
from tests.analytics.companies.test_recognition import holding, set_up
from tests.analytics.conftest import Sender

NAMES = {
    ("7.1.10.5.in-addr.arpa.", "PTR"): "gw.acme-machines.example.", ("gw.acme-machines.example.", "A"): ACME,
    ("7.3.10.5.in-addr.arpa.", "PTR"): "mail.bakery-smith.example.", ("mail.bakery-smith.example.", "A"): TELCO,
    ("8.3.10.5.in-addr.arpa.", "PTR"): "www.bank.example.", ("www.bank.example.", "A"): "5.10.9.9",
    ("9.3.10.5.in-addr.arpa.", "PTR"): "p5-10-3-9.dip.telco.example.",
    ("p5-10-3-9.dip.telco.example.", "A"): "5.10.3.9",
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[dns.resolver.Resolver]:
    """A name server on this machine; it never answers for 5.10.3.66."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                data, sender = server.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            question = query.question[0]
            name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
            if name.startswith("66."):
                continue
            answer = dns.message.make_response(query)
            if found := NAMES.get((name, kind)):
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, found))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            server.sendto(answer.to_wire(), sender)

    threading.Thread(target=serve, daemon=True).start()
    found = dns.resolver.Resolver(configure=False)
    found.nameservers, found.port, found.lifetime = ["127.0.0.1"], server.getsockname()[1], 0.3
    yield found
    server.close()


@pytest.fixture
def asked(resolver: Any, monkeypatch: Any) -> list[str]:
    """Names are asked of that server; the list says which addresses were."""
    asked: list[str] = []

    def ask(address: str) -> str:
        asked.append(address)
        return checked_name(address, resolver)

    monkeypatch.setattr(lookups, "checked_name", ask)
    return asked


@pytest.fixture
def naming(sender: Sender, site: Site) -> Sender:
    """The site asks for names."""
    set_up(site, companies="names")
    sender.core.sites.refresh()
    return sender


def answered(organization: Organization) -> dict[str, int]:
    with tenant(organization.pk):
        lookups.lookups_due()
        assert AddressLookup.objects.count() == 0
        day = LookupDay.objects.first()
        names = ("remembered", "found", "nameless", "failed", "expired")
        return {name: getattr(day, name) for name in names if day and getattr(day, name)}


def test_a_name_must_lead_back(resolver: Any) -> None:
    assert checked_name(ACME, resolver) == "gw.acme-machines.example"
    assert checked_name("5.10.3.8", resolver) == ""
    assert checked_name("5.10.3.77", resolver) == ""
    with pytest.raises(NoAnswer):
        checked_name("5.10.3.66", resolver)


def test_a_name_confirms_whose_network_it_is(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    naming.view(NOW, ip=ACME)

    assert answered(organization) == {"found": 1}
    with tenant(organization.pk):
        company = Company.objects.get()
    assert (company.key, company.domain) == ("as:64500", "acme-machines.example")
    assert (company.confidence, company.reason) == ("high", "own_name")


def test_a_customer_of_a_provider_is_found_by_its_own_name(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    for address in (TELCO, "5.10.3.8", "5.10.3.9"):
        naming.view(NOW, ip=address)

    assert answered(organization) == {"found": 1, "nameless": 2}
    with tenant(organization.pk):
        company = Company.objects.get()
        assert CompanyVisit.objects.get().company_id == company.pk
    assert (company.key, company.name, company.kind) == ("domain:bakery-smith.example", "bakery-smith.example",
                                                         "business")
    assert company.confidence == "medium"


def test_an_answer_is_remembered_without_the_address(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    naming.view(NOW, ip=TELCO)
    answered(organization)
    naming.view(NOW + timedelta(hours=2), ip=TELCO)

    assert answered(organization) == {"found": 1, "remembered": 1}
    assert asked == [TELCO]
    assert TELCO not in repr(cache._cache)
    assert holding(TELCO) == []
    with tenant(organization.pk):
        assert CompanyVisit.objects.count() == 2


def test_silence_is_counted_and_not_remembered(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    naming.view(NOW, ip="5.10.3.66")
    assert answered(organization) == {"failed": 1}
    naming.view(NOW + timedelta(hours=2), ip="5.10.3.66")
    assert answered(organization) == {"failed": 2}


def test_what_waits_too_long_is_deleted_unasked(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    naming.view(NOW, ip=TELCO)
    with tenant(organization.pk):
        AddressLookup.objects.update(created_at=timezone.now() - timedelta(minutes=16))

    assert answered(organization) == {"expired": 1}
    assert asked == []


def connect(organization: Organization, **config: Any) -> Connection:
    with tenant(organization.pk):
        return Connection.objects.create(kind="company_lookup", provider="fake", name="Demo", config=config)


def test_a_connected_service_is_asked_first(
    naming: Sender, organization: Organization, asked: list[str], monkeypatch: Any,
) -> None:
    connect(organization)
    naming.view(NOW, ip=TELCO)
    monkeypatch.setattr(
        "apps.analytics.providers.companies.fake.FakeLookup.find",
        lambda self, address: lookups.CompanyFact("Smith's Bakery", "smith.example", "business", "DE"),
    )

    assert answered(organization) == {"found": 1}
    with tenant(organization.pk):
        company = Company.objects.get()
    assert (company.name, company.confidence, company.reason) == ("Smith's Bakery", "high", "service")
    assert asked == []


def test_a_used_up_service_rests_and_names_go_on(
    naming: Sender, organization: Organization, asked: list[str],
) -> None:
    connection = connect(organization, used_up=True)
    naming.view(NOW, ip=TELCO)
    naming.view(NOW, ip="5.10.3.9")

    assert answered(organization) == {"found": 1, "failed": 1}
    with tenant(organization.pk):
        connection.refresh_from_db()
    assert connection.error_count == 1
    assert connection.next_attempt_at > timezone.now() + timedelta(minutes=50)
