"""Lists: pages by cursor, declared orders and filters."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization, User
from apps.core.models import Connection
from apps.core.tenancy import tenant

Caller = Callable[..., APIClient]


def walk(caller: APIClient, url: str | None, way: str = "next") -> list[list[str]]:
    pages = []
    while url:
        body = caller.get(url).json()
        pages.append([row["name"] for row in body["results"]])
        url = body[way]
    return pages


def test_pages_cover_all_rows_once(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    pages = walk(api(alice), f"{doors}?limit=3&ordering=name")

    assert pages == [["Number 0", "Number 1", "Number 2"], ["Number 3", "Number 4", "Number 5"], ["Number 6"]]


def test_ties_are_kept_in_order(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    with tenant(connections[0].organization_id):
        Connection.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))

    pages = walk(api(alice), f"{doors}?limit=2")

    assert [name for page in pages for name in page] == [f"Number {n}" for n in reversed(range(7))]


def test_back_again(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    caller = api(alice)
    second = caller.get(caller.get(f"{doors}?limit=3&ordering=-name").json()["next"]).json()

    first = caller.get(second["previous"]).json()

    assert [row["name"] for row in first["results"]] == ["Number 6", "Number 5", "Number 4"]
    assert first["previous"] is None
    assert caller.get(first["next"]).json()["results"] == second["results"]


def test_rows_added_meanwhile_do_not_shift_pages(
    doors: str, api: Caller, alice: User, connections: list[Connection]
) -> None:
    caller = api(alice)
    first = caller.get(f"{doors}?limit=3&ordering=name").json()
    with tenant(connections[0].organization_id):
        Connection.objects.create(kind="mail", provider="fake", name="Number 00")

    names = [row["name"] for row in caller.get(first["next"]).json()["results"]]

    assert names == ["Number 3", "Number 4", "Number 5"]


def test_filter(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    body = api(alice).get(f"{doors}?kind=mail&ordering=name").json()

    assert [row["name"] for row in body["results"]] == ["Number 1", "Number 3", "Number 5"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=²", "ordering=secrets", "cursor=AAAA", "cursor=%00", "colour=red"],
)
def test_what_cannot_be_read_is_refused(doors: str, api: Caller, alice: User, query: str) -> None:
    assert api(alice).get(f"{doors}?{query}").status_code == 400


def test_a_cursor_belongs_to_its_order(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    caller = api(alice)
    following = caller.get(f"{doors}?limit=3&ordering=name").json()["next"]

    assert caller.get(following.replace("ordering=name", "ordering=-name")).status_code == 400


@pytest.mark.parametrize("place", [["-created_at", 0, [], {}], ["-created_at", 0, "x", 1], ["-created_at", 0, 1], 7])
def test_forged_cursors(doors: str, api: Caller, alice: User, place: object) -> None:
    token = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()

    assert api(alice).get(f"{doors}?cursor={token}").status_code == 400


def test_rows_of_one_organization_only(
    doors: str, api: Caller, alice: User, charlie: User, other_organization: Organization, connections: list[Connection]
) -> None:
    with tenant(other_organization.pk):
        foreign = Connection.objects.create(kind="mail", provider="fake", name="Foreign")
    caller = api(alice)

    names = [row["name"] for row in caller.get(doors).json()["results"]]

    assert "Foreign" not in names
    assert len(names) == 7
    assert caller.get(f"{doors}{foreign.pk}/").status_code == 404
    scopes = {row["owner_scope"] for row in caller.get(doors).json()["results"]}
    assert scopes == {connections[0].organization_id}
