"""A store in ClickHouse, empty and with a copy."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.models import Site
from tests.analytics.columns.copied import two_days
from tests.analytics.conftest import Sender


@pytest.fixture
def house_store(in_clickhouse: str) -> ClickHouseStore:
    """An empty store."""
    store = ClickHouseStore()
    for copy in store.held():
        store.remove(copy)
    return store


@pytest.fixture
def made(house_store: ClickHouseStore, sender: Sender, core: Any, site: Site) -> Sender:
    """Two days, one of them copied there."""
    return two_days(sender, core, site)
