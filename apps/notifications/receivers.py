"""What happened elsewhere, told to those it concerns."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from ua_parser import parse

from apps.accounts.contracts import ApiKeyCreated, InvitationSent, MemberJoined
from apps.accounts.models import ApiKey, Invitation, Organization, User
from apps.core.client_ip import client_ip
from apps.core.contracts import ConnectionBroke
from apps.core.events import subscribe
from apps.notifications import kinds
from apps.notifications.lazy import said
from apps.notifications.services import device_seen, notify, notify_members

_written = lazy(date_format, str)  # as the language of whoever reads it writes dates


@subscribe(ConnectionBroke)
def tell_of_broken_connection(event: ConnectionBroke) -> None:
    """Those who can mend it."""
    slug = Organization.objects.get(pk=event.organization_id).slug
    notify_members(
        kinds.CONNECTION_BROKE,
        said(_("%(name)s needs attention"), name=event.name),
        action="connection.manage",
        body=said(_("%(name)s stopped working: %(reason)s"), name=event.name, reason=event.reason),
        url=reverse("connections:detail", kwargs={"slug": slug, "pk": event.connection_id}),
        button=_("Look at the connection"),
    )


@subscribe(MemberJoined)
def tell_of_new_member(event: MemberJoined) -> None:
    """Those who manage the team."""
    person = User.objects.filter(pk=event.user_id).first()
    if person is None:
        return
    organization = Organization.objects.get(pk=event.organization_id)
    notify_members(
        kinds.MEMBER_JOINED,
        said(_("%(name)s joined %(organization)s"), name=person.get_full_name(), organization=organization.name),
        action="team.manage",
        but=person.pk,
        url=reverse("accounts:team", kwargs={"slug": organization.slug}),
        button=_("Look at the team"),
    )


@subscribe(ApiKeyCreated)
def tell_of_new_key(event: ApiKeyCreated) -> None:
    """Those who answer for the organization's keys: nobody should find out later."""
    key = ApiKey.objects.filter(pk=event.key_id).first()
    if key is None:
        return
    organization = Organization.objects.get(pk=event.organization_id)
    notify_members(
        kinds.KEY_CREATED,
        said(_("A new API key for %(organization)s"), organization=organization.name),
        action="key.manage",
        body=said(_("The key “%(name)s” was made. If nobody of you did that, revoke it."), name=key.name),
        button=_("Look at the keys"),
        url=reverse("accounts:keys", kwargs={"slug": organization.slug}),
    )


@subscribe(InvitationSent)
def tell_the_invited(event: InvitationSent) -> None:
    """Somebody who already has an account sees the invitation in Mainstay as well as in the mail."""
    invitation = Invitation.objects.filter(pk=event.invitation_id).first()
    person = User.objects.filter(email__iexact=invitation.email).first() if invitation else None
    if invitation is None or person is None:
        return
    notify(
        [person],
        kinds.INVITED,
        said(_("You are invited to %(organization)s"), organization=invitation.organization.name),
        body=_("Open the link in the invitation we sent to you by mail to join."),
        key=f"invitation-{invitation.pk}",
    )


@receiver(user_logged_in)
def tell_of_new_device(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """The person themselves, when the browser is not one they have used before."""
    device = device_of(request.headers.get("User-Agent", ""))
    with transaction.atomic():
        if not device_seen(user, device):
            return
        notify(
            [user],
            kinds.NEW_SIGN_IN,
            said(_("New sign-in with %(device)s"), device=device),
            body=said(
                _("Your account was used on %(when)s (UTC) with %(device)s, from %(address)s. If that was not you, "
                  "change your password and end the other sessions."),
                when=_written(timezone.now(), "DATETIME_FORMAT"), device=device, address=client_ip(request),
            ),
            url=reverse("accounts:devices"), button=_("Look at my devices"),
        )


def device_of(agent: str) -> str:
    """A browser in words a person recognises: "Firefox on Windows"."""
    found = parse(agent[:1000]).with_defaults()
    return f"{found.user_agent.family} on {found.os.family}"[:120]
