"""The checklist ticks itself, and is gone when done or put away."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts import onboarding
from apps.accounts.models import Organization, User
from apps.accounts.onboarding import Step, checklist
from apps.core.tenancy import tenant
from tests.factories.accounts import InvitationFactory, MembershipFactory


@pytest.fixture(autouse=True)
def _only_the_team_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboarding, "_steps", {"team": onboarding._steps["team"]})


def _list(organization: Organization) -> dict | None:
    with tenant(organization.id):
        return checklist(organization, lambda _action: True)


def test_it_names_the_next_thing(organization: Organization, alice: User) -> None:
    first = Step("first", "First", "", "accounts:settings", lambda org: org.name == "Alice's Bakery", order=1)
    onboarding.register(first)

    found = _list(organization)

    done = [(item["label"], item["done"]) for item in found["items"]]
    assert done == [("First", True), ("Invite a colleague", False)]
    assert (found["done"], found["total"], found["items"][1]["current"]) == (1, 2, True)
    assert found["items"][1]["href"] == "/o/bakery/settings/team/"


@pytest.mark.parametrize("factory", [InvitationFactory, MembershipFactory])
def test_inviting_ticks_the_team_step(organization: Organization, alice: User, factory) -> None:
    assert _list(organization)["done"] == 0

    factory(organization=organization)

    assert _list(organization) is None


def test_another_organizations_team_does_not_count(organization, alice: User, other_organization) -> None:
    InvitationFactory(organization=other_organization)
    MembershipFactory(organization=other_organization)

    assert _list(organization)["done"] == 0


def test_put_away(client_of, organization: Organization, alice: User) -> None:
    assert client_of(alice).post("/o/bakery/onboarding/hide/").url == "/o/bakery/"

    organization.refresh_from_db()
    assert organization.onboarding_hidden_at <= timezone.now()
    assert _list(organization) is None


def test_steps_a_person_may_not_do_are_not_shown(organization: Organization, alice: User) -> None:
    with tenant(organization.id):
        assert checklist(organization, lambda action: action != "team.manage") is None
