"""The terms of one page and the pages of one term: asked of Google when somebody looks, once, and told truthfully."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.analytics.enums import SearchDimension
from apps.analytics.models import Site, SiteSearch
from apps.analytics.providers.searches import base
from apps.analytics.providers.searches.base import Question, Row
from apps.analytics.providers.searches.imagined import told
from apps.analytics.services.search_pairs import Pairs, search_pairs
from apps.analytics.services.searches import search_disconnect, search_forget
from apps.core.models import Connection
from apps.core.providers import ProviderError
from apps.core.tenancy import tenant
from tests.analytics.searches.conftest import connected, figures_of, reread
from tests.analytics.searches.google import DOMAIN, SHOP, TERMS, TODAY, Google, error

pytestmark = pytest.mark.django_db
START = "https://shop.example/"
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 18)
PERIOD = {"range": "custom", "from": FIRST.isoformat(), "to": LAST.isoformat()}
HTMX = {"HX-Request": "true", "HX-Target": "div#search-pairs"}


@pytest.fixture
def row(google: Google, shop: Site) -> SiteSearch:
    """The shop, connected, its pages and terms of nine days stored."""
    for by, dim in ((), SearchDimension.TOTAL), (("page",), SearchDimension.PAGE), (("query",), SearchDimension.QUERY):
        rows = told(SHOP, Question(DOMAIN, FIRST, LAST, ("date", *by)), TODAY).rows
        figures_of(shop, [(line.keys[0], line.keys[-1] if by else "", *_figures(line)) for line in rows], dim=dim)
    return reread(connected(shop))


def _figures(line: Row) -> tuple[int, int, float]:
    return line.clicks, line.impressions, line.position


@pytest.fixture
def owner(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def pairs(row: SiteSearch, first: date = FIRST, last: date = LAST, *, ask: bool = True, **other: Any) -> Pairs | None:
    with tenant(row.organization_id):
        given = {"by": "query", "of": "page", "value": START, **other}
        return search_pairs(row=row, first=first, last=last, ask=ask, **given)


def at(site: Site, name: str = "one/", **query: str) -> str:
    return f"/o/bakery/traffic/{site.script_id}/searches/{name}?{urlencode({**PERIOD, **query})}"


def test_terms_of_a_page_are_what_google_has_of_it(row: SiteSearch, google: Google) -> None:
    found = pairs(row)

    assert found is not None
    asked = Question(DOMAIN, FIRST, LAST, ("query",), where=(("page", START),))
    assert google.questions == [asked]
    expected = told(SHOP, asked, TODAY).rows
    assert [(line.value, line.clicks, line.impressions) for line in found.rows] == [
        (line.keys[0], line.clicks, line.impressions) for line in expected
    ]
    assert {line.value for line in found.rows} == {TERMS[0], TERMS[3]}  # each term leads to one of three pages
    assert (found.is_cut, found.is_short) == (False, False)


def test_pages_of_a_term(row: SiteSearch) -> None:
    found = pairs(row, by="page", of="query", value=TERMS[1])

    assert found is not None
    assert [line.value for line in found.rows] == ["https://shop.example/bread/"]


def test_the_same_is_asked_once(row: SiteSearch, google: Google) -> None:
    assert pairs(row, ask=False) is None
    first = pairs(row)

    assert pairs(row) == first == pairs(row, ask=False)
    assert len(google.questions) == 1
    pairs(row, value="https://shop.example/bread/")
    pairs(row, last=date(2026, 11, 17))
    assert len(google.questions) == 3


def test_google_is_left_alone_when_it_asks_for_that(row: SiteSearch, google: Google, time_machine: Any) -> None:
    google.troubles = [error(403, "Quota exceeded.", "quotaExceeded")]
    with pytest.raises(ProviderError, match="asks to wait") as failed:
        pairs(row)
    assert failed.value.retry_after == 900

    with pytest.raises(ProviderError, match="asks to wait") as again:
        pairs(row, value="https://shop.example/bread/")
    assert again.value.retry_after is not None
    assert 880 < again.value.retry_after <= 900
    assert google.questions == []


def test_what_was_forgotten_is_not_shown_from_memory(
    row: SiteSearch, google: Google, django_capture_on_commit_callbacks: Any
) -> None:
    pairs(row)
    with tenant(row.organization_id), django_capture_on_commit_callbacks(execute=True):
        search_forget(actor=None, row=row)
    row.property = DOMAIN

    assert pairs(row, ask=False) is None


def test_nobody_is_asked_without_an_account(row: SiteSearch, google: Google) -> None:
    with tenant(row.organization_id):
        Connection.objects.filter(pk=row.connection_id).update(status="paused")
    with pytest.raises(ProviderError, match="paused"):
        pairs(reread(row))
    with tenant(row.organization_id):
        search_disconnect(actor=None, row=reread(row))
    with pytest.raises(ProviderError, match="No account") as failed:
        pairs(reread(row))
    assert (failed.value.permanent, google.questions) == (True, [])


def test_a_period_beyond_the_memory_of_google(row: SiteSearch, google: Google) -> None:
    found = pairs(row, first=date(2024, 1, 1))

    assert found is not None
    assert (found.is_short, google.questions[0].first) == (True, date(2025, 7, 12))
    with pytest.raises(ProviderError, match="sixteen months"):
        pairs(row, first=date(2024, 1, 1), last=date(2024, 2, 1))


def test_a_list_that_is_cut_says_so(row: SiteSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("providers.searches.google", "services.search_pairs"):
        monkeypatch.setattr(f"apps.analytics.{place}.PAGE_ROWS", 1)

    found = pairs(row)

    assert found is not None
    assert (len(found.rows), found.is_cut) == (1, True)
    assert base.PAGE_ROWS == 5_000


def test_the_page_comes_at_once_and_what_is_asked_follows(
    owner: Client, shop: Site, row: SiteSearch, google: Google
) -> None:
    overview = owner.get(at(shop, "", by="pages")).context["rows"]
    here = overview[0]["href"]
    assert here == at(shop, page=START)

    page = owner.get(here)
    assert page.context["asking"] is True
    assert 'hx-trigger="load"' in page.content.decode()
    assert google.questions == []
    part = owner.get(here, headers=HTMX)
    rows = [[cell["text"] for cell in line["cells"]] for line in part.context["rows"]]
    assert [line[0] for line in rows] == [TERMS[0], TERMS[3]]
    assert "<html" not in part.content.decode()

    whole, named = _clicks(("page",)), _clicks(("query",))
    cards = {card["key"]: card["value"] for card in page.context["cards"]}
    assert cards["searches.clicks"] == str(whole)
    assert 0 < named < whole  # rare terms of this page have no words
    assert f"behind {round(100 * named / whole)}% of this page" in part.context["unnamed"]

    again = owner.get(at(shop, page=START, sort="clicks", q="RYE")).context
    assert [line["cells"][0]["text"] for line in again["rows"]] == ["rye bread"]
    assert len(google.questions) == 1


def _clicks(by: tuple[str, ...]) -> int:
    asked = Question(DOMAIN, FIRST, LAST, by, where=(("page", START),))
    return sum(line.clicks for line in told(SHOP, asked, TODAY).rows)


def test_trouble_stands_where_the_table_would(
    owner: Client, shop: Site, row: SiteSearch, google: Google
) -> None:
    google.troubles = [error(403, "Quota exceeded.", "quotaExceeded")]

    part = owner.get(at(shop, page=START), headers=HTMX).content.decode()

    assert "asks to wait" in part
    assert "Try again in 15 minutes." in part
    assert owner.get(at(shop, "one.csv", page=START)).status_code == 503


def test_only_what_is_stored_can_be_asked_about(
    owner: Client, client_of: Callable[[User], Client], charlie: User, shop: Site, row: SiteSearch, google: Google
) -> None:
    for query in ({"page": "https://shop.example/other"}, {"term": "nobody"}, {"term": "\x00"}):
        assert owner.get(at(shop, **query), headers=HTMX).status_code == 404
        assert owner.get(at(shop, "one.csv", **query)).status_code == 404
    assert client_of(charlie).get(at(shop, page=START)).status_code == 404
    assert owner.get(at(shop))["Location"] == f"/o/bakery/traffic/{shop.script_id}/searches/"
    assert owner.get(at(shop, "one.csv", term="")).status_code == 400
    assert google.questions == []


def test_csv_of_the_terms_of_a_page(owner: Client, shop: Site, row: SiteSearch) -> None:
    lines = b"".join(owner.get(at(shop, "one.csv", page=START)).streaming_content).decode().splitlines()

    assert lines[0] == "Search term,Clicks,Shown,Click-through rate,Position"
    assert [line.split(",")[0] for line in lines[1:]] == [TERMS[0], TERMS[3]]


def test_through_the_api(
    owner: Client, shop: Site, row: SiteSearch, google: Google
) -> None:
    base_ = f"/api/v1/organizations/bakery/sites/{shop.script_id}/searches/pairs/?{urlencode(PERIOD)}&"

    found = owner.get(base_ + urlencode({"page": START})).json()

    assert [line["value"] for line in found["rows"]] == [TERMS[0], TERMS[3]]
    assert (found["covered_from"], found["covered_to"], found["is_cut"]) == ("2026-11-10", "2026-11-18", False)
    assert owner.get(base_ + urlencode({"term": "nobody"})).status_code == 404
    assert owner.get(base_).status_code == 400
    google.troubles = [error(403, "Quota exceeded.", "quotaExceeded")]
    busy = owner.get(base_ + urlencode({"term": TERMS[1]}))
    assert (busy.status_code, busy["Retry-After"]) == (502, "900")
