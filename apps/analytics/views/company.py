"""One company: what is known of it, what it did, why it has its score, and setting it right."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.company_forms import CompanyForm, MergeForm
from apps.analytics.enums import NetworkKind
from apps.analytics.models import Company, CompanyScore, Session
from apps.analytics.selectors import companies as selectors
from apps.analytics.selectors.crm import crm_connections, entries_of
from apps.analytics.services import companies as services
from apps.analytics.views.base import OrganizationView
from apps.analytics.views.company_words import (
    CONFIDENCE_TONES,
    PARTS,
    TEMPERATURE_TONES,
    industry_of_company,
    kind_label,
    part_words,
    reason_of,
)
from apps.analytics.views.crm_words import entry_row
from apps.analytics.views.labels import value_label
from apps.metrics.words import say

HISTORY = timedelta(days=90)
VISITS = 20


class CompanyView(OrganizationView):
    """A page about one company; 404 for another organization's. One that was merged leads to the other."""

    action = "company.view"

    @cached_property
    def company(self) -> Company:
        """The company in the address."""
        return get_object_or_404(Company.objects.select_related("merged_into"), pk=self.kwargs["pk"])

    def back(self) -> HttpResponse:
        """To its page."""
        return redirect("analytics:company", self.organization.slug, self.company.pk)


class CompanyPage(CompanyView):
    """The page, shown with a form that is new or was refused."""

    def shown(self, form: CompanyForm, status: int = 200) -> HttpResponse:
        """The page, with this form."""
        company, may_edit = self.company, self.may("company.edit")
        here = [self.organization.slug, company.pk]
        facts = {
            "company": company, "form": form, "may_edit": may_edit, "profile": profile(company),
            "temperature_label": company.get_temperature_display(),
            "temperature_tone": TEMPERATURE_TONES[company.temperature],  # type: ignore[index]
            "reason": reason_of(company), "parts": parts(selectors.newest_score(company)),
            "history": history(selectors.scores_of(company, timezone.now().date() - HISTORY)),
            "visits": [visit_row(visit) for visit in selectors.visits_of(company, VISITS)],
            "pages": ranked(selectors.pages_of(company)), "events": ranked(selectors.events_of(company), "event"),
            "merge_form": MergeForm(targets=selectors.merge_targets(company)) if may_edit else None,
            "back_href": reverse("analytics:company-list", args=here[:1]),
            "edit_href": reverse("analytics:company-edit", args=here),
            "action_href": reverse("analytics:company-action", args=here),
            "merge_href": reverse("analytics:company-merge", args=here),
            "sites": [
                {"name": site.name, "href": reverse("analytics:site", args=[here[0], site.script_id])
                 + f"?f=company:is:{company.pk}"}
                for site in selectors.sites_of(company)
            ],
            "crm_rows": crm_rows(company), "may_send": self.may("company.send"),
            "send_href": reverse("analytics:company-send", args=here[:1]) + f"?company={company.pk}",
            "rules_href": reverse("analytics:company-rules", args=here[:1]) if may_edit else "",
        }
        return render(self.request, "analytics/companies/detail.html", facts, status=status)


class CompanyDetail(CompanyPage):
    """`/o/<slug>/companies/<id>/`."""

    def get(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        """Everything about it."""
        if self.company.merged_into_id:
            return redirect("analytics:company", slug, self.company.merged_into_id)
        return self.shown(CompanyForm(instance=self.company))


class CompanyEdit(CompanyPage):
    """`…/edit/`: what the owner knows better."""

    action = "company.edit"

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        """Set right what was guessed."""
        form = CompanyForm(request.POST, instance=Company(pk=pk, organization=self.organization))
        if not form.is_valid():
            return self.shown(form, status=422)
        try:
            services.company_update(actor=request.user, company=self.company, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.shown(form, status=422)
        messages.success(request, _("Saved. Look-ups no longer change what you have written."))
        return self.back()


class CompanyAction(CompanyView):
    """`…/do/`: hide, show, dismiss (it is no company), restore; POST with `do`."""

    action = "company.edit"

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        """Do it and say so."""
        wish, company = request.POST.get("do", ""), self.company
        if wish in {"hide", "show"}:
            services.company_hide(actor=request.user, company=company, hidden=wish == "hide")
            words = _("Hidden.") if wish == "hide" else _("Shown again.")
        elif wish in {NetworkKind.ISP, NetworkKind.HOSTING, NetworkKind.BUSINESS, NetworkKind.EDUCATION,
                      NetworkKind.GOVERNMENT}:
            services.company_correct(actor=request.user, company=company, kind=NetworkKind(wish))
            words = _("Corrected: %(kind)s. New visits follow that.") % {"kind": kind_label(wish)}
        else:
            return HttpResponse(_("There is no such action."), status=400)
        messages.success(request, words)
        return self.back()


class CompanyMerge(CompanyView):
    """`…/merge/`: it is the same as another."""

    action = "company.edit"

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        """Its visits become the other's."""
        form = MergeForm(request.POST, targets=selectors.merge_targets(self.company))
        if not form.is_valid():
            messages.error(request, _("Choose another company."))
            return self.back()
        try:
            target = services.company_merge(
                actor=request.user, company=self.company, into=form.cleaned_data["into"]
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return self.back()
        messages.success(request, _("Merged. Past and future visits count for %(company)s.") % {"company": target.name})
        return redirect("analytics:company", slug, target.pk)


def crm_rows(company: Company) -> list[dict[str, Any]]:
    """Each connected CRM, and what is known of the company in it."""
    known = entries_of(company)
    return [
        {"crm": row, **(entry_row(known[row.pk]) if row.pk in known else {"entry": None})}
        for row in crm_connections()
    ]


def profile(company: Company) -> list[dict[str, Any]]:
    """What is known, as names and values."""
    rows: list[tuple[str, Any]] = [
        (_("Domain"), company.domain),
        (_("Industry"), " · ".join(str(part) for part in industry_of_company(company).values())),
        (_("Size"), company.size),
        (_("Place"), ", ".join(filter(None, [company.city, str(value_label("country", company.country))
                                            if company.country else ""]))),
        (_("Kind"), kind_label(company.kind)),
        (_("Network"), f"{company.network_name} (AS{company.network})" if company.network else ""),
        (_("First seen"), _moment(company.first_seen_at)), (_("Last seen"), _moment(company.last_seen_at)),
        (_("Visits"), say(company.visits, "count")), (_("Page views"), say(company.pageviews, "count")),
    ]
    found: list[dict[str, Any]] = [{"label": label, "text": text or "–"} for label, text in rows]
    badge = {"badge": company.get_confidence_display(), "tone": CONFIDENCE_TONES[company.confidence]}  # type: ignore[index]
    return [*found, {"label": _("Confidence"), "text": "", **badge}]


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def parts(score: CompanyScore | None) -> list[dict[str, Any]]:
    """Why it has this score: each part in words, its points and what they add."""
    if score is None:
        return []
    total = sum(part["weight"] for part in score.parts.values()) or 1
    return [
        {
            "label": label, "words": part_words(key, score.parts[key]["amount"]),
            "points": round(score.parts[key]["points"]), "weight": score.parts[key]["weight"],
            "adds": f"{score.parts[key]['points'] * score.parts[key]['weight'] / total:.1f}",
        }
        for key, label in PARTS.items() if key in score.parts
    ]


def history(scores: list[CompanyScore]) -> dict[str, Any] | None:
    """The course of the score, for a chart; none for less than two days."""
    if len(scores) < 2:
        return None
    return {
        "kind": "line", "unit": "count", "grain": "day", "times": [score.day.isoformat() for score in scores],
        "series": [{"name": _("Score"), "values": [score.score for score in scores], "key": "score"}],
    }


def visit_row(visit: Session) -> dict[str, Any]:
    """One visit of the time line."""
    what = ngettext("%(count)s page", "%(count)s pages", visit.pageviews) % {"count": visit.pageviews}
    seconds = visit.engaged_ms // 1000
    return {
        "at": visit.started_at, "site": visit.site.name, "entry": visit.entry_page, "exit": visit.exit_page,
        "what": what, "attention": _("%(minutes)s min %(seconds)s s of attention") % {
            "minutes": seconds // 60, "seconds": seconds % 60
        },
        "channel": value_label("channel", visit.channel), "conversions": visit.conversions,
        "device": value_label("device", visit.device),
    }


def ranked(rows: list[tuple[str, int, int]], dimension: str = "page") -> list[dict[str, Any]]:
    """Rows of a share list."""
    largest = max((number for _name, number, _visits in rows), default=1)
    return [
        {
            "label": value_label(dimension, name), "title": name, "value": say(number, "count"),
            "share": 100 * number / largest,
            "sub": ngettext("%(count)s visit", "%(count)s visits", visits) % {"count": visits},
        }
        for name, number, visits in rows
    ]
