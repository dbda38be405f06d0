"""The command palette: what it offers, to whom, and never from another tenant."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Membership, Organization, User
from apps.core.tenancy import every_tenant
from tests.dashboards.conftest import ClientOf
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory


def asked(client: Client, organization: Organization, words: str = "") -> dict[str, list[dict[str, str]]]:
    answer = client.get(f"/o/{organization.slug}/palette/", {"q": words})
    assert answer.status_code == 200
    return {group["label"]: group["items"] for group in answer.json()["groups"]}


def _member_of(user: User) -> int:
    with every_tenant():
        return Membership.objects.get(user=user).pk


def labels(groups: dict[str, list[dict[str, str]]], group: str) -> list[str]:
    return [item["label"] for item in groups.get(group, [])]


def test_an_owner_finds_places_settings_and_things_to_do(
    organization: Organization, alice: User, client_of: ClientOf
) -> None:
    found = asked(client_of(alice), organization)

    assert labels(found, "Go to")[:3] == ["Home", "Traffic", "Companies"]
    team = {"label": "Team", "hint": "Settings", "icon": "users", "url": "/o/bakery/settings/team/", "method": "get"}
    assert team in found["Go to"]
    assert labels(found, "Do") == [
        "New site", "Invite a colleague", "New API key", "Export visitors", "Export the audit log",
        "Is everything counted?",
    ]
    assert "Search" not in found


def test_words_narrow_every_group(organization: Organization, alice: User, bob: User, client_of: ClientOf) -> None:
    site = SiteFactory(organization=organization, name="Bobbin shop", domains=["thread.example"])
    client = client_of(alice)

    assert asked(client, organization, "bob") == {"Search": [
        {"label": "Bobbin shop", "hint": "thread.example", "icon": "globe", "method": "get",
         "url": f"/o/bakery/traffic/{site.script_id}/"},
        {"label": "Bob", "hint": "bob@example.com", "icon": "user", "method": "get",
         "url": f"/o/bakery/settings/team/{_member_of(bob)}/"},
    ]}
    assert labels(asked(client, organization, "THREAD.ex"), "Search") == ["Bobbin shop"]
    assert labels(asked(client, organization, "export csv"), "Do") == ["Export visitors", "Export the audit log"]
    assert asked(client, organization, "no such thing") == {}


def test_two_tenants_never_find_each_other(
    organization: Organization, other_organization: Organization, alice: User, charlie: User, client_of: ClientOf
) -> None:
    SiteFactory(organization=organization, name="Common name")
    SiteFactory(organization=other_organization, name="Common name")
    client = client_of(charlie)

    assert [item["url"].split("/")[2] for item in asked(client, other_organization, "common")["Search"]] == ["garage"]
    assert asked(client, other_organization, "alice") == {}
    assert client.get(f"/o/{organization.slug}/palette/").status_code == 404
    assert Client().get(f"/o/{organization.slug}/palette/").status_code in {302, 404}


@pytest.mark.parametrize(("role", "deeds"), [
    (Role.VIEWER, ["New API key", "Export visitors"]),
    (Role.MANAGER, ["New API key", "Export visitors", "Is everything counted?"]),
    (Role.BILLING, []),
])
def test_what_a_role_may_not_do_is_not_offered(
    organization: Organization, alice: User, client_of: ClientOf, role: Role, deeds: list[str]
) -> None:
    SiteFactory(organization=organization, name="Alice's shop")
    person = UserFactory()
    MembershipFactory(organization=organization, user=person, role=role)
    client = client_of(person)

    assert labels(asked(client, organization), "Do") == deeds
    found = labels(asked(client, organization, "alice"), "Search")
    assert found == ([] if role is Role.BILLING else ["Alice's shop"])


def test_an_agency_finds_the_clients_each_person_looks_after(agency: Any, client_of: ClientOf) -> None:
    OrganizationFactory(name="Client of nobody", slug="nobody")

    owner = asked(client_of(agency.owner), agency.organization, "client")
    assert labels(owner, "Search") == ["Client One", "Client Two"]
    assert owner["Search"][0]["url"] == "/o/client-one/"
    assert "New client" in labels(owner, "Do")
    assert labels(asked(client_of(agency.manager), agency.organization, "client"), "Search") == ["Client One"]


def test_many_matches_are_no_more_queries_and_few_lines(
    organization: Organization, alice: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    SiteFactory(organization=organization, name="Shop 0")
    asked(client, organization, "shop")
    with django_assert_max_num_queries(20) as few:
        asked(client, organization, "shop")
    for number in range(12):
        SiteFactory(organization=organization, name=f"Shop {number}")
    with django_assert_max_num_queries(len(few)):
        assert len(asked(client, organization, "shop")["Search"]) == 6


def test_strange_words_are_only_words(organization: Organization, alice: User, client_of: ClientOf) -> None:
    for words in ("\x00", "%", "'; --", "a" * 5000, "  "):
        asked(client_of(alice), organization, words)
