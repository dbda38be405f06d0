"""Changing who belongs to an organization."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.access import can, visible
from apps.accounts.enums import Role
from apps.accounts.models import ApiKey, AuditEntry, Membership, Organization, User
from apps.accounts.selectors.team import seats
from apps.accounts.services import team
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant
from tests.factories.accounts import ApiKeyFactory, MembershipFactory, UserFactory


@pytest.fixture
def acting(alice: User, organization: Organization, membership_of) -> Membership:
    return membership_of(alice, organization)


def test_change_role_is_audited_and_published(alice, bob, organization, acting, membership_of) -> None:
    with tenant(organization.id):
        team.member_change_role(actor=alice, acting=acting, membership=membership_of(bob, organization), role="admin")

        entry = AuditEntry.objects.get()
        event = OutboxEvent.objects.get()
    assert membership_of(bob, organization).role == Role.ADMIN
    assert (entry.action, entry.before, entry.after) == ("member.role_changed", {"role": "manager"}, {"role": "admin"})
    assert (entry.actor_id, entry.object_name) == (alice.pk, "Bob")
    assert (event.name, event.payload["role"]) == ("accounts.member_changed", "admin")


def test_an_admin_cannot_make_or_touch_an_owner(alice, bob, organization, acting, membership_of) -> None:
    admin = MembershipFactory(organization=organization, role=Role.ADMIN)
    with tenant(organization.id):
        with pytest.raises(ValidationError, match="Only an owner can make"):
            team.member_change_role(actor=admin.user, acting=admin, membership=admin, role="owner")
        with pytest.raises(ValidationError, match="Only an owner can change"):
            team.member_change_role(actor=admin.user, acting=admin, membership=acting, role="viewer")
        with pytest.raises(ValidationError, match="Only an owner can change"):
            team.member_deactivate(actor=admin.user, acting=admin, membership=acting)
    assert membership_of(alice, organization).role == Role.OWNER


def test_the_last_owner_cannot_be_demoted_deactivated_or_leave(alice, organization, acting, membership_of) -> None:
    with tenant(organization.id):
        with pytest.raises(ValidationError, match="last owner"):
            team.member_change_role(actor=alice, acting=acting, membership=acting, role="admin")
        with pytest.raises(ValidationError, match="last owner"):
            team.member_deactivate(actor=alice, acting=acting, membership=acting)
    found = membership_of(alice, organization)
    assert (found.role, found.is_active) == (Role.OWNER, True)


def test_the_leave_page_says_why_the_last_owner_stays(client_of, alice, organization) -> None:
    response = client_of(alice).post("/o/bakery/settings/team/leave/", follow=True)

    assert "The last owner has to stay." in response.content.decode()
    assert response.redirect_chain == [("/o/bakery/settings/", 302)]


def test_one_of_two_owners_may_leave_and_a_deactivated_one_does_not_count(alice, organization, acting) -> None:
    second = MembershipFactory(organization=organization, role=Role.OWNER)
    with tenant(organization.id):
        team.member_deactivate(actor=alice, acting=second, membership=second)
        with pytest.raises(ValidationError, match="last owner"):
            team.member_deactivate(actor=alice, acting=acting, membership=acting)


def test_a_deactivated_member_finds_nothing_until_let_in_again(
    client_of, alice, bob, organization, acting, membership_of
) -> None:
    browser = client_of(bob)
    assert browser.get("/o/bakery/settings/").status_code == 200

    with tenant(organization.id):
        team.member_deactivate(actor=alice, acting=acting, membership=membership_of(bob, organization))
    assert browser.get("/o/bakery/settings/").status_code == 404

    with tenant(organization.id):
        team.member_reactivate(actor=alice, acting=acting, membership=membership_of(bob, organization))
    assert browser.get("/o/bakery/settings/").status_code == 200
    assert membership_of(bob, organization).role == Role.MANAGER


def test_ownership_changes_hands(alice, bob, organization, acting, membership_of) -> None:
    with tenant(organization.id):
        team.ownership_transfer(actor=alice, acting=acting, membership=membership_of(bob, organization))

    assert membership_of(bob, organization).role == Role.OWNER
    assert membership_of(alice, organization).role == Role.ADMIN


def test_handing_over_asks_for_the_password_again(client_of, alice, bob, organization, membership_of) -> None:
    browser = client_of(alice)
    heir = membership_of(bob, organization)

    response = browser.post("/o/bakery/settings/team/transfer/", {"member": heir.pk})
    assert response.status_code == 302
    assert response.url.startswith("/accounts/reauthenticate/")
    assert membership_of(bob, organization).role == Role.MANAGER

    assert browser.post(response.url, {"password": "tea-for-two-7"}).url == "/o/bakery/settings/team/transfer/"
    assert membership_of(bob, organization).role == Role.MANAGER
    assert browser.post("/o/bakery/settings/team/transfer/", {"member": heir.pk}).status_code == 302
    assert membership_of(bob, organization).role == Role.OWNER


def test_a_member_of_another_organization_cannot_be_reached(
    client_of, alice, charlie, organization, other_organization, membership_of
) -> None:
    foreign = membership_of(charlie, other_organization)

    browser = client_of(alice)
    assert browser.get(f"/o/bakery/settings/team/{foreign.pk}/").status_code == 404
    assert browser.post(f"/o/bakery/settings/team/{foreign.pk}/deactivate/").status_code == 404
    assert membership_of(charlie, other_organization).is_active


def test_assignments_open_single_objects(alice, organization, acting, keys_assignable) -> None:
    member = MembershipFactory(organization=organization, role=Role.CLIENT)
    mine, other = ApiKeyFactory(organization=organization, name="a"), ApiKeyFactory(organization=organization, name="b")

    with tenant(organization.id):
        team.member_assign(
            actor=alice, acting=acting, membership=member, objects=[f"key:{mine.pk}", "key:999999"], client_ids=[]
        )
        assert member.user.has_perm("accounts.view_apikey", mine)
        assert not member.user.has_perm("accounts.view_apikey", other)
        assert [seat.assigned for seat in seats() if seat.member == member] == [[str(mine)]]

        team.member_assign(actor=alice, acting=acting, membership=member, objects=[], client_ids=[])
        assert not User.objects.get(pk=member.user_id).has_perm("accounts.view_apikey", mine)


def test_visible_narrows_by_assignment(alice, organization, acting, keys_assignable, monkeypatch) -> None:
    from apps.accounts import roles

    monkeypatch.setitem(
        roles._actions, "test.view",
        roles.Action("test.view", "", roles.allow(Role.OWNER, assigned=[Role.CLIENT]), "accounts.view_apikey"),
    )
    member = MembershipFactory(organization=organization, role=Role.CLIENT)
    mine, other = ApiKeyFactory(organization=organization), ApiKeyFactory(organization=organization)
    with tenant(organization.id):
        team.member_assign(actor=alice, acting=acting, membership=member, objects=[f"key:{mine.pk}"], client_ids=[])
        rows = ApiKey.objects.all()

        assert list(visible(member.user, "test.view", rows)) == [mine]
        assert set(visible(alice, "test.view", rows)) == {mine, other}
        assert list(visible(UserFactory(), "test.view", rows)) == []
        assert can(member.user, "test.view", mine)
        assert not can(member.user, "test.view", other)


def test_the_list_costs_the_same_for_many(
    client_of, alice, organization, django_assert_num_queries, keys_assignable
) -> None:
    browser = client_of(alice)
    browser.get("/o/bakery/settings/team/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/o/bakery/settings/team/")
    for _ in range(20):
        MembershipFactory(organization=organization)

    with django_assert_num_queries(len(one)):
        assert "21 people" in browser.get("/o/bakery/settings/team/").content.decode()
