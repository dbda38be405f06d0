"""Fetching a site's past from an account: asked piece by piece by the sync runner, written to a file that is taken in
as an uploaded one is. A piece and how far it got are stored together: killed anywhere, it goes on where it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts.imports import ImportUploaded
from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.providers.past.base import Piece, Property, pasts
from apps.analytics.providers.past.plan import Step
from apps.analytics.services.import_files import file_extend
from apps.core import oauth
from apps.core.connections.services import connection_create, connection_remove
from apps.core.models import Connection
from apps.core.outbox import publish
from apps.core.providers import ProviderError

OLDEST = date(2015, 8, 14)  # before it Google Analytics 4 has no figures
NOTES = ("other", "threshold", "sampled")
register_audit_actions({
    "import.fetched": _("History asked of Google Analytics"),
    "import.account_removed": _("Account for fetching history disconnected"),
})


def past_account() -> Connection | None:
    """The account from which the organization in scope fetches the past of its sites, if one is connected."""
    return Connection.objects.filter(kind=pasts.kind).order_by("-id").first()


def past_demo_account(*, actor: Any) -> Connection:
    """The account of the demo, which needs no sign-in."""
    return connection_create(kind=pasts.kind, provider="fake", name=str(pasts.get("fake").label), values={})


def past_properties(connection: Connection) -> list[Property]:
    """What the account sees. Raises ProviderError."""
    oauth.ensure_fresh(connection)
    try:
        return pasts.open(connection).properties()  # type: ignore[attr-defined, no-any-return]
    except oauth.TokenRefused:
        oauth.refresh(connection, force=True)
        return pasts.open(connection).properties()  # type: ignore[attr-defined, no-any-return]


@transaction.atomic
def past_disconnect(*, actor: Any, connection: Connection) -> None:
    """The credentials are gone for good; what was fetched stays."""
    audit(actor, "import.account_removed", connection, before={"account": connection.account})
    connection_remove(connection)


@transaction.atomic
def import_fetch(
    *, actor: Any, site: Site, connection: Connection, key: str, offered: Iterable[Property], first: date, last: date
) -> Import:
    """Ask for the days from `first` to `last` of a property that the account sees; yesterday is the last that is whole.
    Raises ValidationError in words."""
    chosen = next((one for one in offered if one.key == key), None)
    if chosen is None:
        raise ValidationError({"property": _t("This account does not see that property.")})
    _check_days(first, last, site)
    account = Connection.objects.select_for_update().get(pk=connection.pk)
    if Import.objects.filter(connection=account, state=ImportState.FETCHING).exists():
        raise ValidationError(_t("Something is being fetched from this account already. Wait until it is there."))
    organization = site.organization
    row = Import(
        site=site, kind=ImportKind.GA4, state=ImportState.FETCHING, name=chosen.name[:200] or chosen.key,
        connection=account, created_by=actor,
        source={"property": key, "account": chosen.account, "first": first.isoformat(), "last": last.isoformat()},
    )
    row.file.save(row.name, ContentFile(b""), save=False)
    row.save()
    account.cursor = Step(row.pk, key, organization.currency, first, last, first).cursor()
    account.status, account.last_error, account.error_count = Connection.Status.NEW, "", 0
    account.next_attempt_at = timezone.now()
    account.save()
    audit(actor, "import.fetched", row, after={"site": site.name, "property": key})
    return row


def _check_days(first: date, last: date, site: Site) -> None:
    yesterday = timezone.now().astimezone(site.organization.tz).date() - timedelta(days=1)
    if first > last:
        raise ValidationError({"last": _t("The last day is before the first.")})
    if first < OLDEST:
        raise ValidationError({"first": _t("Google Analytics 4 has no figures of that time.")})
    if last > yesterday:
        raise ValidationError({"last": _t("Yesterday is the last day that is whole.")})


def import_piece(connection: Connection, items: Sequence[Piece]) -> int:
    """Add pieces to their import's file; after the last it is looked through. Within the sync runner's transaction.

    Raises ProviderError for an import that was removed meanwhile, so that nothing more is asked for it.
    """
    for piece in items:
        row = Import.objects.select_for_update().filter(
            pk=piece.import_id, connection_id=connection.pk, state=ImportState.FETCHING
        ).first()
        if row is None:
            raise ProviderError(_t("The import was removed while it was fetched."))
        file_extend(row, _text(piece))
        row.source = _noted(row.source, piece)
        if piece.is_last:
            _fetched(row)
        row.save(update_fields=["size", "source", "state", "error", "file"])
    return sum(len(piece.rows) for piece in items)


def _text(piece: Piece) -> bytes:
    out = io.StringIO()
    table = csv.writer(out)
    if piece.head and piece.rows:
        out.write("\n")
        table.writerow(piece.head)
    table.writerows(piece.rows)
    return out.getvalue().encode()


def _noted(source: dict[str, Any], piece: Piece) -> dict[str, Any]:
    """How far it is, and what was said of how the figures were counted: once for each table concerned."""
    found = {**source, "through": piece.through.isoformat()}
    for name in NOTES:
        if piece.notes.get(name):
            found[name] = sorted({*found.get(name, ()), piece.by})
    for name in ("zone", "currency"):
        if piece.notes.get(name):
            found[name] = piece.notes[name]
    return found


def _fetched(row: Import) -> None:
    if row.size:
        row.state = ImportState.CHECKING
        publish(ImportUploaded(row.organization_id, row.pk, row.site_id))
        return
    row.state, row.error = ImportState.REFUSED, "refused:no_figures"
    storage, name = row.file.storage, row.file.name
    row.file = ""
    transaction.on_commit(lambda: storage.delete(name))
