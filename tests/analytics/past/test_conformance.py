"""What every vendor of the kind "analytics_past" must do, imagined or real."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.analytics.providers.past.base import Past, Question, pasts
from apps.analytics.providers.past.plan import TABLES, Step
from tests.analytics.past.conftest import KEY
from tests.analytics.past.google import TOKEN, Google

FIRST = date(2026, 9, 7)


@pytest.fixture(params=sorted(vendor.key for vendor in pasts))
def vendor(request: pytest.FixtureRequest, google: Google) -> Past:
    return pasts.get(request.param)({}, {"access_token": TOKEN} if request.param == KEY else {})


def question(vendor: Past, by: str, figures: tuple[str, ...], start: int = 0) -> Question:
    return Question(vendor.properties()[0].key, FIRST, FIRST + timedelta(days=6), by, figures, "EUR", start)


def test_every_vendor_of_the_kind_is_here() -> None:
    assert pasts.kind == "analytics_past"
    assert {vendor.key for vendor in pasts} == {"fake", KEY}


def test_it_says_whose_account_it_is_and_what_it_sees(vendor: Past) -> None:
    assert vendor.check()
    assert all(one.key and one.name for one in vendor.properties())


@pytest.mark.parametrize(("by", "figures"), TABLES, ids=[by or "totals" for by, _figures in TABLES])
def test_every_table_comes_as_texts_of_days_in_the_order_asked_for(
    vendor: Past, by: str, figures: tuple[str, ...]
) -> None:
    told = vendor.ask(question(vendor, by, figures))
    assert told.of == len(told.rows) >= 7
    for row in told.rows:
        assert len(row) == 1 + bool(by) + len(figures)
        assert date.fromisoformat(row[0]) >= FIRST
        assert all(float(cell) >= 0 for cell in row[1 + bool(by) :])
    assert len({(row[0], row[1] if by else "") for row in told.rows}) == told.of, "no value of a day twice"


def test_a_later_page_is_the_rest_of_the_first(vendor: Past) -> None:
    by, figures = TABLES[6]
    whole = vendor.ask(question(vendor, by, figures))
    rest = vendor.ask(question(vendor, by, figures, 5))
    assert list(rest.rows) == list(whole.rows)[5:]
    assert rest.of == whole.of


def test_it_is_left_alone_while_nothing_is_wanted(vendor: Past) -> None:
    page = vendor.fetch_page({})
    assert (list(page.items), dict(page.cursor), page.more) == ([], {}, False)


def test_the_plan_asks_for_every_day_of_every_table_once() -> None:
    cursor: dict[str, Any] = Step(1, "100", "EUR", date(2026, 9, 1), date(2026, 9, 16), date(2026, 9, 1)).cursor()
    seen: list[tuple[str, date]] = []
    while cursor:
        step = Step.of(cursor)
        days = range((step.until - step.at).days + 1)
        seen += [(TABLES[step.table][0], step.at + timedelta(days=day)) for day in days]
        after = step.after(3, 3)
        cursor = after.cursor() if after else {}
    every = [date(2026, 9, 1) + timedelta(days=day) for day in range(16)]
    assert sorted(seen) == sorted((by, day) for by, _figures in TABLES for day in every)
