"""Mail of the accounts floor, in the reader's language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.enums import InvitationKind, InvitationState
from apps.accounts.models import Invitation, User


def send(template: str, to: str, language: str, **context: Any) -> None:
    """A mail from `<template>.subject.txt`, `.txt` and `.html`."""
    with translation.override(language or settings.LANGUAGE_CODE):
        facts = {"base_url": settings.BASE_URL, **context}
        subject = " ".join(render_to_string(f"{template}.subject.txt", facts).split())
        mail = EmailMultiAlternatives(subject, render_to_string(f"{template}.txt", facts), to=[to])
        mail.attach_alternative(render_to_string(f"{template}.html", facts), "text/html")
        mail.send()


@transaction.atomic
def invitation_mail(invitation_id: int) -> None:
    """Send an open invitation unless it was sent since its token was made; holds the row, so once only."""
    row = Invitation.objects.select_for_update(of=("self",)).filter(pk=invitation_id, sent_at=None).first()
    if row is None or row.state != InvitationState.OPEN:
        return
    reader = User.objects.filter(email__iexact=row.email).first()
    template = "client_invitation" if row.kind == InvitationKind.CLIENT else "invitation"
    row.sent_at = timezone.now()
    row.save(update_fields=["sent_at"])
    send(
        f"mail/accounts/{template}",
        row.email,
        (reader and reader.language) or row.language,
        organization=row.organization,
        inviter=row.invited_by,
        role=row.get_role_display(),
        url=settings.BASE_URL + reverse("accounts:invitation", kwargs={"token": row.token}),
        until=(row.expires_at - timedelta(minutes=1)).astimezone(row.organization.tz),
    )
