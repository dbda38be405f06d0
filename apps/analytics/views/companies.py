"""The directory of companies, as a page and as CSV, and how they are scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.company_forms import RulesForm
from apps.analytics.enums import NetworkKind
from apps.analytics.models import Company, CompanyRules
from apps.analytics.selectors.companies import (
    MOST_EXPORTED,
    Recognition,
    companies_listed,
    companies_matching,
    company_choices,
    recognition,
)
from apps.analytics.selectors.crm import crm_connections, entries_by_company
from apps.analytics.services.company_scores import rules_change
from apps.analytics.services.crm import MOST
from apps.analytics.views import company_table as table
from apps.analytics.views.base import OrganizationView
from apps.analytics.views.breakdown import harmless
from apps.analytics.views.company_words import industry_label, kind_label
from apps.core.csv_answers import CsvResponse
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read
from apps.metrics.words import say

CARDS = ("companies.seen", "companies.hot", "companies.visits")
_CSV = (
    "name", "domain", "industry", "size", "country", "city", "kind", "confidence", "network", "network_name",
    "first_seen_at", "last_seen_at", "visits", "pageviews", "score", "temperature",
)


class CompanyList(OrganizationView):
    """`/o/<slug>/companies/`: which businesses came, and how interested are they?"""

    action = "company.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The directory; while there is nothing, why there is nothing."""
        listed, choices = companies_listed(request.GET), company_choices()
        crm = entries_by_company([row.pk for row in listed.companies]) if crm_connections() else None
        may_send = self.may("company.send") and request.GET.get("temperature") not in {"hidden", "dismissed"}
        facts: dict[str, Any] = {
            "columns": table.columns(request.GET, crm=crm is not None), "has_crm": crm is not None,
            "rows": table.rows(slug, listed, choose=may_send, crm=crm), "may_send": may_send,
            "send_all": _send_all(listed.total),
            "filters": [(name, value) for name, value in request.GET.items() if name not in {"offset", "range"}],
            "pager": table.pager(request.GET, listed), "tabs": table.tabs(request.GET, choices),
            "choices": table.filter_choices(request.GET, choices), "chips": table.chips(request.GET, choices),
            "search": request.GET.get("q", ""), "clear_href": request.path, "may_edit": self.may("company.edit"),
            "csv_href": reverse("analytics:company-csv", args=[slug]) + table.address(request.GET),
            "nothing": None if listed.total or request.GET else why_nothing(recognition(), self.organization),
        }
        return render(request, "analytics/companies/list.html", facts | self._figures())

    def _figures(self) -> dict[str, Any]:
        """Cards, and visits by industry and by kind."""
        period = ranges.parse_kindly(self.request.GET, self.organization.tz)
        frame = frames.of_request(self.request, period)
        page = read.page(CARDS, frame)
        return {
            "range": period,
            "cards": [present.kpi(page.answers[key], frame, series=page.series[key]) for key in CARDS],
            "panels": [
                _panel(frame, "industry", _("By industry"), _("Industry")),
                _panel(frame, "network_kind", _("By kind"), _("Kind")),
            ],
        }


def _send_all(total: int) -> str:
    """All that match, also those on other pages; of very many, the first ones as the list is sorted."""
    if total > MOST:
        words = _("Send the first %(most)s of %(n)s in this list")
        return words % {"most": say(MOST, "count"), "n": say(total, "count")}
    words = ngettext("Send the %(n)s company of this list", "Send all %(n)s companies of this list", total)
    return words % {"n": say(total, "count")}


def _panel(frame: Any, by: str, title: str, label: str) -> dict[str, Any]:
    found = read.breakdown(["companies.visits"], frame, by=by, limit=8)
    name = "kind" if by == "network_kind" else by
    return {
        "title": title, "label": label, "value_label": found.metrics[0].label,
        "state": "ok" if found.lines else "empty",
        "rows": [
            row | {
                "label": (kind_label(row["title"]) if name == "kind" else industry_label(row["title"]))
                or _("Not known"),
                "href": f"?{name}={row['title']}" if row["title"] else "",
            }
            for row in present.share_rows(found)
        ],
    }


def why_nothing(found: Recognition, organization: Any) -> dict[str, Any]:
    """Why no company is listed yet, and what to do about it."""
    sites = reverse("analytics:site-list", args=[organization.slug])
    if not found.has_sites:
        return {"title": _("Companies that visit your site will be listed here"), "href": sites,
                "text": _("Add your web site first."), "button": _("Add a site")}
    if not found.is_on:
        return {"title": _("Recognising companies is switched off"), "href": sites, "button": _("Choose a site"),
                "text": _("Switch it on in the settings of a site. Stored is the company, never the address.")}
    if not found.seen:
        return {"title": _("No visit has been looked at yet"), "href": sites, "button": _("See your sites"),
                "text": _("As visits arrive, those from the networks of businesses are listed here.")}
    isp = found.by_kind.get(NetworkKind.ISP, 0)
    hosting = found.by_kind.get(NetworkKind.HOSTING, 0)
    words = _(
        "Of %(seen)s visits in the last 30 days, %(isp)s came from access providers, %(hosting)s from data centres and"
        " %(unknown)s from networks nobody is listed for. Most businesses use an access provider like everyone else."
    )
    return {
        "title": _("Nobody came from a company's own network"), "href": "", "button": "",
        "text": words % {"seen": found.seen, "isp": isp, "hosting": hosting, "unknown": found.seen - isp - hosting},
    }


class CompanyCsv(OrganizationView):
    """`/o/<slug>/companies.csv`: the directory as the filters show it, whole."""

    action = "company.view"

    def get(self, request: HttpRequest, slug: str) -> CsvResponse:
        """A line a company; what a table program would take for a formula is made harmless."""
        rows = companies_matching(request.GET)[:MOST_EXPORTED].iterator(2000)
        return CsvResponse(_table(rows), f"companies-{slug}.csv")


def _table(rows: Iterator[Company]) -> Iterator[Sequence[Any]]:
    yield _CSV
    for row in rows:
        yield [_cell(getattr(row, name)) for name in _CSV]


def _cell(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else value


class CompanyRulesPage(OrganizationView):
    """`/o/<slug>/companies/settings/`: what counts how much."""

    action = "company.edit"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The form, filled."""
        return self._page(RulesForm(instance=CompanyRules.objects.first() or CompanyRules()))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Store it; companies are scored anew within a minute."""
        form = RulesForm(request.POST, instance=CompanyRules.objects.first() or CompanyRules())
        if not form.is_valid():
            return self._page(form, status=422)
        rules_change(actor=request.user, organization=self.organization, **form.cleaned_data)
        messages.success(request, _("Saved. Companies are scored anew within a minute."))
        return redirect("analytics:company-rules", slug)

    def _page(self, form: RulesForm, status: int = 200) -> HttpResponse:
        back = reverse("analytics:company-list", args=[self.organization.slug])
        facts = {"form": form, "back_href": back, "recognition": recognition()}
        return render(self.request, "analytics/companies/rules.html", facts, status=status)
