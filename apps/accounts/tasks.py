"""Background work of the accounts floor."""

from __future__ import annotations

from celery import shared_task

from apps.accounts.mail import invitation_mail
from apps.accounts.tenant_api import usage
from apps.core.tenancy import tenant


@shared_task
def send_invitation(organization_id: int, invitation_id: int) -> None:
    """Mail an invitation once, however often this runs."""
    with tenant(organization_id):
        invitation_mail(invitation_id)


@shared_task
def write_key_usage() -> int:
    """Move the counted calls of API keys into the database; returns for how many keys and days."""
    return usage.write_counts()
