"""What happens after things happened on the accounts floor."""

from __future__ import annotations

from apps.accounts.contracts import InvitationSent
from apps.accounts.tasks import send_invitation
from apps.core.background import enqueue
from apps.core.events import subscribe


@subscribe(InvitationSent)
def mail_the_invitation(event: InvitationSent) -> None:
    """Mail is sent by a worker, so that a slow mail server holds nobody up."""
    enqueue(send_invitation, event.organization_id, event.invitation_id)
