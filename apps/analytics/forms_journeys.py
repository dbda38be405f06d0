"""What an owner types about goals, funnels and segments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts.journeys import GOAL, MOST_STEPS, StepSpec
from apps.analytics.enums import FunnelWindow, GoalKind, TextMatch
from apps.analytics.models import Goal
from apps.analytics.services.goals import goal_rule

STEP_KINDS = (("page", _("Page")), ("event", _("Event")))


class ServiceForm(forms.Form):
    """A form whose service has the last word."""

    def add_all(self, error: ValidationError) -> None:
        """Put a service's complaints at their fields."""
        if hasattr(error, "error_dict"):
            for field, messages in error.error_dict.items():
                self.add_error(field if field in self.fields else None, messages)
        else:
            self.add_error(None, error)


class GoalForm(ServiceForm):
    """A goal. Which fields count depends on `kind`; the others are hidden by the page and left out here."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What you call it: “Asked for an offer”."))
    kind = forms.ChoiceField(label=_("Reached when"), choices=GoalKind.choices, initial=GoalKind.PAGE)
    match = forms.ChoiceField(label=_("Compared how"), choices=TextMatch.choices, initial=TextMatch.IS, required=False)
    value = forms.CharField(
        label=_("Page or event"), max_length=500, required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
        help_text=_("A page begins with /, such as /thank-you. An event is written as your site sends it."),
    )
    prop_name = forms.CharField(
        label=_("Only with the property"), max_length=300, required=False,
        help_text=_("A property of the event, such as plan. Leave it empty to count every such event."),
    )
    prop_value = forms.CharField(label=_("Which is"), max_length=500, required=False)
    amount = forms.DecimalField(
        label=_("Worth at least"), max_digits=16, decimal_places=2, min_value=0, required=False,
        help_text=_("In your currency. 0 counts every order that has an amount."),
    )
    is_conversion = forms.BooleanField(
        label=_("Counts as a conversion"), required=False,
        help_text=_("From now on it is part of conversions, conversion rate and conversion pages. Orders always are."),
    )

    @classmethod
    def initial_of(cls, goal: Goal) -> dict[str, Any]:
        """A stored goal as the form shows it."""
        return {name: getattr(goal, name) for name in cls.base_fields}

    def clean(self) -> dict[str, Any]:
        """The rule must be one that something can meet."""
        data = super().clean() or {}
        try:
            self.rule = goal_rule(**{name: data.get(name) for name in ("kind", "value", "prop_name", "prop_value",
                                     "amount")}, match=data.get("match") or TextMatch.IS)
        except ValidationError as error:
            self.add_all(error)
        return data

    def facts(self) -> dict[str, Any]:
        """For the services."""
        return {"name": self.cleaned_data["name"], "is_conversion": self.cleaned_data["is_conversion"], **self.rule}


class FunnelForm(ServiceForm):
    """Name and time; the steps are read from the numbered fields `step-<n>-…` (`steps_in`)."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What you call it: “Way to an order”."))
    window = forms.ChoiceField(label=_("Time for all steps"), choices=FunnelWindow.choices, initial=FunnelWindow.VISIT,
                               help_text=_("Over more than a visit, only visitors who can be recognised are counted."))
    steps = forms.Field(required=False, widget=forms.HiddenInput)


class SegmentForm(ServiceForm):
    """A name for filters, and for whom they are."""

    name = forms.CharField(label=_("Name"), max_length=80)
    everywhere = forms.BooleanField(label=_("For every site"), required=False,
                                    help_text=_("Else only on this site."))
    is_shared = forms.BooleanField(label=_("For everybody in the organization"), required=False,
                                   help_text=_("Else only you see it."))

    def __init__(self, *args: Any, may_share: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]

    def facts(self, site: Any) -> dict[str, Any]:
        """For the service."""
        data = self.cleaned_data
        return {
            "name": data["name"], "is_shared": data.get("is_shared", False),
            "site": None if data["everywhere"] else site,
        }


def steps_in(data: QueryDict) -> list[StepSpec]:
    """The steps of a posted funnel, in order; rows that name nothing are left out. A goal is chosen as `goal:<id>`."""
    found = []
    for number in range(MOST_STEPS):
        fields = {name: data.get(f"step-{number}-{name}", "") for name in StepSpec.__dataclass_fields__}
        chosen, _colon, goal = fields["kind"].partition(":")
        if chosen == GOAL and goal:
            found.append(StepSpec(GOAL, value=goal, label=fields["label"]))
        elif fields["value"].strip():
            found.append(StepSpec(**{**fields, "kind": fields["kind"] or "page", "match": fields["match"] or "is"}))
    return found
