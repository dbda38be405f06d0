"""Companies on their way to a CRM: sent once, told truthfully, found again after a kill, kept apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils.translation import gettext, override

from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics import tasks
from apps.analytics.contracts import CompanyBecameHot
from apps.analytics.crm_error_words import why
from apps.analytics.enums import NetworkKind
from apps.analytics.models import Company, CrmEntry
from apps.analytics.services import crm_sending
from apps.analytics.services.companies import company_correct, company_merge
from apps.analytics.services.company_scores import companies_prune
from apps.analytics.services.crm import companies_send, company_send_hot, crm_record_choose
from apps.core.connections.services import connection_update
from apps.core.models import Connection, OutboxEvent
from apps.core.outbox import publish, relay
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.crm.conftest import SEEN
from tests.analytics.crm.servers import TOKEN, HubSpotOffice, SalesforceOffice, opened
from tests.core import oauth_server

Make, Entries = Callable[..., Any], Callable[[], list[CrmEntry]]
pytestmark = pytest.mark.django_db


def send(organization: Organization, connection: Connection, *companies: Company) -> int:
    """Choose them, and let the worker run."""
    with tenant(organization.pk):
        companies_send(actor=None, connection=connection, companies=[row.pk for row in companies])
    return tasks.send_to_crm(organization.pk, connection.pk)


def seen(rows: list[CrmEntry]) -> list[tuple[str, str, str]]:
    return [(row.company.name, row.state, why(row)) for row in rows]


def test_sent_once_and_updated_after_that(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    row, connection = company("Acme", "acme.example", score=79), connect()

    assert send(organization, connection, row) == 1
    [entry] = entries()
    assert (entry.state, entry.made_there, entry.claimed_until) == ("sent", True, None)
    assert entry.url == f"https://app-eu1.hubspot.com/contacts/4711/record/0-2/{entry.external_id}"
    assert hubspot.records[entry.external_id]["mainstay_link"].endswith(f"/o/bakery/companies/{row.pk}/")
    with tenant(organization.pk):
        Company.objects.filter(pk=row.pk).update(score=20, name="Acme Holding")
    send(organization, connection, row)

    assert len(hubspot.records) == 1
    stored = hubspot.records[entry.external_id]
    assert (stored["mainstay_score"], stored["name"]) == ("20", "Acme")
    assert tasks.send_to_crm(organization.pk, connection.pk) == 0


def test_a_batch_is_as_large_as_the_vendor_takes_and_one_refusal_stops_nobody(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr("apps.analytics.providers.crm.hubspot.HubSpot.most", 3)
    hubspot.refuse = "Company 3"

    assert send(organization, connect(), *[company(f"Company {n}") for n in range(7)]) == 7

    assert [state for _name, state, _error in seen(entries())].count("sent") == 6
    assert ("Company 3", "failed", "HubSpot refused: Property values were not valid: name") in seen(entries())
    assert len(hubspot.records) == 6


def test_a_kill_between_the_answer_and_our_commit_doubles_nothing(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
    monkeypatch: Any,
) -> None:
    row, connection = company("Acme"), connect()

    class Killed(BaseException):
        pass

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(crm_sending, "_write_down", die)
        with pytest.raises(Killed):
            send(organization, connection, row)
    assert [entry.state for entry in entries()] == ["waiting"]
    hubspot.unseen_by_search = set(hubspot.records)

    assert tasks.send_to_crms() == 0  # still claimed
    with time_machine.travel(entries()[0].requested_at + crm_sending.CLAIM + timedelta(minutes=1), tick=False):
        assert tasks.send_to_crms() == 1

    [entry] = entries()
    assert (entry.state, list(hubspot.records)) == ("sent", [entry.external_id])


def test_what_was_asked_for_again_meanwhile_is_sent_again(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
    monkeypatch: Any,
) -> None:
    row, connection = company("Acme"), connect()
    real = crm_sending._write_down

    def meanwhile(*args: Any) -> None:
        monkeypatch.setattr(crm_sending, "_write_down", real)
        companies_send(actor=None, connection=connection, companies=[row.pk])
        real(*args)

    monkeypatch.setattr(crm_sending, "_write_down", meanwhile)

    assert send(organization, connection, row) == 2
    assert ([entry.state for entry in entries()], len(hubspot.records)) == (["sent"], 1)


def test_a_busy_vendor_is_left_alone_and_asked_again(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    connection = connect()
    hubspot.instead.append((429, {"policyName": "DAILY"}, {"Retry-After": "1800"}))

    send(organization, connection, company("Acme"))

    words = "The requests that HubSpot allows in a day are used up."
    assert seen(entries()) == [("Acme", "waiting", words)]
    asked = len(hubspot.asked)
    assert tasks.send_to_crms() == 0
    assert len(hubspot.asked) == asked
    with time_machine.travel(entries()[0].requested_at + timedelta(minutes=31), tick=False):
        assert tasks.send_to_crms() == 1
    assert seen(entries()) == [("Acme", "sent", "")]


def test_a_token_that_is_not_taken_waits_for_a_person_and_loses_nothing(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    connection = connect(secrets={"token": "old"})
    send(organization, connection, company("Acme"))
    assert seen(entries()) == [("Acme", "waiting", "HubSpot does not accept the access token.")]
    assert tasks.send_to_crms() == 0

    with tenant(organization.pk):
        connection_update(connection, name="Our CRM", values={"token": TOKEN})
    assert tasks.send_to_crms() == 1
    assert seen(entries()) == [("Acme", "sent", "")]


def test_two_companies_do_not_share_a_record_until_they_are_one(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries, alice: User,
) -> None:
    number, connection = hubspot.put(name="ACME", domain="acme.example"), connect()
    send(organization, connection, company("Acme", "acme.example"))
    send(organization, connection, company("Acme Service", "acme.example"))

    first, second = entries()
    assert (first.state, first.external_id, first.made_there) == ("sent", number, False)
    assert second.state == "failed"
    assert "belongs to Acme already" in why(second)
    with tenant(organization.pk):
        company_merge(actor=alice, company=first.company, into=second.company)
    assert [(row.pk, row.company_id) for row in entries()] == [(first.pk, second.company_id)]
    send(organization, connection, second.company)
    assert (entries()[0].state, list(hubspot.records)) == ("sent", [number])


def test_deleted_there_is_said_and_sending_again_makes_a_new_one(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    row, connection = company("Acme"), connect()
    send(organization, connection, row)
    hubspot.records.clear()

    send(organization, connection, row)
    assert [(entry.state, entry.external_id, entry.url) for entry in entries()] == [("failed", "", "")]
    assert "was deleted in HubSpot" in why(entries()[0])
    send(organization, connection, row)
    assert (entries()[0].state, len(hubspot.records)) == ("sent", 1)


def test_hot_companies_go_by_themselves_only_where_that_is_wanted(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    row, wanted = company("Acme", temperature="hot"), connect(send_hot=True)
    connect(send_hot=False)
    event = CompanyBecameHot(organization.pk, row.pk, row.name, "", 80)
    with tenant(organization.pk):
        publish(event)
        publish(event)
        relay()
        assert OutboxEvent.objects.filter(name="analytics.companies_queued_for_crm").count() == 2
    tasks.send_to_crm(organization.pk, wanted.pk)

    assert [(entry.connection_id, entry.by_itself, entry.state) for entry in entries()] == [(wanted.pk, True, "sent")]
    assert len(hubspot.records) == 1


def test_what_is_no_company_stays_here(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries, alice: User,
) -> None:
    provider, hidden, connection = company("Telco"), company("Hidden", hidden_at=SEEN), connect(send_hot=True)
    with tenant(organization.pk):
        companies_send(actor=alice, connection=connection, companies=[provider.pk, hidden.pk])
        company_correct(actor=alice, company=provider, kind=NetworkKind.ISP)
        assert company_send_hot(company_id=provider.pk) == 0
        assert [entry.after for entry in AuditEntry.objects.filter(action="company.sent_to_crm")] == [
            {"crm": "Our CRM", "companies": 1}
        ]
    tasks.send_to_crm(organization.pk, connection.pk)

    assert [(name, state) for name, state, _error in seen(entries())] == [("Telco", "failed")]
    assert hubspot.records == {}


def test_another_organizations_companies_and_accounts_stay_apart(
    organization: Organization, other_organization: Organization, hubspot: HubSpotOffice, connect: Make,
    company: Make, entries: Entries,
) -> None:
    theirs, foreign = company("Rival", to=other_organization), connect(to=other_organization)
    send(other_organization, foreign, theirs)
    mine = connect()

    assert send(organization, mine, theirs) == 0
    assert tasks.send_to_crm(organization.pk, foreign.pk) == 0
    assert entries() == []
    with every_tenant():
        assert [row.organization_id for row in CrmEntry.objects.all()] == [other_organization.pk]


def test_a_company_that_is_in_a_crm_is_not_cleared_away(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make,
) -> None:
    row = company("Acme")
    company("Nobody")
    send(organization, connect(), row)
    with tenant(organization.pk), time_machine.travel(SEEN + timedelta(days=400), tick=False):
        assert companies_prune(organization) == 1
        assert list(Company.objects.all()) == [row]


def test_an_expired_session_at_salesforce_is_renewed_and_a_duplicate_is_chosen(
    organization: Organization, connect: Make, company: Make, entries: Entries, settings: Any, alice: User,
) -> None:
    with oauth_server.running() as door, opened(SalesforceOffice()) as office:
        settings.OAUTH_CLIENTS = {"salesforce": oauth_server.CLIENT}
        settings.SALESFORCE_LOGIN_URL = door.url
        door.refresh["first"] = 0
        row = company("Acme", "acme.example")
        connection = connect("salesforce", secrets={
            "access_token": "old", "refresh_token": "first", "instance_url": office.url,
        })
        office.token = "new"
        door.token = lambda form, authorization: (200, {"access_token": "new", "instance_url": office.url})  # type: ignore[method-assign]
        office.duplicate_of = office.put(Name="Acme Holding", Website="holding.example")

        send(organization, connection, row)
        [entry] = entries()
        assert (entry.state, entry.candidates) == ("failed", [office.duplicate_of])
        with tenant(organization.pk):
            crm_record_choose(actor=alice, entry=entry, external_id=office.duplicate_of)
        tasks.send_to_crm(organization.pk, connection.pk)

        [entry] = entries()
        assert (entry.state, entry.external_id, entry.made_there) == ("sent", office.duplicate_of, False)
        assert entry.url == f"{office.url}/lightning/r/Account/{office.duplicate_of}/view"
        assert len(office.records) == 1
        assert [form["refresh_token"] for form in door.requests] == ["first"]


def test_a_refusal_is_told_in_the_readers_language(
    organization: Organization, hubspot: HubSpotOffice, connect: Make, company: Make, entries: Entries,
) -> None:
    hubspot.refuse = "Acme"
    send(organization, connect(), company("Acme: the bakery"))

    [entry] = entries()
    reason = "Property values were not valid: name"
    assert (entry.error, why(entry)) == (f"refused:{reason}", f"HubSpot refused: {reason}")
    with override("de"):
        words = gettext("%(vendor)s refused: %(reason)s") % {"vendor": "HubSpot", "reason": reason}
        assert why(entry) == words != f"HubSpot refused: {reason}"
    entry.error = "HubSpot refused: in words, as they were kept before"
    assert why(entry) == entry.error
