"""Which page of notifications is asked for, and which are to be marked."""

from __future__ import annotations

from django import forms


class PageForm(forms.Form):
    """Paging by id."""

    before = forms.IntegerField(required=False, min_value=1)


class ReadForm(forms.Form):
    """One notification, or without an id all of them."""

    id = forms.IntegerField(required=False, min_value=1)
