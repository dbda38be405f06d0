"""A store in ClickHouse, empty and with a copy."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.making import make_span
from apps.analytics.models import Site
from tests.analytics.columns.copied import DAY, FIRST, NOON
from tests.analytics.conftest import MINUTE, PHONE, Sender


@pytest.fixture
def house_store(in_clickhouse: str) -> ClickHouseStore:
    """An empty store."""
    store = ClickHouseStore()
    for copy in store.held():
        store.remove(copy)
    return store


@pytest.fixture
def made(house_store: ClickHouseStore, sender: Sender, core: Any, site: Site) -> Sender:
    """One visit on a phone and one from a desk yesterday, copied; one more on a phone today, not copied."""
    sender.view(NOON, "/secret-page", ip="198.51.100.1", ua=PHONE)
    sender.view(NOON + MINUTE, "/shop", ip="198.51.100.2")
    sender.view(NOON + DAY, "/", ip="198.51.100.3", ua=PHONE)
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    return sender
