"""Sending companies to a CRM by the pages and the API, by what people see and may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.analytics import tasks
from apps.analytics.models import CrmEntry
from apps.core.tenancy import tenant
from tests.analytics.crm.servers import HubSpotOffice
from tests.factories.accounts import ApiKeyFactory, MembershipFactory, UserFactory

Make, Entries = Callable[..., Any], Callable[[], list[CrmEntry]]
LIST, SEND, CRM = "/o/bakery/companies/", "/o/bakery/companies/send/", "/o/bakery/companies/crm/"
API = "/api/v1/organizations/bakery/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def test_without_a_crm_the_way_to_one_is_shown(browser: Client, company: Make) -> None:
    row = company()
    page = browser.get(f"{SEND}?company={row.pk}").content.decode()

    assert "No CRM is connected" in page
    assert "/o/bakery/settings/connections/" in page
    assert browser.post(SEND, {"company": row.pk})["Location"] == LIST


def test_what_is_sent_is_shown_before(browser: Client, company: Make, connect: Make, hubspot: HubSpotOffice) -> None:
    connect()
    acme, globex = company("Acme", "acme.example", score=79, country="DE"), company("Globex")

    answer = browser.get(f"{SEND}?company={acme.pk}&company={globex.pk}&company=x&company=99999999999")

    rows = {row["company"].name: row for row in answer.context["rows"]}
    fields = {row["name"]: (row["value"], row["when"]) for row in rows["Acme"]["fields"]}
    assert fields["name"] == ("Acme", "Only in new records")
    assert fields["country"] == ("Germany", "Only in new records")
    assert fields["mainstay_score"] == ("79", "Always")
    assert fields["mainstay_id"] == ("a mark of its own, made when it is sent", "Always")
    assert rows["Acme"]["finding"] == "Looked for by its domain, acme.example; made if there is none"
    assert rows["Globex"]["finding"] == "Looked for by exactly this name; made if there is none"
    assert "Send 2 companies to Our CRM" in answer.content.decode()
    assert hubspot.asked == []


def test_chosen_are_sent_and_what_became_of_them_is_told(
    browser: Client, company: Make, connect: Make, hubspot: HubSpotOffice, organization: Organization,
    entries: Entries,
) -> None:
    crm, acme, globex = connect(), company("Acme"), company("Globex")
    company("Initech")
    hubspot.refuse = "Globex"

    answer = browser.post(SEND, {"crm": crm.pk, "company": [acme.pk, globex.pk]})

    assert answer["Location"] == f"{CRM}?crm={crm.pk}"
    assert 'hx-trigger="every 2s"' in browser.get(answer["Location"]).content.decode()
    tasks.send_to_crm(organization.pk, crm.pk)
    page = browser.get(answer["Location"]).content.decode()
    assert "every 2s" not in page
    assert f"/contacts/4711/record/0-2/{entries()[0].external_id}" in page
    assert "HubSpot refused: Property values were not valid" in page
    shown = browser.get(f"{LIST}{acme.pk}/").content.decode()
    assert "Record made by Mainstay" in shown
    badges = {row["cells"][0]["text"]: row["cells"][6].get("badge", "–") for row in browser.get(LIST).context["rows"]}
    assert badges == {"Acme": "Sent", "Globex": "Refused", "Initech": "–"}
    hubspot.refuse = ""
    browser.post(f"{CRM}again/", {"crm": crm.pk})
    tasks.send_to_crm(organization.pk, crm.pk)
    assert [row.state for row in entries()] == ["sent", "sent"]


def test_all_of_a_filter(browser: Client, company: Make, connect: Make, entries: Entries) -> None:
    crm = connect()
    for name, temperature in (("Acme", "hot"), ("Globex", "cold"), ("Initech", "hot")):
        company(name, temperature=temperature)

    assert [row["company"].name for row in browser.get(f"{SEND}?all=1&temperature=hot").context["rows"]] == [
        "Acme", "Initech"
    ]
    browser.post(SEND, {"crm": crm.pk, "all": "1", "temperature": "hot"})

    assert sorted(row.company.name for row in entries()) == ["Acme", "Initech"]


def test_choosing_a_record_is_only_possible_among_what_was_found(
    browser: Client, company: Make, connect: Make, organization: Organization, entries: Entries,
) -> None:
    with tenant(organization.pk):
        row = CrmEntry.objects.create(company=company(), connection=connect(), state="failed", candidates=["7", "8"])

    browser.post(f"{CRM}{row.pk}/choose/", {"record": "9"})
    assert entries()[0].state == "failed"
    browser.post(f"{CRM}{row.pk}/choose/", {"record": "8"})
    assert (entries()[0].state, entries()[0].external_id) == ("waiting", "8")


def test_viewers_see_but_do_not_send(
    client_of: Callable[[User], Client], company: Make, connect: Make, organization: Organization, entries: Entries,
) -> None:
    viewer, crm, row = UserFactory(), connect(), company()
    MembershipFactory(organization=organization, user=viewer, role=Role.VIEWER)
    browser = client_of(viewer)

    assert browser.get(CRM).status_code == 200
    assert 'name="company"' not in browser.get(LIST).content.decode()
    assert browser.get(f"{SEND}?company={row.pk}").status_code == 403
    assert browser.post(SEND, {"crm": crm.pk, "company": row.pk}).status_code == 403
    assert entries() == []


def test_anothers_connection_and_companies_are_nowhere(
    browser: Client, company: Make, connect: Make, other_organization: Organization, entries: Entries,
) -> None:
    mine, foreign = connect(), connect(to=other_organization)
    theirs = company("Rival", to=other_organization)

    browser.post(SEND, {"crm": foreign.pk, "company": company().pk})
    browser.post(SEND, {"crm": mine.pk, "company": theirs.pk})

    assert entries() == []
    assert "Rival" not in browser.get(f"{SEND}?crm={mine.pk}&company={theirs.pk}").content.decode()


def test_the_api_sends_and_tells(
    client: Client, organization: Organization, company: Make, connect: Make, hubspot: HubSpotOffice,
    other_organization: Organization,
) -> None:
    key = ApiKeyFactory(organization=organization, scopes=["read", "write"]).raw
    crm, foreign, row = connect(), connect(to=other_organization), company()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {key}"}

    def post(**body: Any) -> Any:
        return client.post(f"{API}companies/send/", body, content_type="application/json", **headers)

    assert post(connection=foreign.pk, companies=[row.pk]).status_code == 400
    answer = post(connection=crm.pk, companies=[row.pk, 10**9])
    assert (answer.status_code, answer.json()) == (202, {"queued": 1})
    tasks.send_to_crm(organization.pk, crm.pk)

    listed = client.get(f"{API}crm-entries/?state=sent", **headers).json()["results"]
    detail = client.get(f"{API}companies/{row.pk}/", **headers).json()
    assert [(one["company"], one["connection"], one["state"]) for one in listed] == [(row.pk, crm.pk, "sent")]
    assert detail["crm"] == listed
