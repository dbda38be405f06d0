"""The form of a vendor, made from what the vendor says it needs."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.utils.html import conditional_escape
from django.utils.translation import gettext_lazy as _

from apps.core.models import Connection
from apps.core.providers import Provider, ProviderField


class ConnectionForm(forms.Form):
    """Name and the vendor's own fields. Secrets are never rendered back: left blank, they keep their value."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What you call this connection in Mainstay."))

    def __init__(
        self, vendor: type[Provider], data: Any = None, *, connection: Connection | None = None, prefix: str = ""
    ) -> None:
        initial = {"name": str(vendor.label)}
        if connection is not None:
            initial = {"name": connection.name, **connection.config}
        super().__init__(data, initial=initial, prefix=prefix or None)
        self.vendor = vendor
        for field in vendor.fields:
            self.fields[field.name] = _control(field, kept=bool(connection and connection.secrets.get(field.name)))

    @property
    def values(self) -> dict[str, Any]:
        """The answers to the vendor's fields."""
        return {field.name: self.cleaned_data[field.name] for field in self.vendor.fields}


class DisconnectForm(forms.Form):
    """The name, typed."""

    confirmation = forms.CharField()

    def __init__(self, data: Any, *, connection: Connection) -> None:
        super().__init__(data)
        self.connection = connection

    def clean_confirmation(self) -> str:
        """It must be this connection's."""
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed != self.connection.name:
            raise forms.ValidationError(_("That is not the name of this connection."))
        return typed


def _control(field: ProviderField, *, kept: bool) -> forms.Field:
    words = conditional_escape(field.help)
    common: dict[str, Any] = {"label": field.label, "help_text": words, "required": field.required}
    if field.secret:
        return _secret_control(common, kept=kept)
    common["initial"] = field.default
    if field.kind == "choice":
        return forms.ChoiceField(choices=field.choices, **common)
    if field.kind == "switch":
        return forms.BooleanField(**{**common, "required": False})
    if field.kind == "url":
        return forms.URLField(assume_scheme="https", **common)
    kinds = {"number": partial(forms.IntegerField, min_value=0), "email": forms.EmailField}
    return kinds.get(field.kind, partial(forms.CharField, max_length=500))(**common)


def _secret_control(common: dict[str, Any], *, kept: bool) -> forms.Field:
    if kept:
        common = {**common, "required": False, "help_text": _("Stored. Leave blank to keep it.")}
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
    return forms.CharField(max_length=4000, widget=widget, **common)
