"""Connecting, changing, testing, pausing and removing an organization's accounts at third parties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.core import oauth
from apps.core.connections.state import note_failure, note_ok
from apps.core.contracts import ConnectionAdded, ConnectionRemoved
from apps.core.models import Connection
from apps.core.outbox import publish
from apps.core.providers import Provider, ProviderError, find_vendor, kinds
from apps.core.revocation import revoke_later
from apps.core.sync import SyncRegistry


def connection_create(*, kind: str, provider: str, name: str, values: Mapping[str, Any]) -> Connection:
    """Connect an account for the organization in scope. `values` holds the answers to the vendor's fields."""
    config, secrets = split(kinds[kind].get(provider), values)
    with transaction.atomic():
        connection = Connection(kind=kind, provider=provider, name=name, config=config, secrets=secrets)
        connection.next_attempt_at = timezone.now() if is_synced(kind) else None
        connection.save()
        publish(ConnectionAdded(connection.organization_id, connection.id, kind, provider, name))
    return connection


def connection_update(connection: Connection, *, name: str, values: Mapping[str, Any]) -> Connection:
    """Change the answers. A secret left blank keeps its value; the connection must then be tested anew."""
    vendor = kinds[connection.kind].get(connection.provider)
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.config, secrets = split(vendor, values)
        row.secrets = {**row.secrets, **{key: value for key, value in secrets.items() if value not in ("", None)}}
        row.name = name
        if row.status != Connection.Status.PAUSED:
            row.status, row.last_error, row.error_count = Connection.Status.NEW, "", 0
            row.next_attempt_at = timezone.now() if is_synced(row.kind) else None
        row.save()
    return row


def connection_authorized(pending: oauth.Pending, tokens: Mapping[str, Any]) -> Connection:
    """The connection after signing in at the vendor: a new one, or the one that was signed in again."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(pk=pending.connection_id).first()
        if row is None:
            row = connection_create(
                kind=pending.kind, provider=pending.provider, name=pending.name, values=pending.values
            )
        if row.secrets.get("grant", "") != tokens.get("grant", ""):
            revoke_later(row)  # it was another account; whether anything still uses it is looked at then
        row.secrets = {key: value for key, value in row.secrets.items() if key != "grant"} | tokens
        row.status, row.last_error, row.error_count = Connection.Status.NEW, "", 0
        row.next_attempt_at = timezone.now() if is_synced(row.kind) else None
        row.save()
    return row


def connection_check(connection: Connection) -> bool:
    """Ask the vendor whether the credentials work, and write down the answer. Vendors bound their own waiting."""
    try:
        if find_vendor(connection.kind, connection.provider) is None:
            raise ProviderError(_("Mainstay no longer knows this provider."), permanent=True)
        oauth.ensure_fresh(connection)
        account = kinds[connection.kind].open(connection).check()
    except ProviderError as error:
        note_failure(connection, error)
        if not is_synced(connection.kind):
            Connection.objects.filter(pk=connection.pk).update(status=Connection.Status.ERROR, next_attempt_at=None)
        return False
    note_ok(connection, account=account[:200])
    return True


def connection_pause(connection: Connection) -> None:
    """Leave the vendor alone until a person says otherwise; a run under way stops at its next page."""
    Connection.objects.filter(pk=connection.pk).update(status=Connection.Status.PAUSED, next_attempt_at=None)


def connection_resume(connection: Connection) -> None:
    """Go on, as new: what was wrong before may not be any more."""
    Connection.objects.filter(pk=connection.pk, status=Connection.Status.PAUSED).update(
        status=Connection.Status.NEW, last_error="", error_count=0,
        next_attempt_at=timezone.now() if is_synced(connection.kind) else None,
    )


def connection_resync(connection: Connection, *, from_scratch: bool = False) -> None:
    """Sync now; from scratch forgets how far it had come, and everything is brought (not doubled) again."""
    values: dict[str, Any] = {"next_attempt_at": timezone.now()}
    if from_scratch:
        values["cursor"] = {}
    Connection.objects.filter(pk=connection.pk).exclude(status=Connection.Status.PAUSED).update(**values)


def connection_remove(connection: Connection) -> None:
    """Disconnect: the credentials are gone for good. What was brought stays with the features that stored it."""
    with transaction.atomic():
        publish(
            ConnectionRemoved(
                connection.organization_id, connection.id, connection.kind, connection.provider, connection.name
            )
        )
        row = Connection.objects.select_for_update().filter(pk=connection.pk).first()
        if row is not None:
            revoke_later(row)
            row.delete()


def connections_revoke() -> None:
    """Have the access of every connection in scope given back, before an organization is erased with all it has."""
    for connection in Connection.objects.all():
        revoke_later(connection)


def split(vendor: type[Provider], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers as (what may be shown, what is kept encrypted)."""
    config, secrets = {}, {}
    for field in vendor.fields:
        value = values.get(field.name, field.default)
        (secrets if field.secret else config)[field.name] = value
    return config, secrets


def is_synced(kind: str) -> bool:
    """Whether connections of this kind bring data in regularly."""
    return isinstance(kinds.get(kind), SyncRegistry)


def status_in_words(connection: Connection) -> str:
    """How the connection is doing, as a sentence for its card."""
    if connection.status == Connection.Status.PAUSED:
        return _("Paused")
    if connection.status == Connection.Status.ERROR:
        return _("Needs attention")
    items = connection.progress.get("items")
    if connection.progress.get("running"):
        total = connection.progress.get("total")
        if total:
            return _("Syncing: %(done)s of %(total)s") % {
                "done": number_format(items, force_grouping=True), "total": number_format(total, force_grouping=True)
            }
        return _("Syncing: %(done)s so far") % {"done": number_format(items or 0, force_grouping=True)}
    if connection.status == Connection.Status.NEW:
        return _("Waiting for its first sync") if is_synced(connection.kind) else _("Not tested yet")
    return _("Working")
