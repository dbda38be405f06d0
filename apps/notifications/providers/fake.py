"""A mailbox inside Mainstay, for development, the demo and tests: nothing leaves, everything can be read.

Addresses that begin with `refused`, `busy` or `lost` behave like that, so that the unhappy paths can be seen.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from apps.core.providers import ProviderError
from apps.notifications.contracts import Message, MessageRefused, Unconfirmed
from apps.notifications.mime import bare, build
from apps.notifications.providers.base import SENDER, Transport, transports


@transports.register
class FakeMailbox(Transport):
    """Keeps mails for reading at /demo/mail/."""

    key = "fake"
    label = _("Demo mailbox")
    icon = "inbox"
    help = _("Nothing is sent. Mails can be read on this installation only.")
    fields = (SENDER,)
    keeps = True

    def check(self) -> str:
        """Always works."""
        return str(_("Mails stay on this installation"))

    def send(self, message: Message, key: str, handing_over: Callable[[], None]) -> str:
        """Keep the mail, unless its address asks for trouble."""
        build(message, sender=message.sender or self.sender, key=key)
        behaviour = bare(message.to[0]).split("@")[0].split("+")[0]
        if behaviour == "busy":
            raise ProviderError("mailbox busy", retry_after=1)
        if behaviour == "refused":
            raise MessageRefused("no such mailbox")
        handing_over()
        if behaviour == "lost":
            raise Unconfirmed("connection lost after the mail was handed over")
        return f"kept-{key}"
