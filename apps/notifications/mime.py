"""A mail in the form in which it travels."""

from __future__ import annotations

import email.policy
import email.utils
from email.message import EmailMessage

from apps.core.providers import ProviderError
from apps.notifications.contracts import Message, MessageRefused

_POLICY = email.policy.SMTP.clone(cte_type="7bit")


def bare(address: str) -> str:
    """The address without the name, its domain in ASCII; raises MessageRefused when it cannot be one."""
    found = email.utils.parseaddr(address)[1]
    local, _, domain = found.rpartition("@")
    try:
        local.encode("ascii")
        ascii_domain = domain.encode("idna").decode() if domain else ""
    except UnicodeError:
        ascii_domain = ""
    if not local or not ascii_domain or any(sign in found for sign in "\r\n"):
        raise MessageRefused(f"{address!r} is not an e-mail address")
    return f"{local}@{ascii_domain}"


def build(message: Message, *, sender: str, key: str) -> EmailMessage:
    """The MIME message. Its Message-ID is made from the key: a mail sent twice after all can be told by it."""
    mail = EmailMessage(policy=_POLICY)
    try:
        mail["From"] = sender
        mail["To"] = ", ".join(message.to)
        if message.cc:
            mail["Cc"] = ", ".join(message.cc)
        if message.reply_to:
            mail["Reply-To"] = ", ".join(message.reply_to)
        mail["Subject"] = message.subject
        mail["Date"] = email.utils.formatdate(localtime=False)
        mail["Message-ID"] = f"<{key}@{bare(sender).rpartition('@')[2]}>"
        for name, value in message.headers:
            if name.lower() not in {"message-id", "date", "from", "to"}:
                mail[name] = value
    except ProviderError:
        raise
    except (ValueError, IndexError) as error:
        raise MessageRefused(f"the mail has a header that cannot be sent: {error}") from error
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for item in message.attachments:
        main, _, sub = item.content_type.partition("/")
        mail.add_attachment(item.content, maintype=main or "application", subtype=sub or "octet-stream",
                            filename=item.name)
    return mail
