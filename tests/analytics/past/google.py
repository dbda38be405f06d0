"""Google Analytics on this machine: its Admin API's accountSummaries and its Data API's runReport, as Google answers.

Pages by limit and offset (texts), rowCount over all pages, metadata and quota with every report, errors in Google's
envelope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.analytics.providers.servers import Answer, Asked

TOKEN = "t0ken-of-google"
SINCE = date(2026, 9, 3)
VALUES = {
    "sessionDefaultChannelGroup": ("Organic Search", "Direct"), "sessionSource": ("google", "(direct)"),
    "sessionMedium": ("organic", "(none)"), "sessionCampaignName": ("(organic)", "autumn, 100% off"),
    "landingPage": ("/", "(not set)"), "pagePath": ("/", '/"quoted",path', "(other)"), "countryId": ("DE", "ZZ"),
    "city": ("Köln", "(not set)"), "deviceCategory": ("desktop", "mobile"), "browser": ("Chrome", "Safari"),
    "operatingSystem": ("Windows", "iOS"), "eventName": ("page_view", "purchase"),
}
FIGURES = {
    "sessions": 10, "totalUsers": 8, "screenPageViews": 30, "eventCount": 70, "keyEvents": 1.5, "totalRevenue": 119.997,
    "ecommercePurchases": 2, "engagedSessions": 7, "averageSessionDuration": 61.25, "userEngagementDuration": 400,
}


@dataclass
class Google:
    """How it is to behave, and what it was asked for."""

    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    properties: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {
        "Bakery": [("properties/200", "Blog"), ("properties/100", "Shop")], "Agency": [("properties/300", "Other")],
    })
    zone: str = "Europe/Berlin"
    currency: str = ""  # in which it answers, whatever was asked for
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)  # by what the report is split by
    page_rows: int = 10_000
    left_an_hour: int = 39_000
    troubles: list[Answer] = field(default_factory=list)  # given once each before anything else
    before: Callable[[dict[str, Any]], None] | None = None
    reports: list[dict[str, Any]] = field(default_factory=list)

    def judge(self, asked: Asked) -> Answer:
        """One answer."""
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return error(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED")
        if self.troubles:
            return self.troubles.pop(0)
        if asked.method == "GET" and asked.path == "/accountSummaries":
            return self._summaries(asked.query)
        owner, _colon, verb = asked.path.removeprefix("/properties/").partition(":")
        if asked.method == "POST" and verb == "runReport":
            return self._report(owner, asked.body)
        return error(404, "Requested entity was not found.", "NOT_FOUND")

    def _summaries(self, query: dict[str, str]) -> Answer:
        """One account a page."""
        names = list(self.properties)
        at = int(query.get("pageToken") or 0)
        found: dict[str, Any] = {"accountSummaries": [
            {"account": f"accounts/{number}", "displayName": name, "propertySummaries": [
                {"property": key, "displayName": label, "propertyType": "PROPERTY_TYPE_ORDINARY"}
                for key, label in self.properties[name]
            ]} for number, name in enumerate(names[at : at + 1])
        ]} if names else {}
        return 200, {}, found | ({"nextPageToken": str(at + 1)} if at + 1 < len(names) else {})

    def _report(self, key: str, body: dict[str, Any]) -> Answer:
        if f"properties/{key}" not in {one for own in self.properties.values() for one, _name in own}:
            return error(403, "User does not have sufficient permissions for this property.", "PERMISSION_DENIED")
        dimensions = [one["name"] for one in body["dimensions"]]
        figures = [one["name"] for one in body["metrics"]]
        if len(figures) > 10 or not set(figures) <= FIGURES.keys() or not set(dimensions[1:]) <= VALUES.keys():
            return error(400, "Invalid metrics or dimensions.", "INVALID_ARGUMENT")
        self.reports.append(body)
        if self.before is not None:
            self.before(body)
        rows = rows_of(body["dateRanges"][0], dimensions[1:], figures)
        start, most = int(body.get("offset", "0")), min(int(body["limit"]), self.page_rows)
        answer = {
            "dimensionHeaders": [{"name": name} for name in dimensions],
            "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in figures],
            "metadata": {
                "currencyCode": self.currency or body["currencyCode"], "timeZone": self.zone,
                **self.metadata.get(dimensions[-1], {}),
            },
            "propertyQuota": {
                "tokensPerDay": {"consumed": 6, "remaining": 190_000},
                "tokensPerHour": {"consumed": 6, "remaining": self.left_an_hour},
            },
            "kind": "analyticsData#runReport",
        }
        page = rows[start : start + most]
        return 200, {}, answer | ({"rows": page, "rowCount": len(rows)} if rows else {})


def rows_of(days: dict[str, str], by: list[str], figures: list[str]) -> list[dict[str, Any]]:
    """The same of every day since the property began; a second value has half of it."""
    first, last = max(date.fromisoformat(days["startDate"]), SINCE), date.fromisoformat(days["endDate"])
    values = VALUES[by[0]] if by else ("",)
    return [
        {
            "dimensionValues": [
                {"value": text} for text in (f"{first + timedelta(number):%Y%m%d}", value)[: 1 + len(by)]
            ],
            "metricValues": [{"value": str(int(FIGURES[name] / 2) if place else FIGURES[name])} for name in figures],
        }
        for number in range((last - first).days + 1) for place, value in enumerate(values)
    ]


def error(code: int, message: str, status: str) -> Answer:
    """An error in Google's envelope."""
    return code, {}, {"error": {"code": code, "message": message, "status": status}}


QUOTA = error(429, "Exhausted property tokens per hour.", "RESOURCE_EXHAUSTED")
