"""Django's way to send mail, led through the same queue as everything else.

So sign-in codes, invitations and whatever a library sends are stored with the facts they tell of, sent by a worker,
retried, logged, and never doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message as MimeMessage
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from apps.core.tenancy import current_scope
from apps.notifications.contracts import Attachment, Message
from apps.notifications.delivery import queue


class QueuedMail(BaseEmailBackend):
    """settings.EMAIL_BACKEND."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the mails; each belongs to the organization in scope, if there is exactly one."""
        scope = current_scope()
        organization_id = next(iter(scope.org_ids)) if scope and len(scope.org_ids) == 1 else None
        wanted = [mail for mail in email_messages if mail.recipients()]
        with transaction.atomic():
            for mail in wanted:
                queue(_converted(mail), organization_id=organization_id)
        return len(wanted)


def _converted(mail: EmailMessage) -> Message:
    text, html = mail.body, ""
    if isinstance(mail, EmailMultiAlternatives):
        html = next((str(part[0]) for part in mail.alternatives if part[1] == "text/html"), "")
    if mail.content_subtype == "html":
        text, html = "", mail.body
    sender = "" if mail.from_email == settings.DEFAULT_FROM_EMAIL else mail.from_email
    return Message(
        to=tuple(mail.to), cc=tuple(mail.cc), bcc=tuple(mail.bcc), reply_to=tuple(mail.reply_to),
        subject=" ".join(mail.subject.split()), text=text, html=html, sender=sender,
        headers=tuple((str(key), str(value)) for key, value in mail.extra_headers.items()),
        attachments=tuple(_attached(item) for item in mail.attachments),
    )


def _attached(item: Any) -> Attachment:
    if isinstance(item, MimeMessage):
        content = item.get_payload(decode=True)
        return Attachment(item.get_filename() or "file", item.get_content_type(), bytes(content or b""))
    name, content, kind = item
    data = content.encode() if isinstance(content, str) else bytes(content)
    return Attachment(name or "file", kind or "application/octet-stream", data)
