"""Writes: repeated ones, stale ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.core.api.idempotency import forget_old
from apps.core.api.stored import StoredAnswer
from apps.core.models import Connection
from apps.core.tenancy import tenant

Caller = Callable[..., APIClient]
BODY = {"name": "Mail", "kind": "mail", "provider": "fake"}


def count(organization_id: int) -> int:
    with tenant(organization_id):
        return Connection.objects.filter(name="Mail").count()


def test_a_repeat_is_answered_not_done(doors: str, api: Caller, alice: User, organization: object) -> None:
    caller = api(alice)

    first = caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")
    again = caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert count(organization.pk) == 1


def test_without_a_key_it_is_done_twice(doors: str, api: Caller, alice: User, organization: object) -> None:
    caller = api(alice)
    caller.post(doors, BODY)
    caller.post(doors, BODY)

    assert count(organization.pk) == 2


def test_a_key_used_for_something_else(doors: str, api: Caller, alice: User) -> None:
    caller = api(alice)
    caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")

    response = caller.post(doors, {**BODY, "name": "Other"}, HTTP_IDEMPOTENCY_KEY="one")

    assert response.status_code == 422
    assert response.json()["type"] == "urn:mainstay:problem:key-reused"


def test_a_refusal_of_the_body_is_remembered_too(doors: str, api: Caller, alice: User) -> None:
    caller = api(alice)
    caller.post(doors, {"name": "x"}, HTTP_IDEMPOTENCY_KEY="one")

    again = caller.post(doors, {"name": "x"}, HTTP_IDEMPOTENCY_KEY="one")

    assert again.status_code == 400
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"


def test_keys_of_different_people_are_different(
    doors: str, api: Caller, alice: User, bob: User, organization: object
) -> None:
    api(alice).post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")

    assert api(bob).post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one").status_code == 403


def test_the_same_write_at_the_same_time(doors: str, api: Caller, alice: User, organization: object) -> None:
    caller = api(alice)
    caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")
    StoredAnswer.objects.update(status=None)

    running = caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")
    StoredAnswer.objects.update(started_at=timezone.now() - timedelta(seconds=61))
    taken_over = caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")

    assert running.status_code == 409
    assert running["Retry-After"] == "1"
    assert taken_over.status_code == 201
    assert count(organization.pk) == 2


def test_answers_are_forgotten_after_a_day(doors: str, api: Caller, alice: User, organization: object) -> None:
    caller = api(alice)
    caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")
    StoredAnswer.objects.update(started_at=timezone.now() - timedelta(hours=25))

    caller.post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")

    assert count(organization.pk) == 2
    StoredAnswer.objects.update(started_at=timezone.now() - timedelta(hours=25))
    assert forget_old() == 1


def test_stored_answers_are_encrypted(doors: str, api: Caller, alice: User, django_db_blocker: object) -> None:
    from django.db import connection

    api(alice).post(doors, BODY, HTTP_IDEMPOTENCY_KEY="one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM core_storedanswer")
        assert "Mail" not in cursor.fetchone()[0]


def test_unchanged_is_not_sent_again(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    caller, url = api(alice), f"{doors}{connections[0].pk}/"
    mark = caller.get(url)["ETag"]

    response = caller.get(url, HTTP_IF_NONE_MATCH=f'"x", W/{mark}')

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == mark


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_stale_write_is_refused(
    doors: str, api: Caller, alice: User, connections: list[Connection], method: str
) -> None:
    caller, url = api(alice), f"{doors}{connections[0].pk}/"
    stale = caller.get(url)["ETag"]
    caller.patch(url, {"name": "Changed"})

    response = getattr(caller, method)(url, {"name": "Mine"}, HTTP_IF_MATCH=stale)

    assert response.status_code == 412
    assert caller.get(url).json()["name"] == "Changed"


def test_a_fresh_write_is_done(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    caller, url = api(alice), f"{doors}{connections[0].pk}/"
    mark = caller.get(url)["ETag"]

    assert caller.patch(url, {"name": "Mine"}, HTTP_IF_MATCH=mark, HTTP_IDEMPOTENCY_KEY="k").status_code == 200
    assert caller.patch(url, {"name": "M2"}, HTTP_IF_MATCH=mark, HTTP_IDEMPOTENCY_KEY="k2").status_code == 412
    assert caller.get(url).json()["name"] == "Mine"
