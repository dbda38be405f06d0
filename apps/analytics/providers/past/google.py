"""Google Analytics 4 by its APIs: properties by the Admin API (accountSummaries), figures by the Data API (runReport).

Days are the property's own. Money is asked for in the organization's currency; Google converts it. Google leaves room
for others who ask about the same property: a tenth of what it allows an hour and a day is not used.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import google_api
from apps.analytics.providers.past.base import Past, Property, Question, Told, pasts
from apps.analytics.providers.past.plan import PAGE_ROWS
from apps.core.google_sign_in import GoogleSignIn
from apps.core.providers import ProviderError

NAME = "Google Analytics"
MOST_LISTS = 20
SPARED = 0.1
_MONEY = "totalRevenue"


@pasts.register
class GoogleAnalyticsPast(GoogleSignIn, Past):
    """A Google account that may look at properties of Google Analytics."""

    key = "google_analytics_past"
    label = NAME
    icon = "google"
    help = _("You sign in with the Google account that sees your property. Mainstay may only read there.")
    scopes = ("https://www.googleapis.com/auth/analytics.readonly",)
    _rest: float = 0.0

    def check(self) -> str:
        """The accounts that are seen; raises ProviderError when there is none."""
        names = dict.fromkeys(one.account for one in self.properties())
        if not names:
            raise ProviderError(_t("This Google account sees no property of Google Analytics."), permanent=True)
        return ", ".join(names)[:200]

    def properties(self) -> list[Property]:
        """GET /accountSummaries, page by page."""
        found: list[Property] = []
        page = ""
        for _list in range(MOST_LISTS):
            url = f"{settings.GA4_ADMIN_API_URL}/accountSummaries?pageSize=200"
            answer = google_api.read(NAME, "GET", url + (f"&pageToken={page}" if page else ""), self.access_token())
            for account in answer.get("accountSummaries") or ():
                owner = str(account.get("displayName") or account.get("account") or "")
                found += [
                    Property(str(entry["property"]).removeprefix("properties/"), str(entry.get("displayName") or ""),
                             owner)
                    for entry in account.get("propertySummaries") or () if entry.get("property")
                ]
            page = str(answer.get("nextPageToken") or "")
            if not page:
                break
        return sorted(found, key=lambda one: (one.account.lower(), one.name.lower()))

    def ask(self, question: Question) -> Told:
        """POST /properties/<id>:runReport."""
        if self._rest:
            seconds, self._rest = self._rest, 0.0
            words = _t("Most of what Google allows for this property is used up. It goes on later.")
            raise ProviderError(words, retry_after=seconds)
        body = {
            "dateRanges": [{"startDate": question.first.isoformat(), "endDate": question.last.isoformat()}],
            "dimensions": [{"name": name} for name in ("date", question.by) if name],
            "metrics": [{"name": name} for name in question.figures],
            "orderBys": [{"dimension": {"dimensionName": name}} for name in ("date", question.by) if name],
            "limit": str(PAGE_ROWS), "offset": str(question.start), "currencyCode": question.currency,
            "keepEmptyRows": False, "returnPropertyQuota": True,
        }
        url = f"{settings.GA4_DATA_API_URL}/properties/{question.property}:runReport"
        answer = google_api.read(NAME, "POST", url, self.access_token(), body=body)
        self._rest = _rest(answer.get("propertyQuota") or {})
        try:
            return _told(answer, question)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderError(_t("%(vendor)s gave an answer that cannot be read.") % {"vendor": NAME}) from error


def _told(answer: dict[str, Any], question: Question) -> Told:
    asked = [name for name in ("date", question.by) if name] + list(question.figures)
    given = [head["name"] for key in ("dimensionHeaders", "metricHeaders") for head in answer.get(key) or ()]
    rows = answer.get("rows") or []
    if rows and given != asked:
        raise ValueError(given)
    meta = answer.get("metadata") or {}
    notes = {
        "other": bool(meta.get("dataLossFromOtherRow")), "threshold": bool(meta.get("subjectToThresholding")),
        "sampled": bool(meta.get("samplingMetadatas")), "zone": str(meta.get("timeZone") or ""),
        "currency": str(meta.get("currencyCode") or ""),
    }
    money = asked.index(_MONEY) if _MONEY in asked and notes["currency"] not in {"", question.currency} else None
    return Told([_cells(row, money) for row in rows], int(answer.get("rowCount") or 0), notes)


def _cells(row: dict[str, Any], money: int | None) -> list[str]:
    """Texts in the order asked for; money in a currency that was not asked for is none."""
    cells = [str(cell.get("value") or "") for key in ("dimensionValues", "metricValues") for cell in row.get(key) or ()]
    if money is not None:
        cells[money] = "0"
    return cells


def _rest(quota: dict[str, Any]) -> float:
    """Seconds to rest before the next question: little is left of what Google allows a day, or an hour."""
    waits = (("tokensPerDay", google_api.DAILY_WAIT_SECONDS), ("tokensPerHour", google_api.QUOTA_WAIT_SECONDS))
    for name, seconds in waits:
        told = quota.get(name) or {}
        used, left = int(told.get("consumed") or 0), int(told.get("remaining") or 0)
        # `consumed` is this question's own; what is left says how it stands with the whole
        if told and left < max(used * 3, 1) + SPARED * _allowed(name):
            return seconds
    return 0.0


def _allowed(name: str) -> int:
    """What a standard property has: larger ones have ten times as much, and are spared a little early."""
    return 200_000 if name == "tokensPerDay" else 40_000
