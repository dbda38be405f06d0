"""Making and ending API keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor, person_of
from apps.accounts.audit import audit
from apps.accounts.contracts import ApiKeyCreated, ApiKeyRevoked
from apps.accounts.models import ApiKey, Organization
from apps.accounts.scopes import all_scopes
from apps.core.outbox import publish


@transaction.atomic
def key_create(
    *,
    actor: Actor,
    organization: Organization,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    personal: bool = False,
) -> tuple[ApiKey, str]:
    """A key and its secret, which is not kept and can be shown only now."""
    wanted = sorted(set(scopes))
    if not wanted or not {*wanted} <= {scope.key for scope in all_scopes()}:
        raise ValidationError({"scopes": _("Choose what the key may do.")})
    person = person_of(actor)
    key = ApiKey(
        organization=organization,
        name=name,
        scopes=wanted,
        user=person if personal else None,
        created_by=person,
        expires_at=expires_at,
    )
    raw = key.generate()
    key.save()
    audit(actor, "key.created", key, after={"scopes": wanted, "expires": expires_at, "personal": personal})
    publish(ApiKeyCreated(organization.id, key.id))
    return key, raw


@transaction.atomic
def key_revoke(*, actor: Actor, key: ApiKey) -> None:
    """End a key at once and for good."""
    if key.revoked_at:
        return
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    audit(actor, "key.revoked", key)
    publish(ApiKeyRevoked(key.organization_id, key.id))
