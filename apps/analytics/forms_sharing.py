"""What an owner types about shared links and warnings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import SharedPeriod
from apps.analytics.forms_journeys import ServiceForm
from apps.metrics.calendar_math import midnight

_NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class ShareForm(ServiceForm):
    """A new link. `segments` are those the owner may use: the link takes the filters of the one chosen."""

    name = forms.CharField(
        label=_("Name"), max_length=80,
        help_text=_("For you and your team: “For the agency”. Whoever opens the link does not see it."),
    )
    period = forms.ChoiceField(label=_("Period"), choices=SharedPeriod.choices, required=False)
    segment = forms.ChoiceField(label=_("Only visits of"), required=False,
                                help_text=_("A saved segment. Its filters always hold and cannot be taken off."))
    may_filter = forms.BooleanField(label=_("Visitors may filter further"), required=False, initial=True)
    shows_money = forms.BooleanField(label=_("Show revenue"), required=False)
    expires_on = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
                                 help_text=_("After this day the link leads nowhere."))
    password = forms.CharField(label=_("Password"), required=False, max_length=128, widget=_NEW_PASSWORD,
                               help_text=_("At least 8 characters. It is asked before anything is shown."))
    embed_hosts = forms.CharField(
        label=_("May be shown in pages of"), required=False, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "www.example.com", "spellcheck": "false"}),
        help_text=_("One host a line. Empty: in no other page."),
    )

    def __init__(self, *args: Any, segments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segments = {str(segment.pk): segment for segment in segments}
        choices = [("", _("All visits")), *((key, segment.name) for key, segment in self.segments.items())]
        self.fields["segment"].choices = choices  # type: ignore[attr-defined]

    def facts(self, zone: Any) -> dict[str, Any]:
        """For the service; the last day ends at midnight in the organization's zone."""
        data = self.cleaned_data
        day, segment = data["expires_on"], self.segments.get(data["segment"])
        return {
            **{name: data[name] for name in ("name", "password", "period", "may_filter", "shows_money")},
            "filters": segment.filters if segment else (),
            "embed_hosts": data["embed_hosts"].split(),
            "expires_at": midnight(day + timedelta(days=1), zone) if day else None,
        }


class AlertForm(ServiceForm):
    """Limits; what is left empty is off."""

    spike_visitors = forms.IntegerField(
        label=_("More visitors at once than"), required=False, min_value=1, max_value=1_000_000,
        help_text=_("People who did something within the last five minutes."),
    )
    spike_times = forms.DecimalField(
        label=_("This many times the usual"), required=False, min_value=1.1, max_value=1000, decimal_places=1,
        help_text=_("The hour that runs, against the median of the same hour and weekday of the last four weeks."),
    )
    drop_visitors = forms.IntegerField(
        label=_("Fewer visitors within 12 hours than"), required=False, min_value=1, max_value=1_000_000,
        help_text=_("1 means: when nobody came at all."),
    )
