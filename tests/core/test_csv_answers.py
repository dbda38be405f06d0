"""Tables are sent while they are made, and made in the scope of their view."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone, translation

from apps.accounts.models import Organization, User
from apps.analytics.models import Company
from apps.core.csv_answers import CsvResponse
from apps.core.tenancy import tenant
from config.asgi import application


async def test_the_first_rows_leave_before_the_last_are_made() -> None:
    made = []

    def rows() -> Iterator[list[str]]:
        for number in range(100):
            made.append(number)
            yield [str(number), "x" * 4000]

    pieces = aiter(CsvResponse(rows(), "long.csv"))
    first = await anext(pieces)
    after_first = len(made)
    rest = [piece async for piece in pieces]

    assert after_first < 20
    assert len(first) < 80_000
    assert (first + b"".join(rest)).decode().splitlines() == [f"{number},{'x' * 4000}" for number in range(100)]


def test_rows_are_made_in_the_language_and_zone_of_the_view() -> None:
    def rows() -> Iterator[list[str]]:
        yield [translation.get_language(), timezone.get_current_timezone_name()]

    with translation.override("de"), timezone.override("Europe/Berlin"):
        answer = CsvResponse(rows(), "words.csv")

    assert b"".join(answer.streaming_content) == b"de,Europe/Berlin\r\n"
    assert answer["Content-Disposition"] == 'attachment; filename="words.csv"'


@pytest.mark.django_db(transaction=True)
def test_a_table_is_made_in_the_scope_of_its_organization(
    organization: Organization, other_organization: Organization, alice: User
) -> None:
    for owner, name in ((organization, "Acme"), (other_organization, "Globex")):
        with tenant(owner.pk):
            Company.objects.create(key=name, name=name, first_seen_at=timezone.now(), last_seen_at=timezone.now())
    browser = Client()
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    headers = {"cookie": f"sessionid={browser.cookies['sessionid'].value}"}

    status, body = async_to_sync(asked)(f"/o/{organization.slug}/companies.csv", headers)

    assert status == 200
    assert [line.split(",")[0] for line in body.decode().splitlines()] == ["name", "Acme"]


async def asked(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """What the web process answers, after all middleware has ended."""
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, headers=headers)
        return answer.status_code, answer.content
