"""Signing up and the account page."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm, SignupForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import Theme
from apps.accounts.models import User

LANGUAGES = [("", _("Like my browser")), *settings.LANGUAGES]


class _AddressAlone:
    """Calls the one field as every other page does; the library has a word of its own for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")  # type: ignore[attr-defined]
        self.fields["email"].widget.attrs.pop("placeholder", None)  # type: ignore[attr-defined]


class CodeForm(_AddressAlone, RequestLoginCodeForm):
    """Asking for a code by mail."""


class ForgottenForm(_AddressAlone, ResetPasswordForm):
    """Asking for a new password."""


class AddressForm(_AddressAlone, AddEmailForm):
    """Changing one's own address."""


class SignUpForm(SignupForm):
    """Sign-up by address and password. Who was invited signs up with the address that was invited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _("At least 10 characters. A few words in a row are easy to remember.")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.order_fields(["name", "email", "password1"])


class SignInForm(LoginForm):
    """Sign-in by address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class PersonForm(forms.ModelForm):
    """Name, language and look."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    theme = forms.ChoiceField(label=_("Appearance"), choices=Theme, required=False, widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ["name", "language", "theme"]
        labels = {"name": _("Your name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].widget.attrs["autocomplete"] = "name"
