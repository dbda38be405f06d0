"""Ways by which a mail leaves: the kind `notification_transport`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.core.bucket import Pace
from apps.core.providers import Provider, ProviderError, ProviderField, Registry
from apps.notifications.contracts import Message


class Transport(Provider):
    """A way out. `idempotent`: handing the same key over again within a day cannot send the mail twice."""

    idempotent: ClassVar[bool] = False
    pace: ClassVar[Pace] = Pace(per_second=10, burst=20)
    keeps: ClassVar[bool] = False  # the mail stays readable here instead of leaving

    @property
    def sender(self) -> str:
        """Who mails from this account are from."""
        return str(self.config.get("sender", ""))

    def send(self, message: Message, key: str, handing_over: Callable[[], None]) -> str:
        """Send, and return the other side's id. Calls `handing_over` right before what cannot be taken back.

        Raises MessageRefused, Unconfirmed, or ProviderError: permanent when the account needs a person.
        """
        raise ProviderError(f"{self.key} cannot send", permanent=True)


SENDER = ProviderField(
    "sender", _("Sender"), kind="text", help=_("The name and address your mails come from: Shop <hello@example.com>")
)
transports: Registry[Transport] = Registry("notification_transport", _("Mail delivery"))
