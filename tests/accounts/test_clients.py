"""Agencies: they see their clients, clients see themselves, and no agency sees another's."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.access import can, membership_in, organizations_of
from apps.accounts.enums import InvitationKind, Role
from apps.accounts.models import AuditEntry, ClientAssignment, Invitation, Membership, Organization, User
from apps.accounts.selectors import clients as selectors
from apps.accounts.selectors.clients import Cell, ClientColumn, client_rows
from apps.accounts.services import clients, team
from apps.core.tenancy import current_scope, tenant
from tests.conftest import Agency
from tests.factories.accounts import (
    AgencyFactory,
    ClientAssignmentFactory,
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)


@pytest.fixture
def rival(db: None) -> Agency:
    """Another agency with a client of its own."""
    organization = AgencyFactory(name="Rival", slug="rival")
    client = OrganizationFactory(name="Rival Client", slug="rival-client", agency=organization)
    owner = UserFactory()
    MembershipFactory(organization=organization, user=owner, role=Role.OWNER)
    manager = UserFactory()
    membership = MembershipFactory(organization=organization, user=manager, role=Role.MANAGER)
    ClientAssignmentFactory(membership=membership, client=client)
    return Agency(organization, [client], owner, manager)


def test_the_owner_enters_every_client_and_the_manager_only_the_assigned(agency: Agency) -> None:
    one, two = agency.clients

    assert [str(found) for found in organizations_of(agency.owner)] == ["Client One", "Client Two", "Studio North"]
    assert [str(found) for found in organizations_of(agency.manager)] == ["Client One", "Studio North"]
    assert membership_in(agency.owner, two).role == Role.ADMIN
    assert membership_in(agency.manager, one).role == Role.MANAGER
    assert membership_in(agency.manager, two) is None


def test_no_agency_reaches_another(agency: Agency, rival: Agency, client_of) -> None:
    for mine, other in [(agency, rival), (rival, agency)]:
        for user in (mine.owner, mine.manager):
            browser = client_of(user)
            for organization in [other.organization, *other.clients]:
                assert membership_in(user, organization) is None
                assert browser.get(f"/o/{organization.slug}/settings/").status_code == 404
            page = browser.get(f"/o/{mine.organization.slug}/clients/").content.decode()
            assert not any(client.name in page for client in other.clients)
            release = f"/o/{mine.organization.slug}/clients/{other.clients[0].pk}/release/"
            assert browser.post(release).status_code in (403, 404)


def test_a_client_sees_only_itself(agency: Agency, client_of) -> None:
    person = MembershipFactory(organization=agency.clients[0], role=Role.OWNER).user
    browser = client_of(person)

    assert [str(found) for found in organizations_of(person)] == ["Client One"]
    assert browser.get("/o/client-one/settings/").status_code == 200
    assert browser.get("/o/client-two/settings/").status_code == 404
    assert browser.get("/o/studio-north/clients/").status_code == 404


def test_a_foreign_client_cannot_be_assigned(agency: Agency, rival: Agency, membership_of) -> None:
    owner = membership_of(agency.owner, agency.organization)
    manager = membership_of(agency.manager, agency.organization)
    with tenant(agency.organization.id):
        team.member_assign(
            actor=agency.owner, acting=owner, membership=manager, objects=[],
            client_ids=[agency.clients[1].pk, rival.clients[0].pk],
        )
        assert list(ClientAssignment.objects.values_list("client__slug", flat=True)) == ["client-two"]
    assert membership_in(agency.manager, rival.clients[0]) is None


def test_deactivated_agency_people_lose_the_clients(agency: Agency, membership_of) -> None:
    with tenant(agency.organization.id):
        Membership.objects.update(is_active=False)

    assert membership_in(agency.owner, agency.clients[0]) is None
    assert list(organizations_of(agency.owner)) == []


def test_billing_and_agents_of_an_agency_see_no_clients(agency: Agency) -> None:
    for role in (Role.BILLING, Role.AGENT, Role.CLIENT):
        member = MembershipFactory(organization=agency.organization, role=role)
        ClientAssignmentFactory(membership=member, client=agency.clients[0])
        assert membership_in(member.user, agency.clients[0]) is None


def test_adding_a_client_invites_its_owner(agency: Agency, client_of) -> None:
    response = client_of(agency.owner).post(
        "/o/studio-north/clients/new/",
        {"name": "Fleur & Co", "owner_email": "fleur@example.com", "time_zone": "Europe/Paris", "currency": "EUR"},
    )

    client = Organization.objects.get(slug="fleur-co")
    assert (response.status_code, response.url) == (302, "/o/fleur-co/")
    assert client.agency == agency.organization
    with tenant(client.id):
        assert Invitation.objects.get().role == Role.OWNER
        assert not Membership.objects.exists()
    with tenant(agency.organization.id):
        assert AuditEntry.objects.get(action="client.added").object_name == "Fleur & Co"


def test_adopting_needs_the_owners_yes(agency: Agency, alice: User, bob: User, organization, client_of) -> None:
    invitation = InvitationFactory(organization=agency.organization, kind=InvitationKind.CLIENT, email=alice.email)
    link = f"/invitations/{invitation.token}/"

    assert client_of(bob).post(link, {"organization": organization.pk}).status_code == 404
    assert Organization.objects.get(pk=organization.pk).agency is None

    page = client_of(alice).get(link).content.decode()
    assert "Studio North would like to look after your business" in page
    client_of(alice).post(link, {"organization": organization.pk})

    assert Organization.objects.get(pk=organization.pk).agency == agency.organization
    organization.refresh_from_db()
    assert membership_in(agency.owner, organization).role == Role.ADMIN
    assert membership_in(alice, organization).role == Role.OWNER


def test_an_owner_takes_the_organization_back(agency: Agency, client_of) -> None:
    one = agency.clients[0]
    person = MembershipFactory(organization=one, role=Role.OWNER).user

    client_of(person).post("/o/client-one/settings/agency/leave/")

    one.refresh_from_db()
    assert one.agency is None
    assert membership_in(agency.owner, one) is None
    with tenant(agency.organization.id):
        assert not ClientAssignment.objects.exists()


def test_agency_people_cannot_take_it_out_of_the_agency_as_its_owner(agency: Agency, client_of) -> None:
    assert client_of(agency.owner).post("/o/client-one/settings/agency/leave/").status_code == 403


def test_a_client_without_an_owner_is_not_let_go(agency: Agency) -> None:
    with pytest.raises(ValidationError, match="Invite its owner first"):
        clients.client_release(actor=agency.owner, client=agency.clients[0])


def test_a_manager_sees_but_does_not_add_clients(agency: Agency, client_of) -> None:
    browser = client_of(agency.manager)

    page = browser.get("/o/studio-north/clients/").content.decode()
    assert "Client One" in page
    assert "Client Two" not in page
    assert "Add client" not in page
    assert browser.get("/o/studio-north/clients/new/").status_code == 403


def test_search(agency: Agency, client_of) -> None:
    page = client_of(agency.owner).get("/o/studio-north/clients/?q=two").content.decode()

    assert '<a class="row-link" href="/o/client-two/">' in page
    assert '<a class="row-link" href="/o/client-one/">' not in page


def test_figures_come_from_other_apps_in_the_scope_of_exactly_these_clients(agency: Agency, monkeypatch) -> None:
    asked = []

    def cells(ids: list[int]) -> dict[int, Cell]:
        asked.append((sorted(ids), sorted(current_scope().org_ids)))
        return {ids[0]: Cell("1,204")}

    monkeypatch.setattr(selectors, "_columns", {})
    selectors.register_client_column(ClientColumn("visitors", "Visitors", cells))
    ids = sorted(client.pk for client in agency.clients)
    with tenant(agency.organization.id):
        rows = client_rows(agency.clients)

    assert asked == [(ids, ids)]
    assert [row.cells[0].text for row in rows] == ["1,204", "–"]


def test_the_list_costs_the_same_for_many(agency: Agency, client_of, django_assert_num_queries) -> None:
    browser = client_of(agency.owner)
    browser.get("/o/studio-north/clients/")
    with CaptureQueriesContext(connection) as two:
        browser.get("/o/studio-north/clients/")
    for _ in range(28):
        OrganizationFactory(agency=agency.organization)

    with django_assert_num_queries(len(two)):
        assert browser.get("/o/studio-north/clients/").content.decode().count("row-link") == 30


def test_rights_in_a_client_are_those_of_the_role_it_gives(agency: Agency) -> None:
    with tenant(agency.clients[0].id):
        assert can(agency.owner, "organization.edit")
        assert not can(agency.owner, "organization.delete")
        assert not can(agency.owner, "ownership.transfer")
        assert not can(agency.manager, "organization.edit")
        assert can(agency.manager, "metrics.view")
