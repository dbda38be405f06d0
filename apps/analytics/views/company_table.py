"""The table of companies: columns, rows, tabs, the choices to filter by, and the chips of what is filtered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.enums import COMPANY_KINDS, Confidence, NetworkKind
from apps.analytics.models import Company, CrmEntry
from apps.analytics.selectors.companies import PAGE, Choices, Listed
from apps.analytics.views.company_words import (
    confidence_badge,
    industry_label,
    industry_of_company,
    kind_label,
    temperature_badge,
)
from apps.analytics.views.crm_words import TONES
from apps.analytics.views.labels import value_label
from apps.metrics.words import say

FILTERS = ("industry", "country", "kind", "confidence", "site")


def columns(params: QueryDict, *, crm: bool = False) -> list[dict[str, Any]]:
    """Heads with their links to sort."""
    sort = params.get("sort", "-score")
    heads = (
        ("name", _("Company"), "name", False), ("temperature", _("Interest"), "", False),
        ("score", _("Score"), "-score", True), ("visits", _("Visits"), "-visits", True),
        ("pages", _("Page views"), "-pages", True), ("sites", _("Sites"), "", True),
        *((("crm", _("CRM"), "", False),) if crm else ()),
        ("industry", _("Industry"), "", False), ("confidence", _("Confidence"), "", False),
        ("first", _("First seen"), "-first", True), ("last", _("Last seen"), "-last", True),
    )
    return [
        {"key": key, "label": label, "hidden": key in {"first"}} | ({"align": "end"} if end else {})
        | (_sorting(params, sort, way) if way else {})
        for key, label, way, end in heads
    ]


def rows(
    slug: str, listed: Listed, *, choose: bool = False, crm: Mapping[int, list[CrmEntry]] | None = None,
) -> list[dict[str, Any]]:
    """One row a company: with a box to choose it by, and with what is known of it in CRMs if that is given."""
    return [
        {
            "href": reverse("analytics:company", args=[slug, row.pk]), "choose": row.pk if choose else None,
            "cells": [
                {"text": row.name, "sub": _sub(row), "flag": row.country},
                temperature_badge(row), {"text": str(row.score)}, {"text": say(row.visits, "count")},
                {"text": say(row.pageviews, "count")}, {"text": str(listed.sites.get(row.pk, 0))},
                *([_in_crm(crm.get(row.pk, []))] if crm is not None else []),
                industry_of_company(row), confidence_badge(row), {"text": _ago(row.first_seen_at)},
                {"text": _ago(row.last_seen_at)},
            ],
        }
        for row in listed.companies
    ]


def _in_crm(entries: list[CrmEntry]) -> dict[str, Any]:
    """The worst of its states."""
    for state in ("failed", "waiting", "sent"):
        for entry in entries:
            if entry.state == state:
                return {"badge": entry.get_state_display(), "tone": TONES[state]}
    return {"text": "–"}


def _sub(row: Company) -> str:
    return " · ".join(str(part) for part in (row.domain, kind_label(row.kind)) if part)


def _ago(moment: Any) -> str:
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def tabs(params: QueryDict, choices: Choices) -> list[dict[str, Any]]:
    """All, by temperature, and what was put away."""
    shown = params.get("temperature", "")
    words = (
        ("", _("All")), ("hot", _("Hot")), ("warm", _("Warm")), ("cold", _("Cold")), ("hidden", _("Hidden")),
        ("dismissed", _("Not companies")),
    )
    return [
        {"label": label, "href": address(params, temperature=key, offset=""), "active": key == shown}
        for key, label in words
    ]


def filter_choices(params: QueryDict, choices: Choices) -> list[dict[str, Any]]:
    """What the filter menu offers."""
    found = [
        {"label": _("Kind: %(value)s") % {"value": NetworkKind(kind).label}, "href": address(params, kind=kind.value)}
        for kind in sorted(COMPANY_KINDS)
    ]
    found += [
        {"label": _("Confidence: %(value)s") % {"value": item.label}, "href": address(params, confidence=item.value)}
        for item in Confidence
    ]
    found += [
        {"label": _("Site: %(value)s") % {"value": site.name}, "href": address(params, site=site.script_id)}
        for site in choices.sites
    ]
    found += [
        {"label": _("Industry: %(value)s") % {"value": industry_label(value)}, "href": address(params, industry=value)}
        for value in choices.industries
    ]
    found += [
        {"label": value_label("country", value), "href": address(params, country=value)} for value in choices.countries
    ]
    return found


def chips(params: QueryDict, choices: Choices) -> list[dict[str, Any]]:
    """The filters of the address as a sentence."""
    names = {"industry": _("Industry"), "country": _("Country"), "kind": _("Kind"), "confidence": _("Confidence"),
             "site": _("Site")}
    sites = {site.script_id: site.name for site in choices.sites}
    words = {
        "country": lambda value: value_label("country", value), "kind": kind_label,
        "confidence": lambda value: Confidence(value).label if value in Confidence.values else value,
        "site": lambda value: sites.get(value, value), "industry": industry_label,
    }
    return [
        {"label": names[name], "operator": _("is"), "value": words[name](params[name][:100]),
         "remove_href": address(params, **{name: ""})}
        for name in FILTERS if params.get(name)
    ]


def pager(params: QueryDict, listed: Listed) -> dict[str, str]:
    """Where the neighbouring pages begin."""
    before, after = max(0, listed.offset - PAGE), listed.offset + PAGE
    return {
        "prev_href": address(params, offset=str(before or "")) if listed.offset else "",
        "next_href": address(params, offset=str(after)) if listed.more else "",
        "summary": ngettext("%(count)s company", "%(count)s companies", listed.total) % {
            "count": say(listed.total, "count")
        },
    }


def _sorting(params: QueryDict, sort: str, way: str) -> dict[str, Any]:
    key, other = way.lstrip("-"), way[1:] if way.startswith("-") else f"-{way}"
    shown = {"sorted": "desc" if sort.startswith("-") else "asc"} if sort.lstrip("-") == key else {}
    return {"sort_href": address(params, sort=other if sort == way else way, offset="")} | shown


def address(params: QueryDict, **changes: str) -> str:
    """The same page with other parameters; a change to "" removes its parameter. Filters begin at the first page."""
    query = params.copy()
    for name, value in ({"offset": ""} | changes).items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
