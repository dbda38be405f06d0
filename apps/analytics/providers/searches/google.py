"""Google Search Console by its API (developers.google.com/webmaster-tools): sites.list and searchAnalytics.query.

Days are Google's own, by Pacific time. Google leaves out the words of rare searches, so that the rows of a question by
`query` add up to less than the totals by `date`; and a search that shows two pages of a site counts for both by `page`.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import google_api
from apps.analytics.providers.searches.base import (
    PAGE_ROWS,
    Property,
    Question,
    Row,
    SearchConsole,
    Told,
    search_consoles,
)
from apps.core.google_sign_in import GoogleSignIn
from apps.core.providers import ProviderError

NAME = "Google Search Console"
UNVERIFIED = "siteUnverifiedUser"


@search_consoles.register
class GoogleSearchConsole(GoogleSignIn, SearchConsole):
    """A Google account that may see a site in Search Console."""

    key = "google_search_console"
    label = NAME
    icon = "search"
    help = _("You sign in with the Google account that sees your site in Search Console. Mainstay may only read there.")
    scopes = ("https://www.googleapis.com/auth/webmasters.readonly",)

    def check(self) -> str:
        """The property, when this account may read it; before one is chosen, how many there are."""
        found = self.properties()
        chosen = str(self.config.get("property") or "")
        if not chosen:
            return ", ".join(one.url for one in found if one.is_readable)[:200]
        match = next((one for one in found if one.url == chosen), None)
        if match is None:
            words = _t("This Google account does not see %(property)s in Search Console.")
            raise ProviderError(words % {"property": chosen}, permanent=True)
        if not match.is_readable:
            words = _t("%(property)s is not verified in Search Console for this Google account.")
            raise ProviderError(words % {"property": chosen}, permanent=True)
        return chosen

    def properties(self) -> list[Property]:
        """GET /sites."""
        answer = google_api.read(NAME, "GET", f"{settings.SEARCH_CONSOLE_API_URL}/sites", self.access_token())
        return [
            Property(str(entry["siteUrl"]), entry.get("permissionLevel") != UNVERIFIED)
            for entry in answer.get("siteEntry") or () if entry.get("siteUrl")
        ]

    def ask(self, question: Question) -> Told:
        """POST /sites/<property>/searchAnalytics/query, web searches only."""
        body: dict[str, Any] = {
            "startDate": question.first.isoformat(), "endDate": question.last.isoformat(),
            "dimensions": list(question.by), "type": "web", "dataState": "all", "rowLimit": PAGE_ROWS,
            "startRow": question.start,
        }
        if question.where:
            filters = [{"dimension": by, "operator": "equals", "expression": value} for by, value in question.where]
            body["dimensionFilterGroups"] = [{"groupType": "and", "filters": filters}]
        url = f"{settings.SEARCH_CONSOLE_API_URL}/sites/{quote(question.property, safe='')}/searchAnalytics/query"
        answer = google_api.read(NAME, "POST", url, self.access_token(), body=body)
        try:
            return Told([_row(entry) for entry in answer.get("rows") or ()], _unfinished(answer))
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderError(_t("%(vendor)s gave an answer that cannot be read.") % {"vendor": NAME}) from error


def _row(entry: dict[str, Any]) -> Row:
    """Clicks and impressions are whole numbers that Google writes as decimals."""
    return Row(
        tuple(str(key) for key in entry["keys"]), round(entry.get("clicks") or 0), round(entry.get("impressions") or 0),
        float(entry.get("position") or 0),
    )


def _unfinished(answer: dict[str, Any]) -> date | None:
    """The first day that is still being counted; the name of the field differs between Google's clients."""
    told = answer.get("metadata") or {}
    text = told.get("first_incomplete_date") or told.get("firstIncompleteDate")
    return date.fromisoformat(text) if text else None
