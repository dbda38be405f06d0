"""The one sync runner: brings what a vendor has into Mainstay, page by page, and survives being killed anywhere.

What a page brought and the cursor after it are stored in one transaction, so a page is stored once or asked for
again, never twice. A failed run ends; the row says when to go on, and the schedule (`sync_due`) goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import structlog
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core import bucket, oauth
from apps.core.bucket import Pace
from apps.core.connections.state import note_failure, note_ok
from apps.core.models import Connection
from apps.core.providers import Provider, ProviderError, Registry, Words, kinds

log = structlog.get_logger(__name__)

LOCK_SPACE = 0x73796E63  # "sync"
LONGEST_PAUSE_SECONDS = 20.0
LEASE = timedelta(minutes=5)
LONGEST_RUN = timedelta(minutes=10)  # a task that runs on is stopped hard; the next one goes on where this one was


@dataclass(frozen=True)
class Page:
    """One page of a vendor's answer: what it brought, where to go on, whether there is more, how much in all."""

    items: Sequence[Any]
    cursor: Mapping[str, Any]
    more: bool
    total: int | None = None


class SyncProvider(Provider):
    """A vendor that is asked regularly."""

    every: ClassVar[timedelta] = timedelta(minutes=15)
    pace: ClassVar[Pace] = Pace(per_second=5, burst=5)

    def fetch_page(self, cursor: Mapping[str, Any]) -> Page:
        """The page after `cursor` ({} at first); raises ProviderError."""
        raise ProviderError(f"{self.key} cannot be synced", permanent=True)


Store = Callable[[Connection, Sequence[Any]], int]


class SyncRegistry(Registry[SyncProvider]):
    """A kind whose vendors are synced. `store` writes one page's items and returns how many were new or changed; it is
    named by its dotted path where it stands on a floor above the providers."""

    def __init__(self, kind: str, label: Words, *, store: Store | str, elsewhere: bool = False) -> None:
        super().__init__(kind, label, elsewhere=elsewhere)
        self._store = store

    def store(self, connection: Connection, items: Sequence[Any]) -> int:
        """Write one page's items."""
        write: Store = import_string(self._store) if isinstance(self._store, str) else self._store
        return write(connection, items)


class End(StrEnum):
    """How a run ended."""

    DONE = "done"
    BUSY = "busy"
    PAUSED = "paused"
    LATER = "later"
    FAILED = "failed"


@dataclass
class _Run:
    connection: Connection
    registry: SyncRegistry
    pages: int = 0
    items: int = 0
    total: int | None = None
    began: datetime = field(default_factory=timezone.now)


def run(connection_id: int) -> End:
    """Sync one connection of the organization in scope until it has nothing more, or until it must wait."""
    with _lock(connection_id) as mine:
        if not mine:
            return End.BUSY
        connection = Connection.objects.get(pk=connection_id)
        registry = kinds.get(connection.kind)
        if connection.status == Connection.Status.PAUSED or not isinstance(registry, SyncRegistry):
            return End.PAUSED
        this = _Run(connection, registry)
        try:
            return _pages(this)
        except ProviderError as error:
            return _failed(this, error)
        except Exception as error:
            log.exception("sync.broke", connection=connection_id, provider=connection.provider)
            reason = _("Something went wrong on our side (%(kind)s). It is tried again.")
            return _failed(this, ProviderError(reason % {"kind": type(error).__name__}))


def _pages(this: _Run) -> End:
    provider = _open(this)
    refreshed = False
    while True:
        is_long = timezone.now() - this.began > LONGEST_RUN
        if is_long or not bucket.wait_for(
            f"sync:{this.connection.id}", provider.pace, at_most_seconds=LONGEST_PAUSE_SECONDS
        ):
            Connection.objects.filter(pk=this.connection.pk).update(
                next_attempt_at=timezone.now() + timedelta(seconds=LONGEST_PAUSE_SECONDS)
            )
            return End.LATER
        try:
            page = provider.fetch_page(this.connection.cursor)
        except oauth.TokenRefused:
            if refreshed:
                raise
            oauth.refresh(this.connection, force=True)
            provider, refreshed = _open(this), True
            continue
        if not _store(this, page):
            return End.PAUSED
        if not page.more:
            return _finish(this, provider)


def _open(this: _Run) -> SyncProvider:
    oauth.ensure_fresh(this.connection)
    return this.registry.open(this.connection)


def _store(this: _Run, page: Page) -> bool:
    """Store one page and its cursor together; False when a person has paused or removed the connection meanwhile."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(pk=this.connection.pk).first()
        if row is None or row.status == Connection.Status.PAUSED:
            return False
        this.items += this.registry.store(row, page.items)
        this.pages += 1
        this.total = page.total if page.total is not None else this.total
        row.cursor = dict(page.cursor)
        row.progress = {
            "began": this.began.isoformat(), "pages": this.pages, "items": this.items, "total": this.total,
            "running": page.more,
        }
        row.save(update_fields=["cursor", "progress"])
    this.connection = row
    return True


def _finish(this: _Run, provider: SyncProvider) -> End:
    now = timezone.now()
    note_ok(this.connection, last_synced_at=now, next_attempt_at=now + provider.every)
    return End.DONE


def _failed(this: _Run, error: ProviderError) -> End:
    if this.connection.progress.get("running"):
        progress = {**this.connection.progress, "running": False}
        Connection.objects.filter(pk=this.connection.pk).update(progress=progress)
    note_failure(this.connection, error)
    return End.FAILED if error.permanent else End.LATER


@contextlib.contextmanager
def _lock(connection_id: int) -> Iterator[bool]:
    """One run a connection. The lock belongs to the database session, so a killed worker gives it back."""
    key = f"sync:{connection_id}"
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_SPACE, key])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK_SPACE, key])


def claim_due(limit: int = 500) -> list[tuple[int, int]]:
    """(organization, connection) of those whose time has come, for the schedule; needs `every_tenant`.

    What is claimed is due again after a lease, so a worker that dies with it is made up for, and a long queue is not
    filled with the same connection over and over.
    """
    synced = [kind for kind, registry in kinds.items() if isinstance(registry, SyncRegistry)]
    now = timezone.now()
    with transaction.atomic():
        rows = (
            Connection.objects.select_for_update(skip_locked=True)
            .filter(kind__in=synced, next_attempt_at__lte=now)
            .exclude(status=Connection.Status.PAUSED)
            .order_by("next_attempt_at")[:limit]
        )
        found = [(row.organization_id, row.id) for row in rows]
        Connection.objects.filter(id__in=[row_id for _org, row_id in found]).update(next_attempt_at=now + LEASE)
    return found
