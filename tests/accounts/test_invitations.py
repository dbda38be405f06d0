"""Inviting people: the mail, the link, and every way it can be over."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.enums import InvitationState, Role
from apps.accounts.models import ApiKey, Invitation, Membership, Organization, User
from apps.accounts.services import invitations
from apps.accounts.tasks import send_invitation, send_invitations_left_behind
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant
from tests.factories.accounts import ApiKeyFactory, InvitationFactory


def _mailed_link() -> str:
    found = re.search(r"http://\S+?(/invitations/\S+/)", mail.outbox[-1].body)
    assert found
    return found[1]


@pytest.fixture
def invited(client_of, alice: User, organization: Organization) -> Invitation:
    """zoe is invited as a viewer, through the page, and the mail is out."""
    client_of(alice).post("/o/bakery/settings/team/", {"email": "Zoe@Example.com", "role": "viewer"})
    with tenant(organization.id):
        invitation = Invitation.objects.get()
    send_invitation(organization.id, invitation.id)
    return invitation


def test_the_page_invites_and_the_mail_says_what_for(invited: Invitation, organization: Organization) -> None:
    with tenant(organization.id):
        assert OutboxEvent.objects.filter(name="accounts.invitation_sent").count() == 1
    assert mail.outbox[0].to == ["zoe@example.com"]
    assert mail.outbox[0].subject == "Alice invites you to Alice's Bakery"
    assert "as Viewer" in mail.outbox[0].body
    assert mail.outbox[0].alternatives[0][0].count(_mailed_link()) >= 2
    assert invited.token_hash not in mail.outbox[0].body
    assert invited.token not in str({field.name: getattr(invited, field.name) for field in Invitation._meta.fields})


def test_the_mail_goes_out_once(invited: Invitation, organization: Organization) -> None:
    send_invitation(organization.id, invited.id)

    assert len(mail.outbox) == 1


def test_a_new_person_signs_up_and_joins(client, invited: Invitation, organization: Organization) -> None:
    link = _mailed_link()
    page = client.get(link).content.decode()
    assert "Join Alice" in page
    assert "Make your account" in page

    response = client.post(
        f"/accounts/signup/?next={link}",
        {"name": "Zoe", "email": "zoe@example.com", "password1": "a-long-enough-1", "next": link},
    )
    assert response.url == link
    assert client.post(link, follow=True).redirect_chain[0] == ("/o/bakery/", 302)

    with tenant(organization.id):
        member = Membership.objects.get(user__email="zoe@example.com")
        assert Invitation.objects.get().state == InvitationState.ACCEPTED
    assert (member.role, member.is_active) == (Role.VIEWER, True)
    assert User.objects.get(email="zoe@example.com").emailaddress_set.get().verified


def test_an_existing_person_joins_and_is_told_which_account(client_of, invited: Invitation, charlie: User) -> None:
    browser = client_of(charlie)
    page = browser.get(_mailed_link()).content.decode()
    assert "You are signed in as charlie@example.com. The invitation was sent to zoe@example.com." in page

    browser.post(_mailed_link())

    assert browser.get("/o/bakery/settings/").status_code == 200
    assert browser.get("/o/garage/settings/").status_code == 200


def test_used_withdrawn_and_expired_links_say_so(client_of, charlie: User, organization: Organization) -> None:
    used = InvitationFactory(organization=organization, accepted_at=timezone.now())
    withdrawn = InvitationFactory(organization=organization, revoked_at=timezone.now())
    expired = InvitationFactory(organization=organization, expires_at=timezone.now() - timedelta(seconds=1))
    browser = client_of(charlie)

    for invitation, words in [(used, "has been used already"), (withdrawn, "was withdrawn"), (expired, "has expired")]:
        response = browser.get(f"/invitations/{invitation.token}/")
        assert response.status_code == 410
        assert words in response.content.decode()
        browser.post(f"/invitations/{invitation.token}/")
    with tenant(organization.id):
        assert not Membership.objects.filter(user=charlie).exists()


def test_it_expires_after_seven_days(charlie: User, organization: Organization) -> None:
    invitation = InvitationFactory(organization=organization)

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert invitation.state == InvitationState.EXPIRED
        with pytest.raises(ValidationError, match="expired"):
            invitations.invitation_accept(invitation=invitation, user=charlie)


def test_unknown_link_is_not_there(client, db) -> None:
    assert client.get("/invitations/abc/").status_code == 404


def test_sending_again_ends_the_old_link(client_of, alice: User, invited, organization: Organization) -> None:
    old = _mailed_link()
    browser = client_of(alice)
    browser.post(f"/o/bakery/settings/invitations/{invited.pk}/resend/")
    send_invitation(organization.id, invited.id)

    assert len(mail.outbox) == 2
    assert _mailed_link() != old
    assert browser.get(old).status_code == 404
    assert browser.get(_mailed_link()).status_code == 200


def test_an_expired_one_can_be_sent_again(alice: User, organization: Organization) -> None:
    invitation = InvitationFactory(organization=organization, expires_at=timezone.now() - timedelta(days=1))
    with tenant(organization.id):
        invitations.invitation_resend(actor=alice, invitation=invitation)
        assert Invitation.objects.get().state == InvitationState.OPEN


def test_withdrawing(client_of, alice: User, charlie: User, invited: Invitation) -> None:
    link = _mailed_link()
    client_of(alice).post(f"/o/bakery/settings/invitations/{invited.pk}/revoke/")

    assert client_of(charlie).get(link).status_code == 410


def test_inviting_the_same_address_again_replaces_it(client_of, alice, invited, organization) -> None:
    client_of(alice).post("/o/bakery/settings/team/", {"email": "zoe@example.com", "role": "admin"})

    with tenant(organization.id):
        assert Invitation.objects.get().role == Role.ADMIN


def test_who_is_in_already_is_not_invited(client_of, alice: User, bob: User) -> None:
    response = client_of(alice).post("/o/bakery/settings/team/", {"email": "BOB@example.com", "role": "viewer"})

    assert response.status_code == 422
    assert "belongs to the team already" in response.content.decode()


def test_an_active_member_keeps_their_role(bob: User, organization: Organization, membership_of) -> None:
    invitation = InvitationFactory(organization=organization, role=Role.VIEWER)

    invitations.invitation_accept(invitation=invitation, user=bob)

    assert membership_of(bob, organization).role == Role.MANAGER


def test_the_same_link_cannot_be_used_twice(charlie: User, bob: User, organization: Organization) -> None:
    invitation = InvitationFactory(organization=organization)
    invitations.invitation_accept(invitation=invitation, user=charlie)

    with pytest.raises(ValidationError, match="used already"):
        invitations.invitation_accept(invitation=invitation, user=bob)


def test_what_was_promised_is_assigned(charlie: User, organization, other_organization, keys_assignable) -> None:
    mine = ApiKeyFactory(organization=organization)
    foreign = ApiKeyFactory(organization=other_organization)
    invitation = InvitationFactory(organization=organization, grants=[f"key:{mine.pk}", f"key:{foreign.pk}"])

    invitations.invitation_accept(invitation=invitation, user=charlie)

    assert charlie.has_perm("accounts.view_apikey", ApiKey.unscoped.model(pk=mine.pk))
    assert not charlie.has_perm("accounts.view_apikey", ApiKey.unscoped.model(pk=foreign.pk))


def test_a_manager_cannot_invite(client_of, bob: User) -> None:
    response = client_of(bob).post("/o/bakery/settings/team/", {"email": "x@example.com", "role": "viewer"})

    assert response.status_code == 403


def test_an_admin_cannot_invite_an_owner(client_of, organization: Organization, alice: User, bob: User) -> None:
    with tenant(organization.id):
        Membership.objects.filter(user=bob).update(role=Role.ADMIN)

    response = client_of(bob).post("/o/bakery/settings/team/", {"email": "x@example.com", "role": "owner"})

    assert response.status_code == 422
    with tenant(organization.id):
        assert not Invitation.objects.exists()


def test_the_open_invitation_waits_at_the_root(client, client_of, invited: Invitation, charlie: User) -> None:
    client.get(_mailed_link())
    client.post("/accounts/login/", {"login": "charlie@example.com", "password": "tea-for-two-7"})

    assert client.get("/").url == _mailed_link()


def test_a_mail_whose_task_was_lost_is_sent_by_the_sweep(
    organization: Organization, other_organization: Organization
) -> None:
    with time_machine.travel("2026-11-20 12:00:00+00:00", tick=False) as clock:
        waiting = [InvitationFactory(organization=one) for one in (organization, other_organization)]
        mailed = InvitationFactory(organization=organization)
        send_invitation(organization.id, mailed.id)
        InvitationFactory(organization=organization, revoked_at=timezone.now())
        clock.shift(timedelta(seconds=59))
        assert send_invitations_left_behind() == 0  # the first task may still be under way
        clock.shift(timedelta(seconds=2))
        assert send_invitations_left_behind() == 2
        assert send_invitations_left_behind() == 0
        InvitationFactory(organization=organization)
        clock.shift(timedelta(days=8))
        assert send_invitations_left_behind() == 0
    assert sorted(to for message in mail.outbox for to in message.to) == sorted(one.email for one in [mailed, *waiting])
