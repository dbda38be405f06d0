"""Sending companies to a CRM: what they will get, what has become of it, once more, and which record it is."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.models import Company, CrmEntry
from apps.analytics.selectors import crm as selectors
from apps.analytics.selectors.companies import companies_matching, companies_shown
from apps.analytics.services import crm as services
from apps.analytics.views.base import OrganizationView
from apps.analytics.views.company_table import address
from apps.analytics.views.crm_words import entry_row, preview_row
from apps.core.models import Connection
from apps.metrics.words import say

SHOWN = 50  # companies of which every field is shown before they are sent
_OWN = ("csrfmiddlewaretoken", "crm", "company", "all", "offset", "sort")


def chosen(params: QueryDict) -> list[int]:
    """The ids of the companies that were chosen: the ones named, or all that match the filters."""
    if params.get("all"):
        return list(companies_matching(params).values_list("pk", flat=True)[: services.MOST])
    return [int(text) for text in params.getlist("company")[: services.MOST] if text.isdigit() and len(text) < 19]


class CompanySend(OrganizationView):
    """`/o/<slug>/companies/send/`: what is sent, shown before; POST sends it."""

    action = "company.send"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Every field of the first fifty, and how many there are."""
        connections, crm = self.connections, self._crm(request.GET)
        rows = companies_shown().filter(pk__in=chosen(request.GET)).order_by("-score", "id")
        companies = list(rows[:SHOWN]) if crm else []
        total = rows.count()
        facts: dict[str, Any] = {
            "crm": crm, "total": total, "more": max(0, total - len(companies)), "rows": self._rows(crm, companies),
            "crm_tabs": [
                {"label": row.name, "href": address(request.GET, crm=str(row.pk)), "active": row == crm}
                for row in connections
            ],
            "hidden": [(name, value) for name in request.GET for value in request.GET.getlist(name) if name != "crm"],
            "back_href": self._back(request.GET), "may_connect": self.may("connection.manage"),
            "send_label": _send_label(total, crm),
        }
        return render(request, "analytics/companies/send.html", facts)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Put them on their way, and lead to where that can be watched."""
        crm = self._crm(request.POST)
        ids = chosen(request.POST)
        number = services.companies_send(actor=request.user, connection=crm, companies=ids) if crm else 0
        if crm is None or not number:
            messages.error(request, _("Choose companies to send first."))
            return redirect("analytics:company-list", slug)
        messages.success(request, ngettext(
            "%(n)s company is on its way to %(crm)s.", "%(n)s companies are on their way to %(crm)s.", number,
        ) % {"n": say(number, "count"), "crm": crm.name})
        return redirect(reverse("analytics:company-crm", args=[slug]) + f"?crm={crm.pk}")

    @cached_property
    def connections(self) -> list[Connection]:
        """What can be sent to."""
        return selectors.crm_connections()

    def _crm(self, params: QueryDict) -> Connection | None:
        wanted = params.get("crm", "")
        named = [row for row in self.connections if str(row.pk) == wanted]
        return (named or ([] if wanted else self.connections) or [None])[0]  # type: ignore[list-item]

    def _rows(self, crm: Connection | None, companies: list[Company]) -> list[dict[str, Any]]:
        if crm is None:
            return []
        known = selectors.entries_by_company([row.pk for row in companies], crm)
        return [preview_row(row, next(iter(known.get(row.pk, [])), None), crm, self.organization) for row in companies]

    def _back(self, params: QueryDict) -> str:
        if len(params.getlist("company")) == 1 and not params.get("all") and params["company"].isdigit():
            return reverse("analytics:company", args=[self.organization.slug, int(params["company"][:18])])
        filters = params.copy()
        for name in _OWN:
            filters.pop(name, None)
        return reverse("analytics:company-list", args=[self.organization.slug]) + f"?{filters.urlencode()}"


def _send_label(total: int, crm: Connection | None) -> str:
    words = ngettext("Send %(n)s company to %(crm)s", "Send %(n)s companies to %(crm)s", total)
    return words % {"n": say(total, "count"), "crm": crm.name if crm else ""}


class CompanyCrm(OrganizationView):
    """`/o/<slug>/companies/crm/`: what was sent, what is on its way, what was refused."""

    action = "company.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The newest first; the page looks again while something is on its way."""
        page = selectors.entries_listed(request.GET)
        facts = {
            "rows": [entry_row(entry) for entry in page.entries], "moving": page.is_moving,
            "here": request.get_full_path(), "tabs": _state_tabs(request.GET, page),
            "back_href": reverse("analytics:company-list", args=[slug]), "may_send": self.may("company.send"),
            "refused": page.counts.get(CrmEntry.State.FAILED, 0), "crm": request.GET.get("crm", ""),
            "prev_href": _at(request.GET, max(0, page.offset - selectors.PAGE)) if page.offset else "",
            "next_href": _at(request.GET, page.offset + selectors.PAGE) if page.more else "",
        }
        return render(request, "analytics/companies/crm.html", facts)


def _at(params: QueryDict, offset: int) -> str:
    return address(params, offset=str(offset or ""))


def _state_tabs(params: QueryDict, page: selectors.EntryPage) -> list[dict[str, Any]]:
    states = [("", _("All"), sum(page.counts.values()))]
    states += [(key, str(label), page.counts.get(key, 0)) for key, label in CrmEntry.State.choices]
    shown = params.get("state", "")
    return [
        {"label": label, "href": address(params, state=key), "active": key == shown, "count": count}
        for key, label, count in states
    ]


class CompanyCrmAgain(OrganizationView):
    """`…/crm/again/`: send once more, one (`entry`) or everything that was refused."""

    action = "company.send"

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """On their way again."""
        crm = request.POST.get("crm", "")
        if wanted := request.POST.get("entry", ""):
            entries = [get_object_or_404(CrmEntry.objects, pk=int(wanted) if wanted.isdigit() else 0)]
        else:
            entries = selectors.entries_refused(int(crm) if crm.isdigit() else None)
        number = services.entries_again(actor=request.user, entries=entries)
        if number:
            messages.success(request, ngettext(
                "%(n)s company is on its way again.", "%(n)s companies are on their way again.", number,
            ) % {"n": say(number, "count")})
        else:
            messages.info(request, _("Nothing was refused that could be sent again."))
        return redirect(reverse("analytics:company-crm", args=[slug]) + (f"?crm={crm}" if crm.isdigit() else ""))


class CompanyCrmChoose(OrganizationView):
    """`…/crm/<id>/choose/`: this record over there is the company."""

    action = "company.send"

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        """Take the record, and send."""
        entry = get_object_or_404(CrmEntry.objects.select_related("company", "connection"), pk=pk)
        try:
            services.crm_record_choose(actor=request.user, entry=entry, external_id=request.POST.get("record", ""))
            messages.success(request, _("Chosen. %(company)s is on its way.") % {"company": entry.company.name})
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect(reverse("analytics:company-crm", args=[slug]) + f"?crm={entry.connection_id}")
