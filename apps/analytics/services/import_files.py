"""Uploaded files of history are not kept for longer than they are needed: addresses of visitors are in them."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.analytics.enums import ImportState
from apps.analytics.models import Import
from apps.analytics.pipeline.waiting import import_files_of_all
from apps.analytics.services.imports import import_look, import_remove
from apps.core.models import Connection

KEPT = timedelta(days=30)
STRAY_SECONDS = 86_400
LOST = timedelta(hours=1)
UNFINISHED = timedelta(days=2)
_WAITING = (ImportState.FETCHING, ImportState.UNCLEAR, ImportState.READY)
_BROKEN_OFF = (ImportState.STOPPED, ImportState.FAILED)


def import_files_sweep(organization: Any) -> int:
    """Delete the files of the organization in scope that nobody has come back to for thirty days, or has not sent to
    their end within two, and look through what was uploaded and never was; returns how many files went."""
    for row in Import.objects.filter(state=ImportState.CHECKING, created_at__lt=timezone.now() - LOST).exclude(file=""):
        import_look(row=row)
    unfinished = Import.objects.filter(
        state=ImportState.UPLOADING, created_at__lt=timezone.now() - UNFINISHED
    )
    for row in unfinished:
        import_remove(actor=None, row=row)
    before = timezone.now() - KEPT
    waiting = Import.objects.filter(state__in=_WAITING, created_at__lt=before)
    broken_off = Import.objects.filter(state__in=_BROKEN_OFF, finished_at__lt=before)
    done = Import.objects.filter(state__in=(ImportState.DONE, ImportState.UNDONE, ImportState.REFUSED))
    kept = [row.pk for found in (waiting, broken_off, done) for row in found.exclude(file="")]
    return len(unfinished) + sum(_let_go(pk) for pk in kept)


def file_extend(row: Import, data: bytes) -> None:
    """Add to a file that comes in pieces, and to the row's size, which the caller saves in the same transaction: of a
    piece that was written and not committed nothing is left."""
    with Path(row.file.path).open("r+b") as out:
        out.truncate(row.size)
        out.seek(row.size)
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    row.size += len(data)


@transaction.atomic
def _let_go(pk: int) -> bool:
    row = Import.objects.select_for_update().filter(pk=pk).exclude(file="").first()
    if row is None or row.state in {ImportState.RUNNING, ImportState.STOPPING, ImportState.UNDOING}:
        return False
    storage, name = row.file.storage, row.file.name
    row.file = ""
    if row.state == ImportState.FETCHING and row.connection_id:
        Connection.objects.filter(pk=row.connection_id).update(cursor={})
    if row.state in _WAITING:
        row.state, row.error = ImportState.REFUSED, "refused:expired"
    row.save(update_fields=["file", "state", "error"])
    transaction.on_commit(lambda: storage.delete(name))
    return True


def stray_files_sweep() -> int:
    """Delete files that no import knows: those of sites that were deleted, and of uploads that broke off. Of all
    organizations; returns how many."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    if not folder.is_dir():
        return 0
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < time.time() - STRAY_SECONDS]
    known = import_files_of_all()
    stray = [path for path in old if f"imports/{path.name}" not in known]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
