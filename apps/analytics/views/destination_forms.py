"""What is asked of a destination beside the vendor's own questions: which events, under which names, and consent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.analytics.delivery.mapping import INTERNAL, LONGEST_NAME
from apps.analytics.enums import ConsentRule, WhenUnsure
from apps.analytics.models import Destination as Row
from apps.analytics.providers.base import EVERY, Destination

MOST_ROWS = 60


class MappingForm(forms.Form):
    """A row for each event that is known: its name over there, or nothing to leave it out."""

    consent = forms.ChoiceField(
        label=_("Visitors who have not agreed"), choices=ConsentRule.choices, widget=forms.RadioSelect,
    )
    when_unsure = forms.ChoiceField(
        label=_("When an answer is lost"), choices=WhenUnsure.choices, widget=forms.RadioSelect,
        help_text=_("A connection can break off, or Mainstay be stopped, when an event has left and no answer was read "
                    "yet. This destination knows no ids of events, so it cannot tell a repeat."),
    )
    other = forms.BooleanField(
        label=_("Send every other event too"), required=False, help_text=_("Each under its own name."),
    )
    extra_name = forms.CharField(label=_("Another event"), required=False, max_length=64,
                                 help_text=_("The name under which your site sends it."))
    extra_as = forms.CharField(label=_("Its name over there"), required=False, max_length=LONGEST_NAME)

    def __init__(
        self, vendor: type[Destination], row: Row, seen: Iterable[str], data: Any = None
    ) -> None:
        events = row.events
        initial = {"consent": row.consent, "when_unsure": row.when_unsure, "other": events.get(EVERY) == EVERY}
        super().__init__(data, initial=initial)
        self._names = self._known(vendor, events, seen)
        if vendor.deduplicates:
            del self.fields["when_unsure"]
        if not vendor.takes_anonymous:
            offered = [choice for choice in ConsentRule.choices if choice[0] != ConsentRule.ANONYMOUS]
            self.fields["consent"].choices = offered  # type: ignore[attr-defined]
        for number, name in enumerate(self._names):
            target = events.get(name, name if events.get(EVERY) and name not in INTERNAL else "")
            self.fields[f"as_{number}"] = forms.CharField(
                label=name, required=False, max_length=LONGEST_NAME, initial=name if target == EVERY else target,
                widget=forms.TextInput(attrs={"list": "suggestions", "autocomplete": "off"}),
            )

    @staticmethod
    def _known(vendor: type[Destination], events: Mapping[str, str], seen: Iterable[str]) -> list[str]:
        names = dict.fromkeys([*vendor.events, *events, *(name for name in seen if name not in INTERNAL)])
        names.pop(EVERY, None)
        return list(names)[:MOST_ROWS]

    @property
    def rows(self) -> list[forms.BoundField]:
        """The fields of the table."""
        return [self[f"as_{number}"] for number in range(len(self._names))]

    def clean(self) -> dict[str, Any]:
        """A further event needs both names."""
        found = super().clean() or {}
        if found.get("extra_as") and not found.get("extra_name"):
            self.add_error("extra_name", _("Say which event."))
        return found

    @property
    def rules(self) -> dict[str, str]:
        """Consent, and what becomes of events whose answer was lost where that is asked."""
        return {name: self.cleaned_data[name] for name in ("consent", "when_unsure") if name in self.fields}

    @property
    def mapping(self) -> dict[str, str]:
        """What was filled in, as it is stored."""
        data, found = self.cleaned_data, {}
        for number, name in enumerate(self._names):
            target = data[f"as_{number}"].strip()
            if target or data["other"]:
                found[name] = target
        if data["extra_name"]:
            found[data["extra_name"]] = data["extra_as"].strip() or data["extra_name"]
        if data["other"]:
            found[EVERY] = EVERY
        return found
