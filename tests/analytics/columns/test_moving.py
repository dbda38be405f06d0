"""History moves into ClickHouse while PostgreSQL answers, and what has moved is compared."""

from __future__ import annotations

import io
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from apps.accounts.models import Organization
from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.contracts import LAYOUT
from apps.analytics.management.commands import copy_to_clickhouse
from apps.analytics.models import Site
from apps.metrics.contracts import Query, Window
from tests.analytics.columns.copied import DAY, NOON, PHONES, by_columns, planned, span
from tests.analytics.conftest import PHONE, Sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clickhouse")]


def command(*options: str) -> str:
    said = io.StringIO()
    call_command("copy_to_clickhouse", *options, stdout=said, stderr=said)
    return said.getvalue()


@time_machine.travel(datetime(2026, 12, 3, 6, tzinfo=UTC))
def test_history_is_copied_while_postgresql_answers_and_then_switched(
    house_store: ClickHouseStore, sender: Sender, core: Any, organization: Organization, site: Site, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copy_to_clickhouse, "connect", lambda: nullcontext(core.connection))
    settings.EVENT_STORE, settings.COLUMNS_FROM_VISITS = "postgresql", 1
    for days in (0, 10, 21):  # the last one on the first of December
        sender.view(NOON + days * DAY, "/shop", ip=f"198.51.100.{days}", ua=PHONE)
    with pytest.raises(CommandError, match="still to be copied"):
        command("--seconds", "0")
    assert "same in both: " in command()
    assert command("--check") == command("--check")
    assert "(3 visits, 3 events)" in command("--check")
    assert planned(site) is None  # nobody asks it yet

    sender.view(NOON + DAY, "/late", ip="198.51.100.9", ua=PHONE)
    with pytest.raises(CommandError, match="still to be copied: 1"):
        command("--check")
    assert "(4 visits, 4 events)" in command()
    settings.EVENT_STORE = "clickhouse"
    query = Query(
        ("sessions",), Window(NOON - DAY, NOON + 22 * DAY, organization.tz), (organization.id,), (site.id,), PHONES
    )
    assert by_columns(site, query) == {"sessions": 4, "visitors": 4}


def test_what_differs_is_told_and_made_anew(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_to_clickhouse, "connect", lambda: nullcontext(core.connection))
    settings.COLUMNS_FROM_VISITS = 1
    house_store._server.run(
        f"ALTER TABLE visits_{LAYOUT} UPDATE pageviews = 7 WHERE span = '{span(site).name}'"
        " SETTINGS mutations_sync = 2", 5,
    )
    with pytest.raises(CommandError, match="differed: 1"):
        command("--check")
    assert span(site).stale
    assert planned(site) is None
