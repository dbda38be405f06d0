"""Sentences that django-allauth says on our pages, marked so that our catalogues hold them.

A project's catalogue goes before a package's: there they address people the way everything else here does, while
allauth's own German and Spanish change between familiar and formal from one sentence to the next.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

BORROWED = (
    _("An account already exists with this email address. Please sign in to that account first, then connect your %s "
      "account."),
    _("Incorrect password."),
    _("Invalid token."),
    _("Please type your current password."),
    _("The email address and/or password you specified are not correct."),
    _("The password reset token was invalid."),
    _("The third-party account is already connected to a different account."),
    _("This email address is already associated with this account."),
    _("Too many failed login attempts. Try again later."),
    _("Unable to confirm %(email)s because it is already confirmed by a different account."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("You cannot add more than %d email addresses."),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot disconnect your last remaining third-party account."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You cannot remove your primary email address (%(email)s)."),
    _("You cannot remove your primary email address."),
    _("You have confirmed %(email)s."),
    _("You must type the same email each time."),
    _("You must type the same password each time."),
    _("Your account has no password set up."),
    _("Your account has no verified email address."),
    _("Your primary email address must be verified."),
)
