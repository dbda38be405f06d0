"""Setting up an organization's own sign-in."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.audit import audit
from apps.accounts.models import Organization, SingleSignOn, User


@transaction.atomic
def sso_save(
    *, actor: User, organization: Organization, name: str, issuer: str, client_id: str, secret: str, is_enabled: bool
) -> SingleSignOn:
    """Create or change it. An empty secret keeps the one there is: it is never shown again."""
    row = SingleSignOn.objects.select_for_update().first() or SingleSignOn(organization=organization)
    before = _facts(row) if row.pk else {}
    row.name, row.issuer, row.client_id, row.is_enabled = name, issuer.rstrip("/"), client_id, is_enabled
    if secret:
        row.secrets = {"client_secret": secret}
    row.save()
    after = {**_facts(row), **({"client_secret": "changed"} if secret else {})}
    audit(actor, "sso.changed", row, before=before, after=after)
    return row


def _facts(row: SingleSignOn) -> dict[str, str | bool]:
    return {"name": row.name, "issuer": row.issuer, "client_id": row.client_id, "is_enabled": row.is_enabled}


@transaction.atomic
def sso_remove(*, actor: User) -> None:
    """Take it away; people sign in by their other ways again."""
    row = SingleSignOn.objects.select_for_update().first()
    if row:
        audit(actor, "sso.removed", row, before=_facts(row))
        row.delete()
