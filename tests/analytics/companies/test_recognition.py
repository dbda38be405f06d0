"""Which visits are said to come from a company, what is kept of it, and what is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection

from apps.accounts.models import Organization
from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import NetworkKind
from apps.analytics.models import AddressLookup, Company, CompanyVisit, NetworkDay, Session, Site
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.services.companies import company_correct, company_merge
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.companies.conftest import ACME, ACME6, CLOUD, NOW, TELCO, UNI
from tests.analytics.conftest import Sender, view
from tests.factories.analytics import SiteFactory

MINUTE = timedelta(minutes=1)


def companies() -> list[tuple[str, str, str]]:
    with every_tenant():
        return list(Company.objects.order_by("key").values_list("key", "name", "kind"))


def visits() -> list[tuple[str, int]]:
    with every_tenant():
        return [(visit.company.name, visit.session_id) for visit in CompanyVisit.objects.order_by("session_id")]


def set_up(site: Site, **settings: Any) -> None:
    with tenant(site.organization_id):
        site.settings = SiteSettings(**settings).to_json()
        site.save()


def test_businesses_and_schools_are_recognised_providers_and_data_centres_are_not(sender: Sender, site: Site) -> None:
    for address in (ACME, UNI, TELCO, CLOUD, "5.10.9.9", "10.0.0.1", "100.64.0.1", "203.0.113.9"):
        sender.view(NOW, ip=address)

    assert companies() == [
        ("as:64500", "Acme Machines GmbH", "business"),
        ("as:64501", "University of Testing, Main Campus", "education"),
    ]
    with every_tenant():
        days = dict(NetworkDay.objects.values_list("kind", "visits"))
    assert days == {"business": 1, "education": 1, "isp": 1, "hosting": 1, "unknown": 4}
    assert [name for name, _session in visits()].count("Acme Machines GmbH") == 1


def test_one_company_over_both_versions_of_the_protocol(sender: Sender) -> None:
    sender.view(NOW, ip=ACME)
    sender.view(NOW + MINUTE, ip=ACME6)
    sender.view(NOW + 2 * MINUTE, ip=f"::ffff:{ACME}")

    [company] = [row for row in companies() if row[0] == "as:64500"]
    assert company[1] == "Acme Machines GmbH"
    assert len(visits()) == 3
    with every_tenant():
        row = Company.objects.get()
    assert (row.first_seen_at, row.last_seen_at) == (NOW, NOW + 2 * MINUTE)
    assert (row.confidence, row.reason) == ("medium", "word")


def test_a_visit_counts_once_however_it_is_cut_and_repeated(sender: Sender, site: Site) -> None:
    first = sender.envelope(NOW, view("/a", id="one"), view("/b", id="two"), ip=ACME)
    sender.digest(first)
    sender.digest(first)
    sender.view(NOW + MINUTE, "/c", ip=ACME)

    assert len(visits()) == 1
    with every_tenant():
        assert Session.objects.get().pageviews == 3
        assert NetworkDay.objects.get().visits == 1


def test_a_batch_that_is_rolled_back_leaves_nothing(sender: Sender) -> None:
    envelope = sender.envelope(NOW, view("/a", id="one"), ip=ACME)

    def broken() -> None:
        with sender.core.connection.transaction():
            sender.core.process([envelope], int(NOW.timestamp() * 1000))
            raise LookupError

    with pytest.raises(LookupError):
        broken()
    sender.core.rolled_back()
    assert (companies(), visits()) == ([], [])

    sender.digest(envelope)
    assert len(visits()) == 1


def test_a_site_that_does_not_want_it_is_left_alone(sender: Sender, site: Site) -> None:
    set_up(site, companies="off")
    sender.core.sites.refresh()

    sender.view(NOW, ip=ACME)

    assert companies() == []
    with every_tenant():
        assert NetworkDay.objects.count() == 0
        assert Session.objects.count() == 1


def test_a_setting_that_cannot_be_read_is_read_carefully() -> None:
    assert SiteSettings.from_json({}).companies == "networks"
    assert SiteSettings.from_json({"companies": "everything"}).companies == "off"
    assert SiteSettings.from_json({"companies": 7}).companies == "off"


@pytest.mark.parametrize(("chosen", "waiting"), [
    ({"companies": "networks"}, 0), ({"companies": "names"}, 1), ({"companies": "names", "truncate_ip": True}, 0),
])
def test_an_address_waits_only_where_names_are_asked_for(
    sender: Sender, site: Site, chosen: dict[str, Any], waiting: int,
) -> None:
    set_up(site, **chosen)
    sender.core.sites.refresh()

    sender.view(NOW, ip=ACME)
    sender.view(NOW, ip=CLOUD)

    with every_tenant():
        rows = list(AddressLookup.objects.all())
    assert len(rows) == waiting
    if rows:
        assert rows[0].address == ACME
    assert holding(ACME) == []


def holding(text: str) -> list[str]:
    """Every table of ours in which a text stands as it is."""
    found = []
    with every_tenant(), connection.cursor() as cursor:
        for model in apps.get_models():
            if not model.__module__.startswith("apps."):
                continue
            table = model._meta.db_table
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_the_owners_word_holds_from_the_next_batch_on(sender: Sender, site: Site, alice: Any) -> None:
    sender.view(NOW, ip=ACME)
    with tenant(site.organization_id):
        company = company_correct(actor=alice, company=Company.objects.get(), kind=NetworkKind.ISP)
    assert visits() == []

    sender.view(NOW + timedelta(hours=2), ip=ACME)
    assert visits() == []

    with tenant(site.organization_id):
        company_correct(actor=alice, company=company, kind=NetworkKind.BUSINESS)
    sender.view(NOW + timedelta(hours=4), ip=ACME)
    assert len(visits()) == 1


def test_visits_of_a_merged_company_are_the_others(sender: Sender, site: Site, alice: Any) -> None:
    sender.view(NOW, ip=ACME)
    sender.view(NOW, ip="5.10.5.7")
    with tenant(site.organization_id):
        acme, globex = Company.objects.get(key="as:64500"), Company.objects.get(key="as:64504")
        company_merge(actor=alice, company=globex, into=acme)

    sender.view(NOW + timedelta(hours=2), ip="5.10.5.7")

    assert [name for name, _session in visits()] == ["Acme Machines GmbH"] * 3


def test_organizations_have_their_own_companies(
    sender: Sender, site: Site, other_organization: Organization, alice: Any,
) -> None:
    other = SiteFactory(organization=other_organization, domains=["garage.example"])
    sender.view(NOW, ip=ACME)
    sender.digest(sender.envelope(NOW, view(host="garage.example"), ip=ACME, site=other))
    with tenant(site.organization_id):
        mine = Company.objects.get()
        company_correct(actor=alice, company=mine, kind=NetworkKind.ISP)

    with tenant(other_organization.pk):
        theirs = Company.objects.get()
        assert theirs.kind == "business"
        assert CompanyVisit.objects.count() == 1
    assert theirs.pk != mine.pk


def test_erasing_a_visitor_forgets_where_it_came_from(sender: Sender, site: Site) -> None:
    set_up(site, companies="names")
    sender.core.sites.refresh()
    with time_machine.travel(NOW, tick=False):
        sender.view(NOW, ip=ACME)
        sender.view(NOW, ip=UNI)
    with every_tenant():
        company = Company.objects.get(key="as:64500")
        session = CompanyVisit.objects.get(company=company).session_id
        visitor = Session.objects.get(pk=session).visitor

    erase_visitor(sender.core.connection, site.id, visitor=visitor)

    assert [name for name, _session in visits()] == ["University of Testing, Main Campus"]
    with every_tenant():
        assert AddressLookup.objects.filter(session_id=session).count() == 0
