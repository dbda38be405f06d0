"""The forms with which history is handed over, or asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ImportKind
from apps.analytics.history.headings import FIGURES, WHEN
from apps.analytics.import_words import COLUMNS
from apps.analytics.models import Site
from apps.analytics.providers.past.base import Property


class ImportForm(forms.Form):
    """Where it comes from, and the file."""

    kind = forms.ChoiceField(
        label=_("Where does it come from?"), choices=ImportKind.choices, widget=forms.RadioSelect,
        initial=ImportKind.ACCESS_LOG,
    )
    file = forms.FileField(label=_("File"))


class UploadForm(forms.Form):
    """A file that is to come in pieces: what it is called, how many bytes it has, and when it was last changed, in
    milliseconds; so it is known again when it broke off."""

    kind = forms.ChoiceField(choices=ImportKind.choices)
    name = forms.CharField(max_length=1000)
    size = forms.IntegerField(min_value=0)
    changed = forms.IntegerField(min_value=0)


class ColumnsForm(forms.Form):
    """What the columns mean of tables that were not understood. One table at least must then hold figures by day."""

    def __init__(self, unclear: Sequence[Sequence[Sequence[str]]], named: Mapping[str, str], *args: Any) -> None:
        super().__init__(*args)
        self._tables = unclear
        self._names: dict[str, str] = {}  # by the heading in plain letters
        self.examples: dict[str, str] = {}
        for table in unclear:
            for plain, heading, example, guess in table:
                if plain not in self._names:
                    name = self._names[plain] = f"c{len(self._names)}"
                    self.examples[name] = example
                    self.fields[name] = forms.ChoiceField(
                        label=heading, choices=COLUMNS.items(), initial=named.get(plain, guess)
                    )

    @property
    def named(self) -> dict[str, str]:
        """The heading in plain letters to what it means."""
        return {plain: self.cleaned_data[name] for plain, name in self._names.items()}

    def clean(self) -> dict[str, Any]:
        """Which column is the day, and which a figure?"""
        if not self.errors:
            kinds = [[self.named[plain] for plain, *_rest in table] for table in self._tables]
            left = [table for table in kinds if "split" not in table]
            by_day = [table for table in left if sum(kind in WHEN for kind in table) == 1]
            if not by_day:
                raise forms.ValidationError(_("Choose one column that is the day, in a table that is not left out."))
            if not any(kind in FIGURES for table in by_day for kind in table):
                raise forms.ValidationError(_("Choose a column that is a figure, such as visits."))
        return self.cleaned_data


class FetchForm(forms.Form):
    """Which property, and which days: by default the year before the site was measured here."""

    property = forms.ChoiceField(label=_("Property"))
    first = forms.DateField(label=_("First day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    last = forms.DateField(
        label=_("Last day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("Days that this site counts itself are left out."),
    )

    def __init__(self, properties: Iterable[Property], site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["property"].choices = [  # type: ignore[attr-defined]
            (one.key, f"{one.name} ({one.account})" if one.account else one.name) for one in properties
        ]
        zone = site.organization.tz
        last = (site.detected_at or timezone.now()).astimezone(zone).date() - timedelta(days=1)
        self.initial = {"first": last - timedelta(days=364), "last": last}
