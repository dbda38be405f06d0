"""The line of a request, the slow query, the task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from structlog.testing import capture_logs

from apps.accounts.models import Organization, User
from apps.core.ops import queries, request_log


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the request log says."""
    found: list[dict[str, Any]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            found.append(fields)

        error = info

    monkeypatch.setattr(request_log, "log", Log())
    return found


def test_line(
    lines: list[dict[str, Any]], client_of: Callable[[User], Client], alice: User, organization: Organization,
    settings: Any,
) -> None:  # fmt: skip
    settings.ROOT_URLCONF = "tests.api.doors"
    client_of(alice).get("/api/v1/organizations/bakery/test/narrow/?token=secret")

    (line,) = lines
    assert line["method"] == "GET"
    assert line["path"] == "/api/v1/organizations/bakery/test/narrow/"
    assert line["route"] == "/api/v1/organizations/<slug:slug>/test/narrow/"
    assert line["status"] == 200
    assert line["organization"] == organization.pk
    assert line["user"] == alice.pk
    assert 2 <= line["queries"] <= 12
    assert line["ms"] > 0
    assert "secret" not in str(line)


def test_anonymous_costs_no_query(lines: list[dict[str, Any]], client: Client, db: None) -> None:
    client.get("/api/v1/")

    assert lines[0]["user"] is None
    assert lines[0]["queries"] == 0


def test_slow_queries_are_written_down_without_values(db: None, settings: Any) -> None:
    settings.SLOW_QUERY_MS = 20
    if queries.watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(queries.watch)
    with queries.counted() as tally, capture_logs() as logged, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), %s", [0.03, "ada@example.com"])
        cursor.execute("SELECT 1")

    assert tally.queries == 2
    assert [line["event"] for line in logged] == ["database.slow"]
    assert logged[0]["ms"] >= 20
    assert logged[0]["sql"] == "SELECT pg_sleep(%s), %s"
