"""Taking history in: an upload is looked through by a worker, started by its owner, stored by the pipeline."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts.imports import ImportUploaded
from apps.analytics.enums import ImportState, JobKind
from apps.analytics.history.looking import look_through
from apps.analytics.history.outcomes import Refused
from apps.analytics.models import Import
from apps.analytics.services.store_jobs import import_ask
from apps.core.models import Connection
from apps.core.outbox import publish

register_audit_actions({
    "import.uploaded": _("History uploaded"),
    "import.columns_named": _("Columns of uploaded history named"),
    "import.started": _("Import of history started"),
    "import.stopped": _("Import of history stopped"),
    "import.undone": _("Import of history taken back"),
    "import.removed": _("Uploaded history removed"),
})
_AGAIN = (ImportState.READY, ImportState.STOPPED, ImportState.FAILED)
_GOING = (ImportState.RUNNING, ImportState.STOPPING, ImportState.UNDOING)
_NOTHING_IN = (
    ImportState.UPLOADING, ImportState.FETCHING, ImportState.CHECKING, ImportState.UNCLEAR, ImportState.READY,
    ImportState.REFUSED, ImportState.UNDONE,
)
_BACK = (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED)


def import_look(*, row: Import) -> str:
    """Look an upload through and note what was found; returns its state then. A second time changes nothing."""
    if row.state != ImportState.CHECKING:
        return row.state
    named, unclear = row.preview.get("named"), row.preview.get("unclear")
    asked = {"named": named, "unclear": unclear} if unclear else {}  # what was named can be named otherwise
    try:
        preview = look_through(row.kind, row.file.path, next(iter(row.site.domains), "localhost"), named)
        changes: dict[str, Any] = {"state": ImportState.READY, "preview": preview | asked, "error": ""}
    except Refused as refused:
        asked = asked or ({"unclear": refused.found["unclear"]} if refused.found.get("unclear") else {})
        state = ImportState.UNCLEAR if asked else ImportState.REFUSED
        is_first = state == ImportState.UNCLEAR and not named  # nothing is wrong yet: a question is open
        changes = {
            "state": state, "error": "" if is_first else f"refused:{refused}", "preview": refused.found | asked,
        }
    except OSError:
        changes = {"state": ImportState.REFUSED, "error": "refused:damaged"}
    Import.objects.filter(pk=row.pk, state=ImportState.CHECKING).update(**changes)
    if changes["state"] == ImportState.REFUSED:
        row.file.delete(save=False)
        Import.objects.filter(pk=row.pk).update(file="")
    return str(changes["state"])


@transaction.atomic
def import_name_columns(*, actor: Any, row: Import, named: Mapping[str, str]) -> None:
    """Have a file of Google Analytics looked through once more, its columns as its owner named them: the heading in
    plain letters (`headings.plain`) to what it means. Raises ValidationError in words."""
    row = _locked(row, (ImportState.UNCLEAR, ImportState.READY))
    if not row.preview.get("unclear") or not row.file:
        raise ValidationError(_("There is no column to be named."))
    row.state, row.error = ImportState.CHECKING, ""
    row.preview = {"named": dict(named), "unclear": row.preview["unclear"]}
    row.save(update_fields=["state", "error", "preview"])
    audit(actor, "import.columns_named", row, after={"file": row.name, **named})
    publish(ImportUploaded(row.organization_id, row.pk, row.site_id))


@transaction.atomic
def import_start(*, actor: Any, row: Import) -> None:
    """Have the pipeline take it in, from where it stopped if it did. Raises ValidationError in words."""
    row = _locked(row, _AGAIN)
    row.stamp = row.stamp or int(time.time() * 1000)
    row.started_at = row.started_at or timezone.now()
    _go(row, ImportState.RUNNING, JobKind.IMPORT)
    audit(actor, "import.started", row, after={"file": row.name})


@transaction.atomic
def import_stop(*, actor: Any, row: Import) -> None:
    """Let it end after the step it is at. What is in stays until it is taken back."""
    row = _locked(row, (ImportState.RUNNING,))
    row.state = ImportState.STOPPING
    row.save(update_fields=["state"])
    audit(actor, "import.stopped", row, after={"file": row.name})


@transaction.atomic
def import_undo(*, actor: Any, row: Import) -> None:
    """Take back all that it brought."""
    row = _locked(row, _BACK)
    _go(row, ImportState.UNDOING, JobKind.UNDO)
    if row.file:
        transaction.on_commit(lambda: row.file.storage.delete(row.file.name))
        Import.objects.filter(pk=row.pk).update(file="")
    audit(actor, "import.undone", row, after={"file": row.name})


@transaction.atomic
def import_remove(*, actor: Any, row: Import) -> None:
    """Forget an upload that brought nothing, and its file."""
    row = _locked(row, _NOTHING_IN)
    if row.state == ImportState.FETCHING and row.connection_id:
        Connection.objects.filter(pk=row.connection_id).update(cursor={})
    audit(actor, "import.removed", row, before={"file": row.name})
    if row.file:
        storage, name = row.file.storage, row.file.name
        transaction.on_commit(lambda: storage.delete(name))
    row.delete()


def _locked(row: Import, states: tuple[ImportState, ...]) -> Import:
    found: Import = Import.objects.select_for_update().get(pk=row.pk)
    if found.state not in states:
        raise ValidationError(_("This import has moved on meanwhile. Please look at it again."))
    return found


def _go(row: Import, state: ImportState, kind: JobKind) -> None:
    busy = _("Another import of this site is still running. Wait until it is done.")
    if Import.objects.filter(site_id=row.site_id, state__in=_GOING).exclude(pk=row.pk).exists():
        raise ValidationError(busy)
    row.state, row.error = state, ""
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "error", "stamp", "started_at"])
    except IntegrityError as error:
        raise ValidationError(busy) from error
    import_ask(kind=kind, site_id=row.site_id, import_id=row.pk)
