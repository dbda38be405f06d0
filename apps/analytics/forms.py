"""What an owner types about a site, checked where it is typed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import CompanyMode, ConsentMode
from apps.analytics.selectors.kept import has_events_before
from apps.analytics.services.sites import hosts_of


def _hosts(text: str) -> list[str]:
    try:
        return hosts_of(re.split(r"[\s,]+", text))
    except forms.ValidationError as error:
        raise forms.ValidationError(error.messages) from error


class HostsField(forms.CharField):
    """Hosts, one a line or separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A stored list as lines."""
        return "\n".join(value) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> list[str]:
        """The hosts without repeats, in the order typed."""
        return _hosts(super().clean(self.prepare_value(value)) or "")


class NewSiteForm(forms.Form):
    """The two things needed to begin."""

    address = forms.CharField(
        label=_("Address of the site"), max_length=300,
        widget=forms.TextInput(
            attrs={"placeholder": "www.example.com", "inputmode": "url", "autocomplete": "url", "autofocus": True}
        ),
        help_text=_("As your visitors type it."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("What you call it. The address, if left empty."),
    )

    def clean_address(self) -> str:
        """The host of what was typed."""
        found = _hosts(self.cleaned_data["address"])
        if len(found) != 1:
            raise forms.ValidationError(_("Type one address, such as www.example.com."))
        return found[0]

    def clean(self) -> dict[str, Any]:
        """The host names a site that was given no name."""
        data = super().clean() or {}
        data["name"] = (data.get("name") or "").strip() or data.get("address", "").removeprefix("www.")
        return data


KEEP_MONTHS = (
    (0, _("as long as you use Mainstay")), (3, _("3 months")), (6, _("6 months")), (12, _("12 months")),
    (14, _("14 months")), (24, _("2 years")), (36, _("3 years")), (60, _("5 years")),
)


class SiteForm(forms.Form):
    """Everything an owner can change about a site. Bound, it needs the site: keeping less must be confirmed."""

    name = forms.CharField(label=_("Name"), max_length=120)
    domains = HostsField(label=_("Addresses"), help_text=_("Every host the site answers on, one a line."))
    cross_domains = HostsField(
        label=_("Counted as the same site"), required=False,
        help_text=_("Other hosts a visit may go on to, such as a shop at another provider."),
    )
    consent = forms.ChoiceField(label=_("Recognising visitors"), choices=ConsentMode.choices)
    gpc = forms.BooleanField(
        label=_("Respect “do not track”"), required=False,
        help_text=_("Visitors whose browser asks not to be tracked are not counted at all."),
    )
    spa = forms.BooleanField(label=_("Count pages that change without loading"), required=False)
    hash = forms.BooleanField(label=_("Addresses differ after the # sign"), required=False)
    outbound = forms.BooleanField(label=_("Links to other sites"), required=False)
    downloads = forms.BooleanField(label=_("Downloads"), required=False)
    forms_sent = forms.BooleanField(label=_("Forms sent"), required=False)
    not_found = forms.BooleanField(label=_("Pages not found"), required=False)
    scroll = forms.BooleanField(label=_("How far pages are read"), required=False)
    vitals = forms.BooleanField(label=_("Loading speed"), required=False)
    only_known_hosts = forms.BooleanField(
        label=_("Only count visits on the addresses above"), required=False,
        help_text=_("Leaves out copies of your pages on other hosts."),
    )
    companies = forms.ChoiceField(
        label=_("Recognising companies"), choices=CompanyMode.choices,
        help_text=_("Tells which businesses visit, never which person. Addresses are not kept with them."),
    )
    truncate_ip = forms.BooleanField(
        label=_("Shorten network addresses before anything is looked up"), required=False,
        help_text=_("Places become less exact."),
    )
    ip_retention_days = forms.IntegerField(
        label=_("Keep network addresses for"), min_value=0, max_value=90, help_text=_("Days; 0 keeps none."),
    )
    keep_months = forms.TypedChoiceField(
        label=_("Keep visits and events for"), coerce=int, choices=KEEP_MONTHS, empty_value=0, required=False,
        help_text=_("Totals stay for good. Filters, visitors' paths and exports reach back this far."),
    )
    confirm_keep = forms.BooleanField(label=_("Delete them for good"), required=False)
    test = forms.BooleanField(
        label=_("Test mode"), required=False,
        help_text=_("Events are marked as tests, and automated browsers are let in."),
    )

    SWITCHES = (
        "gpc", "spa", "hash", "outbound", "downloads", "not_found", "scroll", "vitals", "only_known_hosts",
        "truncate_ip", "test",
    )

    def __init__(self, *args: Any, site: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.would_go: datetime | None = None

    @classmethod
    def initial_of(cls, site: Any) -> dict[str, Any]:
        """The stored site as the form shows it."""
        options = site.options
        return {
            "name": site.name, "domains": site.domains, "cross_domains": site.cross_domains,
            "consent": options.consent, "forms_sent": options.forms, "ip_retention_days": options.ip_retention_days,
            "keep_months": options.keep_months, "companies": options.companies,
            **{name: getattr(options, name) for name in cls.SWITCHES},
        }

    def clean(self) -> dict[str, Any]:
        """Whoever keeps less than is there must have said so; `would_go` is until when everything would be deleted."""
        data = super().clean() or {}
        kept_from = SiteSettings(keep_months=data.get("keep_months") or 0).kept_from(timezone.now())
        if self.site is not None and kept_from and has_events_before(self.site, kept_from):
            self.would_go = kept_from
            if not data.get("confirm_keep") and data["keep_months"] != self.site.options.keep_months:
                self.add_error("confirm_keep", _("Visits and events before %(day)s would be deleted. Say so here.") % {
                    "day": date_format(kept_from, "DATE_FORMAT")
                })
        return data

    def settings(self) -> SiteSettings:
        """The switches as they are to be stored; what the form does not ask for stays as it is."""
        data = self.cleaned_data
        return replace(
            self.site.options, consent=data["consent"], forms=data["forms_sent"], companies=data["companies"],
            ip_retention_days=data["ip_retention_days"], keep_months=data["keep_months"],
            **{name: data[name] for name in self.SWITCHES},
        )
