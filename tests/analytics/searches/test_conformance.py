"""What every vendor of the kind "search_console" must do, asked of Google's API and of the stand-in alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from apps.analytics.providers import google_api
from apps.analytics.providers.searches import base
from apps.analytics.providers.searches.base import Question, SearchConsole, search_consoles
from apps.core.oauth import TokenRefused
from apps.core.providers import ProviderError
from tests.analytics.searches.google import DOMAIN, PATHS, SINCE, TERMS, TODAY, TOKEN, Google, error

ASKED = Question(DOMAIN, date(2026, 11, 9), date(2026, 11, 15), ("date",))
FAKE = {
    "domain": "shop.example", "terms": ", ".join(TERMS), "paths": ", ".join(PATHS), "countries": "deu, aut, zzz",
    "shown": 400, "days": (TODAY - SINCE).days,
}
Open = Callable[..., SearchConsole]


def google_account(chosen: str = DOMAIN, token: str = TOKEN) -> SearchConsole:
    vendor = search_consoles.get("google_search_console")
    return vendor({"property": chosen}, {"access_token": token})  # type: ignore[return-value]


def fake_account(chosen: str = DOMAIN) -> SearchConsole:
    return search_consoles.get("fake")({**FAKE, "property": chosen}, {})  # type: ignore[return-value]


@pytest.fixture(params=["google_search_console", "fake"])
def account(request: Any, google: Google) -> Open:
    return google_account if request.param != "fake" else fake_account


def test_every_vendor_is_here() -> None:
    assert {vendor.key for vendor in search_consoles} == {"google_search_console", "fake"}


def test_totals_come_by_day_and_say_which_days_are_unfinished(account: Open) -> None:
    whole = account().ask(Question(DOMAIN, date(2026, 11, 10), TODAY, ("date",)))

    days = sorted(row.keys[0] for row in whole.rows)
    assert days == [f"2026-11-{day}" for day in range(10, 20)]
    assert whole.unfinished_from == date(2026, 11, 19)
    assert all(row.clicks <= row.impressions and row.position >= 1 for row in whole.rows)
    assert account().ask(ASKED).unfinished_from is None


def test_terms_are_fewer_than_the_totals_and_sorted_by_clicks(account: Open) -> None:
    day = date(2026, 11, 12)
    [whole] = account().ask(Question(DOMAIN, day, day, ("date",))).rows
    terms = account().ask(Question(DOMAIN, day, day, ("query",))).rows

    assert {row.keys[0] for row in terms} <= set(TERMS)
    assert [row.clicks for row in terms] == sorted((row.clicks for row in terms), reverse=True)
    assert 0 < sum(row.impressions for row in terms) < whole.impressions


@pytest.mark.parametrize("by", ["country", "device", "page"])
def test_other_dimensions_add_up_to_the_totals(account: Open, by: str) -> None:
    whole = account().ask(ASKED).rows
    parts = account().ask(Question(DOMAIN, ASKED.first, ASKED.last, ("date", by))).rows

    for day in whole:
        mine = [row for row in parts if row.keys[0] == day.keys[0]]
        assert sum(row.clicks for row in mine) == day.clicks
        mean = sum(row.position * row.impressions for row in mine) / day.impressions
        assert mean == pytest.approx(day.position)


def test_pages_of_an_answer_add_up_to_it(account: Open, monkeypatch: pytest.MonkeyPatch, google: Google) -> None:
    asked = Question(DOMAIN, ASKED.first, ASKED.last, ("date", "country"))
    at_once = account().ask(asked).rows
    if type(account()).key == "fake":
        monkeypatch.setattr("apps.analytics.providers.searches.imagined.told.__defaults__", (5,))
    monkeypatch.setattr("apps.analytics.providers.searches.google.PAGE_ROWS", 5)
    paged: list[Any] = []
    while rows := account().ask(Question(DOMAIN, asked.first, asked.last, asked.by, len(paged))).rows:
        assert len(rows) <= 5
        paged += rows

    assert paged == at_once


def test_a_day_without_searches_has_no_row(account: Open) -> None:
    before = SINCE - timedelta(days=20)
    assert account().ask(Question(DOMAIN, before, before + timedelta(days=3), ("date",))).rows == []


def test_properties_say_which_may_be_read(account: Open) -> None:
    found = {one.url: one.is_readable for one in account().properties()}

    assert found[DOMAIN] is True
    assert found["https://shop.example/"] is False


def test_the_account_in_words(account: Open) -> None:
    assert account().check() == DOMAIN
    assert "shop.example" in account("").check()


def test_a_property_that_is_not_verified_needs_a_person(account: Open) -> None:
    with pytest.raises(ProviderError, match="not verified") as failed:
        account("https://shop.example/").check()
    assert failed.value.permanent
    with pytest.raises(google_api.NotAllowed):
        account().ask(Question("https://shop.example/", ASKED.first, ASKED.last, ("date",)))


def test_nothing_is_asked_before_a_property_is_chosen(account: Open, google: Google) -> None:
    page = account("").fetch_page({})

    assert (page.items, page.more, google.questions) == ([], False, [])


class TestGoogle:
    def test_what_is_asked(self, google: Google) -> None:
        google_account().ask(Question(DOMAIN, ASKED.first, ASKED.last, ("query",), 5_000))

        [question] = google.questions
        assert (question.property, question.first, question.last, question.by, question.start) == (
            DOMAIN, date(2026, 11, 9), date(2026, 11, 15), ("query",), 5_000,
        )

    def test_a_property_that_the_account_does_not_see(self, google: Google) -> None:
        with pytest.raises(ProviderError, match="does not see sc-domain:other") as failed:
            google_account("sc-domain:other.example").check()
        assert failed.value.permanent

    def test_an_account_without_any_property(self, google: Google) -> None:
        google.properties = {}
        assert google_account("").properties() == []

    def test_a_token_that_ended_can_be_refreshed(self, google: Google) -> None:
        with pytest.raises(TokenRefused):
            google_account(token="ended").ask(ASKED)

    @pytest.mark.parametrize(("reason", "seconds"), [("rateLimitExceeded", 60), ("quotaExceeded", 900)])
    def test_limits(self, google: Google, reason: str, seconds: float) -> None:
        google.troubles = [error(403, "Quota exceeded.", reason)]
        with pytest.raises(ProviderError) as failed:
            google_account().ask(ASKED)
        assert (failed.value.permanent, failed.value.retry_after) == (False, seconds)

    def test_an_answer_that_makes_no_sense(self, google: Google) -> None:
        google.troubles = [(200, {}, {"rows": [{"clicks": 3}]})]
        with pytest.raises(ProviderError, match="cannot be read") as failed:
            google_account().ask(ASKED)
        assert not failed.value.permanent

    def test_the_other_spelling_of_unfinished_days(self, google: Google) -> None:
        google.troubles = [(200, {}, {"metadata": {"firstIncompleteDate": "2026-11-19"}})]
        assert google_account().ask(ASKED).unfinished_from == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("by", "value", "ours"),
    [("country", "deu", "DE"), ("country", "gbr", "GB"), ("country", "zzz", ""), ("country", "xyzw", ""),
     ("device", "MOBILE", "mobile"), ("query", "Rye Bread", "Rye Bread")],
)  # fmt: skip
def test_values_are_told_as_everywhere_here(by: str, value: str, ours: str) -> None:
    assert base._as_ours(by, value) == ours
