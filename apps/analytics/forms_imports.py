"""The form with which a file of history is handed over."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ImportKind


class ImportForm(forms.Form):
    """Where it comes from, and the file."""

    kind = forms.ChoiceField(
        label=_("Where does it come from?"), choices=ImportKind.choices, widget=forms.RadioSelect,
        initial=ImportKind.ACCESS_LOG,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A log or CSV as it was downloaded, also packed with gzip or zip, up to 2 GB. It is read on this server "
            "and deleted when it is in."
        ),
    )
