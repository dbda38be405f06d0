"""Alive, ready, measured: who is told what, and what is said when things are missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from apps.core.cache import breaker
from apps.core.models import OutboxEvent
from apps.core.ops import health
from apps.core.tenancy import tenant

OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    breaker.reset()
    health.migrations.good_until = 0.0
    yield
    breaker.reset()


def test_alive_needs_nothing(client: Client) -> None:
    response = client.get("/healthz", HTTP_HOST="10.0.0.9")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_ready(client: Client, db: None) -> None:
    body = client.get("/readyz", HTTP_HOST="10.0.0.9").json()

    assert body["checks"]["database"] == {"ok": True, "words": "Answers."}
    assert body["checks"]["migrations"]["ok"] is True
    assert body["checks"]["redis"]["ok"] is True
    assert body["checks"]["outbox"]["ok"] is True


def test_outsiders_get_no_details(client: Client, db: None) -> None:
    body = client.get("/readyz", **OUTSIDE).json()

    assert "checks" not in body
    assert body["status"] in {"ok", "degraded"}


def test_without_redis_it_serves_and_says_so(client: Client, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == {
        "ok": False,
        "words": "Does not answer: live updates and background work are paused.",
    }


def test_without_a_database_it_cannot_serve(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        broken.setattr(connection, "close", lambda: None)
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "down"


def test_with_migrations_missing_it_cannot_serve(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["one"])

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"]["words"] == "Run `manage.py migrate` first."


def test_a_late_outbox_degrades(client: Client, organization: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    with tenant(organization.pk):
        OutboxEvent.objects.create(
            name="x.y", aggregate="x:1", payload={}, created_at=timezone.now() - timedelta(minutes=5)
        )

    body = client.get("/readyz").json()

    assert body["status"] == "degraded"
    assert body["checks"]["outbox"]["ok"] is False


def test_measurements(client: Client, db: None) -> None:
    client.get("/api/v1/")
    text = client.get("/metrics").content.decode()

    assert 'mainstay_requests_total{method="GET",route="/api/v1/",status="200"}' in text
    assert 'mainstay_request_seconds_bucket{le="0.5",method="GET",route="/api/v1/"}' in text
    assert 'mainstay_waiting{place="outbox"} 0.0' in text
    assert 'mainstay_healthy{place="redis"} 1.0' in text


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (OUTSIDE, 404),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 404),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": "Bearer right"}, 200),
        ({**OUTSIDE, "HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
        ({}, 200),
    ],
)
def test_measurements_are_for_operators(
    client: Client, db: None, settings: Any, extra: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = "right"

    assert client.get("/metrics", **extra).status_code == status


def test_unknown_methods(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
