"""A process that is killed in the middle of its work: `python -m tests.core.victim <what> <ids…>`.

It kills itself with SIGKILL at the chosen moment, so nothing of it can tidy up.
"""

from __future__ import annotations

import os
import signal
import sys

import django


def die() -> None:
    """As if the power went."""
    os.kill(os.getpid(), signal.SIGKILL)


def relay(where: str) -> None:
    """Relay events with a receiver that dies at its second event, inside or after its transaction."""
    from apps.core import background, events, outbox
    from tests.core.sample import Poured
    from tests.core.teahouse import store_raw

    def receive(event: Poured) -> None:
        store_raw(event.organization_id, event.cup)
        if event.cup == 1 and where == "inside":
            die()
        background.enqueue("sample.task", event.cup)

    receive.__module__, receive.__qualname__ = "tests.core", "victim_receiver"
    events.subscribe(Poured)(receive)
    background.send = lambda name, args: die() if args == [1] and where == "before_send" else None
    outbox.relay_all()


def sync(connection_id: str, org_id: str, at_call: str) -> None:
    """Sync a connection; dies while the given page is being stored."""
    from apps.core import sync as runner
    from apps.core.tenancy import tenant
    from tests.core import teahouse

    with teahouse.opened() as registry, tenant(int(org_id)):
        real, calls = registry.store, 0

        def store(connection: object, items: list[int]) -> int:
            nonlocal calls
            calls += 1
            count = real(connection, items)
            if calls == int(at_call):
                die()
            return count

        registry.store = store
        runner.run(int(connection_id))


def deliver(delivery_id: str, transport: str, where: str) -> None:
    """Send a mail; dies before or after it was handed over."""
    from apps.notifications import delivery
    from apps.notifications.routes import Route
    from tests.notifications.post_office import PostOffice

    PostOffice.idempotent = transport == "idempotent"
    PostOffice.at_handover = staticmethod(die) if where == "after" else None
    PostOffice.at_start = staticmethod(die) if where == "before" else None
    delivery.route_for = lambda organization_id: Route("office", PostOffice({"sender": "a@example.com"}, {}))
    delivery.deliver(int(delivery_id))


if __name__ == "__main__":
    django.setup()
    {"relay": relay, "sync": sync, "deliver": deliver}[sys.argv[1]](*sys.argv[2:])
