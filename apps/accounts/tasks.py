"""Background work of the accounts floor."""

from __future__ import annotations

import structlog
from celery import shared_task

from apps.accounts.mail import invitation_mail
from apps.accounts.selectors.invitations import unsent_invitations
from apps.accounts.tenant_api import usage
from apps.core.tenancy import tenant

log = structlog.get_logger(__name__)


@shared_task
def send_invitation(organization_id: int, invitation_id: int) -> None:
    """Mail an invitation once, however often this runs."""
    with tenant(organization_id):
        invitation_mail(invitation_id)


@shared_task
def send_invitations_left_behind() -> int:
    """Mail what a broker or a worker lost when it was killed; returns how many were waiting."""
    found = unsent_invitations()
    for organization_id, invitation_id in found:
        try:
            send_invitation(organization_id, invitation_id)
        except Exception:
            log.exception("invitation.not_sent", invitation=invitation_id)  # the others need not wait for it
    return len(found)


@shared_task
def write_key_usage() -> int:
    """Move the counted calls of API keys into the database; returns for how many keys and days."""
    return usage.write_counts()
