"""Giving access back at the vendor when a connection goes: later, as often as it takes, and never while another
connection lives on the same permission.

A vendor such as Google keeps one permission for a person and an application. Every sign-in adds a token to it, and
giving back one token ends all of them, in every organization of this installation. So access is given back when the
last connection goes that uses it; where it is not known whose permission a token speaks for, it is taken to be the
same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import structlog
from django.db import transaction
from django.utils import timezone

from apps.core.encryption import UnreadableSecret
from apps.core.models import Connection, Revocation
from apps.core.oauth import TIMEOUT_SECONDS, OAuthProvider
from apps.core.providers import find_vendor, kinds
from apps.core.tenancy import every_tenant

log = structlog.get_logger(__name__)
KEPT = ("access_token", "refresh_token", "grant")
LEASE = timedelta(minutes=5)  # after which one whose worker died is tried again
FIRST_WAIT, LONGEST_WAIT, GIVE_UP = timedelta(minutes=1), timedelta(hours=6), timedelta(days=7)
AT_ONCE = 20


def revoke_later(connection: Connection) -> None:
    """Note that a connection's access is to be given back; within the transaction that removes or replaces it. Nothing
    is noted for a vendor that has no place for that, or where nobody ever signed in."""
    vendor = _vendor(connection)
    secrets = {name: connection.secrets[name] for name in KEPT if connection.secrets.get(name)}
    if vendor is not None and _token(secrets):
        Revocation.objects.create(kind=connection.kind, provider=connection.provider, secrets=secrets)


def revoke_due() -> int:
    """Deal with what is due; returns how many are done with."""
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            Revocation.objects.select_for_update(skip_locked=True).filter(next_attempt_at__lte=now)
            .order_by("next_attempt_at")[:AT_ONCE]
        )
        Revocation.objects.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=now + LEASE)
    return sum(_deal_with(row) for row in rows)


def _deal_with(row: Revocation) -> bool:
    vendor = _vendor(row)
    if vendor is None or _is_used(vendor, row.secrets.get("grant", "")):
        return _done(row, "revocation.not_needed")
    reason = _ask(vendor, _token(row.secrets))
    if not reason:
        return _done(row, "revocation.done")
    if timezone.now() - row.created_at > GIVE_UP:
        return _done(row, "revocation.given_up", reason=reason)
    row.attempts += 1
    row.next_attempt_at = timezone.now() + min(FIRST_WAIT * 2 ** min(row.attempts - 1, 12), LONGEST_WAIT)
    row.save(update_fields=["attempts", "next_attempt_at"])
    return False


def _done(row: Revocation, event: str, **facts: Any) -> bool:
    log.info(event, provider=row.provider, attempts=row.attempts, **facts)
    row.delete()
    return True


def _ask(vendor: type[OAuthProvider], token: str) -> str:
    """Give one token back; "" when that is done, or was done before, else why not."""
    try:
        answer = httpx.post(vendor.revoke_url, data={"token": token}, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        return type(error).__name__
    if answer.is_success:
        return ""
    try:
        body = answer.json()
    except ValueError:
        body = None
    told = str(body.get("error", "")) if isinstance(body, dict) else ""
    return "" if told == "invalid_token" else f"{answer.status_code} {told}".strip()


def _is_used(vendor: type[OAuthProvider], grant: str) -> bool:
    """Whether a connection of any organization lives on the same permission, or may do so."""
    try:
        with every_tenant():
            return any(
                _token(secrets) and (not grant or secrets.get("grant", "") in {"", grant})
                for secrets in _secrets_of_family(vendor)
            )
    except UnreadableSecret:
        return True


def _secrets_of_family(vendor: type[OAuthProvider]) -> Iterator[dict[str, Any]]:
    for kind, registry in kinds.items():
        keys = [
            other.key for other in registry
            if issubclass(other, OAuthProvider) and (other.family or other.key) == (vendor.family or vendor.key)
        ]
        if keys:
            yield from Connection.objects.filter(kind=kind, provider__in=keys).values_list("secrets", flat=True)


def _token(secrets: dict[str, Any]) -> str:
    return str(secrets.get("refresh_token") or secrets.get("access_token") or "")


def _vendor(row: Connection | Revocation) -> type[OAuthProvider] | None:
    """The vendor's class, where access can be given back to it."""
    found = find_vendor(row.kind, row.provider)
    return found if found is not None and issubclass(found, OAuthProvider) and found.revoke_url else None
