"""What an owner types about companies, checked where it is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.analytics.company_scoring import PARTS
from apps.analytics.models import Company, CompanyRules


class CompanyForm(forms.ModelForm):
    """What is known of a company."""

    class Meta:
        model = Company
        fields = ("name", "domain", "industry", "size", "country", "city")
        help_texts = {
            "domain": _("Such as example.com."), "size": _("As you would say it: 50–200 people."),
            "country": _("Two letters, such as DE."), "industry": _("Companies can be filtered by it."),
        }


class MergeForm(forms.Form):
    """Which company it is the same as."""

    into = forms.ModelChoiceField(None, label=_("Is the same as"), empty_label=_("Choose a company"))

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Company.objects.filter(pk__in=[row.pk for row in targets]).order_by("name")


class RulesForm(forms.ModelForm):
    """Weights and thresholds."""

    class Meta:
        model = CompanyRules
        fields = (*PARTS, "hot_from", "warm_from")
        help_texts = {
            "frequency": _("Visits in 30 days; three give half the points."),
            "depth": _("Pages a visit; three give half the points."),
            "time": _("Attention a visit; a minute gives half the points."),
            "conversions": _("Conversions in 30 days; one gives half the points."),
            "recency": _("Half the points are lost with every week that passes."),
            "hot_from": _("Points of 100."), "warm_from": _("Points of 100."),
        }

    def clean(self) -> dict[str, Any]:
        """Something must count, and warm comes before hot."""
        data = super().clean() or {}
        if not any(data.get(key) for key in PARTS):
            self.add_error(PARTS[0], _("At least one weight must be above 0."))
        if (data.get("warm_from") or 0) >= (data.get("hot_from") or 101):
            self.add_error("warm_from", _("Warm must begin below hot."))
        return data
