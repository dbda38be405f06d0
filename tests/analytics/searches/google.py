"""Google's Search Console API on this machine: it answers as Google does, out of imagined searches.

Pages by startRow and rowLimit, rows sorted by clicks, rare terms without their words, unfinished days named in
`metadata`, tokens that end, properties that are not verified, quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote

from apps.analytics.providers.searches.base import Question
from apps.analytics.providers.searches.imagined import Imagined, told
from tests.analytics.providers.servers import Answer, Asked, Vendor, running

TODAY = date(2026, 11, 20)
SINCE = date(2026, 11, 8)
DOMAIN, ADDRESS, STRANGE = "sc-domain:shop.example", "https://shop.example/", "sc-domain:other.example"
TOKEN = "t0ken-of-google"
TERMS = ("rye bread", "bakery near me", "shop example", "sourdough 100%", "how to store bread", "=cake")
PATHS = ("/", "/bread/", "/guide/storing?lang=en")
SHOP = Imagined("https://shop.example", TERMS, PATHS, ("deu", "aut", "zzz"), shown_a_day=400, since=SINCE)
MOST_ROWS = 25_000
_DIMENSIONS = {"date", "query", "page", "country", "device", "searchAppearance"}


@dataclass
class Google:
    """How it is to behave, and what it was asked."""

    today: date = TODAY
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    properties: dict[str, str] = field(default_factory=lambda: {
        DOMAIN: "siteOwner", ADDRESS: "siteUnverifiedUser", "https://www.shop.example/": "siteRestrictedUser",
    })
    figures: dict[str, Imagined] = field(default_factory=lambda: {DOMAIN: SHOP, "https://www.shop.example/": SHOP})
    page_rows: int = MOST_ROWS  # of details; fewer than asked for, as with a small rowLimit
    tells_unfinished: bool = True
    troubles: list[Answer] = field(default_factory=list)  # given once each before anything else
    before: Callable[[Question], None] | None = None
    questions: list[Question] = field(default_factory=list)

    def judge(self, asked: Asked) -> Answer:
        """One answer."""
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return error(401, "Request had invalid authentication credentials.", status="UNAUTHENTICATED")
        if self.troubles:
            return self.troubles.pop(0)
        if asked.method == "GET" and asked.path == "/sites":
            entries = [{"siteUrl": url, "permissionLevel": level} for url, level in self.properties.items()]
            return 200, {}, {"siteEntry": entries} if entries else {}
        parts = asked.path.split("/")
        if asked.method == "POST" and len(parts) == 5 and parts[3:] == ["searchAnalytics", "query"]:
            return self._query(unquote(parts[2]), asked.body)
        return error(404, "Not found", "notFound")

    def _query(self, url: str, body: dict[str, Any]) -> Answer:
        if self.properties.get(url, "siteUnverifiedUser") == "siteUnverifiedUser":
            words = f"User does not have sufficient permission for site '{url}'."
            return error(403, words, "forbidden")
        rows = body.get("rowLimit", 1_000)
        if not 1 <= rows <= MOST_ROWS or not set(body.get("dimensions", ())) <= _DIMENSIONS:
            return error(400, "Invalid value", "invalidParameter")
        question = Question(
            url, date.fromisoformat(body["startDate"]), date.fromisoformat(body["endDate"]),
            tuple(body["dimensions"]), body.get("startRow", 0), _filters(body),
        )
        if question.first > question.last:
            return error(400, "startDate must be before endDate", "invalidParameter")
        assert (body["type"], body["dataState"]) == ("web", "all")
        self.questions.append(question)
        if self.before is not None:
            self.before(question)
        most = rows if question.by == ("date",) else min(rows, self.page_rows)
        found = told(self.figures[url], question, self.today, most)
        answer: dict[str, Any] = {"responseAggregationType": "byPage" if "page" in question.by else "byProperty"}
        if found.rows:
            answer["rows"] = [
                {"keys": list(row.keys), "clicks": float(row.clicks), "impressions": float(row.impressions),
                 "ctr": row.clicks / row.impressions, "position": row.position} for row in found.rows
            ]
        if found.unfinished_from and self.tells_unfinished:
            answer["metadata"] = {"first_incomplete_date": found.unfinished_from.isoformat()}
        return 200, {}, answer


def _filters(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """All of them, as one group; only `equals` is known here."""
    found = [one for group in body.get("dimensionFilterGroups", ()) for one in group["filters"]]
    assert all(one["operator"] == "equals" and one["dimension"] in _DIMENSIONS for one in found)
    return tuple((one["dimension"], one["expression"]) for one in found)


def error(code: int, message: str, reason: str = "", status: str = "") -> Answer:
    """An error in Google's envelope."""
    body: dict[str, Any] = {"code": code, "message": message}
    if reason:
        body["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    if status:
        body["status"] = status
    return code, {}, {"error": body}


@contextmanager
def listening(google: Google) -> Iterator[Vendor]:
    """The server; a GET is answered like a POST."""
    with running("google_search_console", google.judge) as server:
        yield server
