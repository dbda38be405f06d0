"""A site with two visits of a known day, for tests of pages, and the pages' addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from apps.analytics.models import Site
from apps.core.tenancy import tenant

NOW = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)  # a Thursday, 14:30 in Berlin


def at(site: Site, rest: str = "") -> str:
    return f"/o/bakery/traffic/{site.script_id}/{rest}"


def seen(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.context


def two_visits(sender: Any, site: Site, phone: str) -> Iterator[Site]:
    """One visit from Google that reads three pages on a desk, one on a phone that buys at once; the clock stands."""
    with time_machine.travel(NOW, tick=False):
        begun = NOW - timedelta(hours=1)
        second = timedelta(seconds=1)
        sender.view(begun, "/", "https://www.google.com/")
        sender.view(begun + 30 * second, "/shop")
        sender.view(begun + 60 * second, "/=HYPERLINK(1)")
        sender.view(begun + 60 * second, "/shop", ip="198.51.100.9", ua=phone)
        sender.send(
            begun + 120 * second,
            {"name": "purchase", "url": "https://site.example/shop", "order_id": "a1",
             "revenue": {"amount": "20.00", "currency": "EUR"}},
            ip="198.51.100.9", ua=phone,
        )
        with tenant(site.organization_id):
            Site.objects.filter(pk=site.pk).update(detected_at=NOW - timedelta(days=3), last_event_at=NOW)
        yield site
