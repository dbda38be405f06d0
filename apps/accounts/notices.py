"""Mails that tell people what was changed about their account, in the words and the look of all others.

django-allauth says when; its own texts are plain, address people familiarly in one language and formally in the next,
and give the time without its zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from apps.accounts.mail import send
from apps.accounts.models import User
from apps.accounts.selectors.people import device_name

Words = str | Promise
NOTICES: dict[str, Words] = {
    "account/email/password_changed": _("Your password was changed"),
    "account/email/password_set": _("Your account has a password now"),
    "account/email/password_reset": _("A new password was chosen for your account"),
    "account/email/email_changed": _("Your e-mail address is now %(to_email)s"),
    "account/email/email_confirm": _("Your e-mail address is confirmed"),
    "account/email/email_deleted": _("%(deleted_email)s no longer belongs to your account"),
    "mfa/email/recovery_codes_generated": _("You have new recovery codes; the old ones no longer work"),
    "mfa/email/totp_activated": _("Signing in now asks for a code from your app"),
    "mfa/email/totp_deactivated": _("Signing in no longer asks for a code from your app"),
    "mfa/email/webauthn_added": _("A passkey or security key was added to your account"),
    "mfa/email/webauthn_removed": _("A passkey or security key was removed from your account"),
    "socialaccount/email/account_connected": _("You can now sign in with %(provider)s"),
    "socialaccount/email/account_disconnected": _("You can no longer sign in with %(provider)s"),
}
"""What happened, by the name django-allauth gives the mail; the blanks are filled from what it passes along."""


def notice_send(*, user: User, what: str, to: str, facts: Mapping[str, Any], address: str, agent: str) -> None:
    """Tell a person; raises KeyError for a mail that is not in `NOTICES`.

    `address` and `agent` are the network address and user agent of whoever did it.
    """
    language = user.language or get_language() or settings.LANGUAGE_CODE
    with override(language):
        title, device = str(NOTICES[what]) % facts, device_name(agent)
    send(
        "mail/accounts/notice", to, language,
        title=title, when=timezone.now(), address=address, device=device,
        url=settings.BASE_URL + reverse("accounts:profile"),
    )
