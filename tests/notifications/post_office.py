"""A transport that tests lead by the nose: what happens before, at and after the handing over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from apps.core.bucket import Pace
from apps.core.tenancy import every_tenant
from apps.notifications.contracts import Message
from apps.notifications.models import Delivery
from apps.notifications.providers.base import Transport

MAIL = Message(to=("asa@example.com",), subject="Your code", text="Your code is 4711", html="<p>4711</p>")


class PostOffice(Transport):
    """Counts what was handed over, by key."""

    key = "office"
    label = "Post office"
    pace = Pace(per_second=1000, burst=1000)
    at_start: ClassVar[Callable[[], Any] | None] = None
    at_handover: ClassVar[Callable[[], Any] | None] = None
    taken: ClassVar[list[str]] = []
    messages: ClassVar[list[Message]] = []

    def send(self, message: Message, key: str, handing_over: Callable[[], None]) -> str:
        """Take it."""
        if type(self).at_start:
            type(self).at_start()
        handing_over()
        if type(self).at_handover:
            type(self).at_handover()
        type(self).taken.append(key)
        type(self).messages.append(message)
        return f"id-{key}"


def reread(row: Delivery) -> Delivery:
    """As it stands now."""
    with every_tenant():
        return Delivery.objects.get(pk=row.pk)


def change(row: Delivery, **values: Any) -> None:
    """Behind the code's back."""
    with every_tenant():
        Delivery.objects.filter(pk=row.pk).update(**values)


def failing(error: Exception) -> Callable[[], None]:
    """For `at_start` and `at_handover`."""

    def fail() -> None:
        raise error

    return staticmethod(fail)  # type: ignore[return-value]
