"""Files of history on their way here: small ones at once, all others piece by piece.

A piece is a request like any other: whoever sends it is known and may do so before anything of it is kept, none is
larger than a request may be, and an upload that broke off goes on where it was.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Greatest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.accounts.audit import audit
from apps.analytics.contracts.imports import ImportUploaded
from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.services.import_files import file_extend
from apps.core.outbox import publish

PIECE_BYTES = 4 * 1024**2
MOST_WAITING = 20
MOST_TIMES = 5  # so many times the largest file may the files of an organization take
SPARE_BYTES = 2 * 1024**3  # stay free on the disk


class Elsewhere(Exception):
    """A piece does not begin where the file ends; it ends at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


@transaction.atomic
def import_upload(*, actor: Any, site: Site, kind: str, upload: UploadedFile) -> Import:
    """Keep a file that came in one request, and have it looked through. Raises ValidationError in words."""
    size = upload.size or 0
    _check(site, kind, size)
    row = Import(site=site, kind=kind, name=str(upload.name)[:200], size=size, created_by=actor)
    row.file.save(row.name, upload, save=False)
    row.save()
    _whole(row, actor)
    return row


@transaction.atomic
def upload_begin(*, actor: Any, site: Site, kind: str, name: str, size: int, changed: int) -> Import:
    """An empty file for `size` bytes to come, or the one of the same person and file that broke off: told by its name,
    size and when it was last changed (milliseconds). Raises ValidationError in words."""
    same = {"site": site, "kind": kind, "name": name[:200], "expected": size, "source": {"changed": changed}}
    begun = Import.objects.filter(**same, created_by=actor, state=ImportState.UPLOADING).first()
    if begun is not None:
        return begun
    _check(site, kind, size)
    row = Import(**same, created_by=actor, state=ImportState.UPLOADING)
    row.file.save(row.name, ContentFile(b""), save=False)
    row.save()
    return row


@transaction.atomic
def upload_add(*, actor: Any, row: Import, at: int, piece: bytes) -> Import:
    """Add what comes at `at`; after the last piece the file is looked through.

    Raises Elsewhere for a piece that does not fit on, such as one whose answer was lost, and ValidationError in words.
    """
    row = Import.objects.select_for_update().get(pk=row.pk)
    if row.state != ImportState.UPLOADING:
        raise ValidationError(_("This import has moved on meanwhile. Please look at it again."))
    if at != row.size or not 0 < len(piece) <= row.expected - row.size:
        raise Elsewhere(row.size)
    _check_room(len(piece))
    file_extend(row, piece)
    if row.size == row.expected:
        row.state = ImportState.CHECKING
        _whole(row, actor)
    row.save(update_fields=["size", "state"])
    return row


def most_bytes() -> int:
    """How large a file may be."""
    return settings.IMPORT_MOST_MB * 1024**2


def _whole(row: Import, actor: Any) -> None:
    facts = {"site": row.site.name, "kind": row.kind, "file": row.name, "bytes": row.size}
    audit(actor, "import.uploaded", row, after=facts)
    publish(ImportUploaded(row.organization_id, row.pk, row.site_id))


def _check(site: Site, kind: str, size: int) -> None:
    if kind not in ImportKind.values:
        raise ValidationError({"kind": _("There is no such kind of history.")})
    if size <= 0:
        raise ValidationError({"file": _("This file is empty.")})
    if size > most_bytes():
        words = _("This file is larger than %(size)s. Pack it with gzip, or split it.")
        raise ValidationError({"file": words % {"size": filesizeformat(most_bytes())}})
    kept = Import.objects.exclude(file="")
    taken = kept.aggregate(bytes=Sum(Greatest("size", "expected")))["bytes"] or 0
    if kept.filter(site=site).count() >= MOST_WAITING or taken + size > MOST_TIMES * most_bytes():
        raise ValidationError({"file": _("Too many files are waiting. Start or remove some of them first.")})
    _check_room(size)


def _check_room(size: int) -> None:
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free - size < SPARE_BYTES:
        words = _("There is no room left on this server for this file. Whoever runs it has to make some.")
        raise ValidationError({"file": words})
