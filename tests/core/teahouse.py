"""A vendor that only tests know: pages of orders behind a rate limit, with every way of failing.

`script` says what happens at the next calls; what is stored goes to a table without any unique constraint, so that
a page stored twice would be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import connection as database

from apps.core.bucket import Pace
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider, TokenRefused
from apps.core.providers import ProviderError, kinds
from apps.core.sync import Page, SyncProvider, SyncRegistry

ORDERS = list(range(1, 26))
PER_PAGE = 10


def store(connection: Connection, items: Sequence[Any]) -> int:
    """Into the test's own table."""
    for item in items:
        store_raw(connection.organization_id, item)
    return len(items)


def store_raw(organization_id: int, number: int) -> None:
    """One row; nothing stops a second one."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO teahouse_order (organization_id, number) VALUES (%s, %s)", [organization_id, number]
        )


class Fake(SyncProvider):
    """The vendor."""

    key = "fake"
    label = "Teahouse"
    pace: ClassVar[Pace] = Pace(per_second=1000, burst=100)
    calls: ClassVar[list[dict[str, Any]]] = []
    script: ClassVar[list[Callable[[], None]]] = []

    def check(self) -> str:
        """Whose account it is."""
        if self.secrets.get("token") == "expired":
            raise ProviderError("The token has expired.", permanent=True)
        return "teahouse@example.com"

    def fetch_page(self, cursor: Mapping[str, Any]) -> Page:
        """Ten orders after the last one."""
        type(self).calls.append(dict(cursor))
        if type(self).script:
            type(self).script.pop(0)()
        self.check()
        after = int(cursor.get("after", 0))
        items = [number for number in ORDERS if number > after][:PER_PAGE]
        last = items[-1] if items else after
        return Page(items, {"after": last}, more=last < ORDERS[-1], total=len(ORDERS))


class Guarded(OAuthProvider, Fake):
    """The same behind a sign-in at the vendor."""

    key = "guarded"
    label = "Guarded teahouse"
    authorize_url = "https://teahouse.example/authorize"
    token_url = "https://teahouse.example/token"
    scopes = ("orders:read", "profile")
    good: ClassVar[set[str]] = set()

    def check(self) -> str:
        """The access token must be one the vendor knows."""
        if self.secrets.get("access_token") not in type(self).good:
            raise TokenRefused("The vendor did not accept the token.")
        return "teahouse@example.com"


@contextmanager
def opened() -> Iterator[SyncRegistry]:
    """The kind `teahouse`, for a while."""
    registry = SyncRegistry("teahouse", "Teahouses", store=store)
    registry.register(Fake)
    registry.register(Guarded)
    Fake.calls.clear()
    Fake.script.clear()
    Guarded.good.clear()
    try:
        yield registry
    finally:
        del kinds["teahouse"]


def make_table() -> None:
    """Where orders go."""
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS teahouse_order (organization_id bigint, number int)")


def drop_table() -> None:
    """Away with it."""
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS teahouse_order")


def stored() -> list[int]:
    """What has arrived, in order of number."""
    with database.cursor() as cursor:
        cursor.execute("SELECT number FROM teahouse_order ORDER BY number")
        return [row[0] for row in cursor.fetchall()]
