"""Telling people: in their language, by the ways they chose, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.accounts.contracts import ApiKeyCreated, InvitationSent, MemberJoined
from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.core import outbox
from apps.core.contracts import ConnectionBroke
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from apps.notifications import kinds, services
from apps.notifications.contracts import Message
from apps.notifications.enums import Channel
from apps.notifications.lazy import said
from apps.notifications.models import Delivery, Notification
from apps.notifications.receivers import device_of, tell_of_new_device
from apps.notifications.selectors import channels_for, preferences_of, unread_count
from tests.factories.accounts import ApiKeyFactory, InvitationFactory, MembershipFactory, UserFactory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


def notices(user: User) -> list[Notification]:
    with every_tenant():
        return list(Notification.objects.filter(user=user).order_by("id"))


def mails(user: User) -> list[Message]:
    with every_tenant():
        rows = Delivery.objects.filter(to=user.email).order_by("id")
        return [Message.from_json(row.content) for row in rows]


def happen(event: Any) -> None:
    """Publish an event and let the relay hand it over."""
    with tenant(event.organization_id), transaction.atomic():
        outbox.publish(event)
    outbox.relay_all()


def test_a_person_is_told_in_mainstay_and_by_mail(organization: Organization, alice: User) -> None:
    with tenant(organization.id):
        count = services.notify(
            [alice], kinds.KEY_CREATED, "A key was made", body="Look <here> & there", url="/o/bakery/keys/",
            button="To the keys", organization=organization,
        )

    assert count == 1
    [row] = notices(alice)
    assert (row.title, row.body, row.url, row.read_at) == (
        "A key was made", "Look <here> & there", "/o/bakery/keys/", None,
    )
    [mail] = mails(alice)
    assert (mail.to, mail.subject) == (("alice@example.com",), "A key was made")
    assert "Look <here> & there" in mail.text
    assert f"{settings.BASE_URL}/o/bakery/keys/" in mail.text
    assert "Look &lt;here&gt; &amp; there" in mail.html
    assert f'href="{settings.BASE_URL}/o/bakery/keys/"' in mail.html
    assert "To the keys" in mail.html
    assert "New API key" in mail.text, "says which switch it hangs on"


def test_a_key_tells_once_however_often_it_is_called(organization: Organization, alice: User) -> None:
    with tenant(organization.id):
        counts = [
            services.notify([alice], kinds.KEY_CREATED, "t", organization=organization, key="key-1") for _n in range(3)
        ]

    assert counts[0] == 1
    assert len(notices(alice)) == 1
    assert len(mails(alice)) == 1


def test_everybody_reads_their_own_language(organization: Organization, alice: User) -> None:
    alice.language = "de"
    alice.save()

    with tenant(organization.id), translation.override("en"):
        services.notify([alice], kinds.MEMBER_JOINED, said(_("%(name)s and German"), name="Bob"))
        with translation.override("de"):
            expected = str(said(_("%(name)s and German"), name="Bob"))

    assert notices(alice)[0].title == expected


def test_wishes_are_kept_and_fixed_ways_cannot_be_switched_off(alice: User) -> None:
    assert channels_for(alice.pk, kinds.KEY_CREATED) == {Channel.IN_APP, Channel.EMAIL}
    services.preference_set(alice, kinds.KEY_CREATED.key, Channel.EMAIL, enabled=False)
    services.preference_set(alice, kinds.MEMBER_JOINED.key, Channel.EMAIL, enabled=True)
    services.preference_set(alice, kinds.NEW_SIGN_IN.key, Channel.EMAIL, enabled=False)

    assert channels_for(alice.pk, kinds.KEY_CREATED) == {Channel.IN_APP}
    assert channels_for(alice.pk, kinds.MEMBER_JOINED) == {Channel.IN_APP, Channel.EMAIL}
    assert channels_for(alice.pk, kinds.NEW_SIGN_IN) == {Channel.IN_APP, Channel.EMAIL}
    shown = {row.kind.key: {wish.channel: (wish.enabled, wish.fixed) for wish in row.wishes}
             for row in preferences_of(alice)}
    assert shown["security.api_key_created"] == {"in_app": (True, False), "email": (False, False)}
    assert shown["security.new_sign_in"] == {"in_app": (True, False), "email": (True, True)}
    with pytest.raises(KeyError):
        services.preference_set(alice, "nonsense", Channel.EMAIL, enabled=True)


def test_who_switched_everything_off_is_left_alone(organization: Organization, alice: User) -> None:
    for channel in Channel:
        services.preference_set(alice, kinds.KEY_CREATED.key, channel, enabled=False)

    with tenant(organization.id):
        assert services.notify([alice], kinds.KEY_CREATED, "t") == 0

    assert (notices(alice), mails(alice)) == ([], [])


def test_members_with_the_right_are_told_and_others_not(organization: Organization, alice: User, bob: User) -> None:
    viewer = UserFactory(email="viewer@example.com")
    MembershipFactory(organization=organization, user=viewer, role=Role.VIEWER)
    gone = UserFactory(email="gone@example.com")
    MembershipFactory(organization=organization, user=gone, role=Role.ADMIN, is_active=False)

    with tenant(organization.id):
        services.notify_members(kinds.CONNECTION_BROKE, "t", action="connection.manage")
        services.notify_members(kinds.MEMBER_JOINED, "t", action="home.view", but=alice.pk)

    assert [len(notices(person)) for person in (alice, bob, viewer, gone)] == [1, 1, 1, 0]


def test_a_broken_connection_tells_those_who_can_mend_it(organization: Organization, alice: User, bob: User) -> None:
    with tenant(organization.id):
        row = Connection.objects.create(kind="notification_transport", provider="fake", name="Our mail")

    happen(ConnectionBroke(organization.id, row.pk, row.kind, row.provider, row.name, "key revoked"))

    [notice] = notices(alice)
    assert (notice.title, notice.body) == ("Our mail needs attention", "Our mail stopped working: key revoked")
    assert notice.url == f"/o/bakery/settings/connections/{row.pk}/"
    assert notices(bob) == []


def test_a_new_key_a_new_member_and_an_invitation_are_told(
    organization: Organization, alice: User, bob: User, charlie: User
) -> None:
    key = ApiKeyFactory(organization=organization, name="Till")
    invitation = InvitationFactory(organization=organization, email="CHARLIE@example.com")

    happen(ApiKeyCreated(organization.id, key.pk))
    happen(MemberJoined(organization.id, bob.pk, "manager"))
    happen(InvitationSent(organization.id, invitation.pk))
    happen(InvitationSent(organization.id, invitation.pk))

    assert [row.title for row in notices(alice)] == [
        "A new API key for Alice's Bakery", "Bob joined Alice's Bakery",
    ]
    assert "“Till”" in notices(alice)[0].body
    assert [row.title for row in notices(charlie)] == ["You are invited to Alice's Bakery"]


def test_a_stranger_organization_is_not_seen_in_the_count(organization: Organization, alice: User) -> None:
    with tenant(organization.id):
        services.notify([alice], kinds.KEY_CREATED, "t", organization=organization)
    services.notify([alice], kinds.NEW_SIGN_IN, "personal")
    assert unread_count(alice.pk) == 2

    with tenant(organization.id):
        from apps.accounts.models import Membership

        Membership.objects.filter(user=alice).update(is_active=False)

    assert unread_count(alice.pk) == 1


def test_the_bell_is_told_after_the_commit(
    organization: Organization, alice: User, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    told: list[tuple[int, dict[str, Any]]] = []
    monkeypatch.setattr("apps.core.personal.tell", lambda user_id, message: told.append((user_id, message)))

    with django_capture_on_commit_callbacks(execute=True), tenant(organization.id):
        services.notify([alice], kinds.KEY_CREATED, "t", organization=organization)
        assert told == []
    with django_capture_on_commit_callbacks(execute=True), tenant(organization.id):
        services.notifications_read(alice, organization.id)

    assert told == [
        (alice.pk, {"type": "notifications", "unread": 1}), (alice.pk, {"type": "notifications", "unread": 0}),
    ]


def sign_in(user: User, agent: str) -> None:
    request = RequestFactory(headers={"User-Agent": agent}).post("/accounts/login/")
    tell_of_new_device(User, request, user)


def test_a_new_device_is_told_and_the_first_and_known_ones_are_not(alice: User) -> None:
    sign_in(alice, FIREFOX)
    assert notices(alice) == []
    sign_in(alice, FIREFOX.replace("133", "140"))
    assert notices(alice) == []

    sign_in(alice, SAFARI)

    [notice] = notices(alice)
    assert notice.title == "New sign-in with Mobile Safari on iOS"
    assert "127.0.0.1" in notice.body
    [mail] = mails(alice)
    assert mail.subject == notice.title
    assert "/accounts/sessions/" in mail.text
    assert "It cannot be switched off." in mail.text
    assert "under Notifications" not in mail.text


@pytest.mark.parametrize("agent", ["", "curl/8.0", "\x00" * 50, "x" * 20_000])
def test_odd_user_agents_have_a_name_too(agent: str) -> None:
    assert 0 < len(device_of(agent)) <= 120


def test_old_notices_are_forgotten(alice: User) -> None:
    services.notify([alice], kinds.NEW_SIGN_IN, "old")
    services.notify([alice], kinds.NEW_SIGN_IN, "new")
    old = notices(alice)[0]
    Notification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))

    assert services.notifications_clean(timedelta(days=90)) == 1
    assert [row.title for row in notices(alice)] == ["new"]


def test_kinds_of_a_group_stand_together() -> None:
    groups = [str(kind.group) for kind in kinds.all_kinds()]
    runs = [group for place, group in enumerate(groups) if place == 0 or groups[place - 1] != group]

    assert len(groups) > len(runs) > 1
    assert len(runs) == len(set(runs))


def test_kinds_are_registered_once() -> None:
    with pytest.raises(ValueError, match=r"security\.new_sign_in is registered twice"):
        kinds.register_kind(kinds.NEW_SIGN_IN)
