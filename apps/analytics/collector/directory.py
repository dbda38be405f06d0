"""Which sites and keys there are, kept in memory: no request asks the database for its site."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row

from apps.analytics.contracts import SiteSettings
from apps.core.asgi.tasks import end

log = structlog.get_logger(__name__)

POLL_SECONDS = 5.0
KEY_SECONDS = 30.0
_SITES = """
SELECT script_id, id, organization_id, status, domains, cross_domains, settings, updated_at FROM analytics_site
"""
_COUNTS = """
SELECT (SELECT count(*) FROM analytics_site) AS sites,
    (SELECT coalesce(max(id), 0) FROM analytics_inbox) - (SELECT coalesce(min(id), 0) FROM analytics_inbox) AS backlog
"""
_KEY = """
SELECT k.organization_id, k.secret_hash, k.scopes, k.revoked_at, k.expires_at, o.delete_after
FROM accounts_apikey k JOIN accounts_organization o ON o.id = k.organization_id WHERE k.handle = %s
"""


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site as the collector needs it."""

    id: int
    organization_id: int
    script_id: str
    is_active: bool
    domains: tuple[str, ...]
    options: SiteSettings
    version: str


class Directory:
    """Sites by script id. Told of changes by PostgreSQL, and looks by itself every few seconds."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._sites: dict[str, KnownSite] = {}
        self._keys: dict[str, tuple[float, dict[str, Any] | None]] = {}
        self._newest = datetime.min.replace(tzinfo=UTC)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._asking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.backlog = 0
        self.is_loaded = False

    def site(self, script_id: str) -> KnownSite | None:
        """An active site; None for one that is unknown, paused or archived."""
        found = self._sites.get(script_id)
        return found if found is not None and found.is_active else None

    async def start(self) -> None:
        """Begin to follow; connects in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let go."""
        if self._task:
            await end([self._task])
        if self._connection:
            await self._connection.close()

    async def key(self, raw: str) -> int | None:
        """The organization of a usable API key with the scope to track; None for any other."""
        parts = raw.split("_", 2)
        if len(parts) != 3 or parts[0] != "msk" or len(raw) > 200:
            return None
        row = await self._key_row(parts[1])
        known = row["secret_hash"] if row else "0" * 64
        if not hmac.compare_digest(hashlib.sha256(parts[2].encode()).hexdigest(), known) or row is None:
            return None
        now = datetime.now(UTC)
        if row["revoked_at"] or row["delete_after"] or (row["expires_at"] and row["expires_at"] <= now):
            return None
        return row["organization_id"] if "track" in row["scopes"] else None

    async def just_added(self, script_id: str) -> KnownSite | None:
        """The site of an id that was not known a moment ago: it may have been added since the last look."""
        if self._connection is None:
            return None
        try:
            await self._look()
        except (psycopg.Error, OSError):
            return None  # `_run` meets the same error, and connects again
        return self.site(script_id)

    async def _key_row(self, handle: str) -> dict[str, Any] | None:
        kept = self._keys.get(handle)
        if kept and kept[0] > monotonic():
            return kept[1]
        async with self._asking:
            if self._connection is None:
                raise psycopg.OperationalError("not connected")
            row = await (await self._connection.execute(_KEY, [handle])).fetchone()
        if len(self._keys) > 10_000:
            self._keys.clear()
        self._keys[handle] = (monotonic() + KEY_SECONDS, row)
        return row

    async def _run(self) -> None:
        while True:
            try:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, row_factory=dict_row
                )
                await self._connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
                await self._connection.execute("LISTEN analytics_sites")
                await self.load(everything=True)
                while True:
                    await asyncio.sleep(0.5)
                    await self._look()
            except (psycopg.Error, OSError) as error:
                log.warning("collector.directory_gone", error=str(error).strip())
                await asyncio.sleep(1.0)

    async def _look(self) -> None:
        """Hear whether something changed; every few seconds look in any case, also at the backlog."""
        async with self._asking:
            notes = [note async for note in self._connection.notifies(timeout=0)]  # type: ignore[union-attr]
        if notes or monotonic() >= self._next:
            await self.load(everything=bool(notes))

    async def load(self, everything: bool = False) -> None:
        """Read what changed, or everything when a site has gone."""
        async with self._asking:
            connection = self._connection
            counts = await (await connection.execute(_COUNTS)).fetchone()  # type: ignore[union-attr]
            where = "" if everything else " WHERE updated_at >= %s - interval '10 seconds'"
            rows = await (await connection.execute(  # type: ignore[union-attr]
                _SITES + where, [] if everything else [self._newest]
            )).fetchall()
            if not everything and counts["sites"] != len(self._sites.keys() | {row["script_id"] for row in rows}):
                everything = True
                rows = await (await connection.execute(_SITES)).fetchall()  # type: ignore[union-attr]
        found = {row["script_id"]: _known(row) for row in rows}
        self._sites = found if everything else {**self._sites, **found}
        self._newest = max([self._newest, *(row["updated_at"] for row in rows)])
        self.backlog = counts["backlog"]
        self._next = monotonic() + POLL_SECONDS
        self.is_loaded = True


def _known(row: dict[str, Any]) -> KnownSite:
    return KnownSite(
        id=row["id"], organization_id=row["organization_id"], script_id=row["script_id"],
        is_active=row["status"] == "active", domains=(*row["domains"], *row["cross_domains"]),
        options=SiteSettings.from_json(row["settings"]), version=row["updated_at"].isoformat(),
    )
