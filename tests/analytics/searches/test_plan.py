"""The plan of reading asks for every day by every dimension exactly once, wherever it begins."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.analytics.providers.searches import plan
from apps.analytics.providers.searches.plan import Plan

TODAY = date(2026, 11, 20)
LENGTHS = st.integers(min_value=0, max_value=200)


def walked(begun: Plan, answers: dict[tuple[str, int], int] | None = None) -> tuple[list[Plan], dict[str, str]]:
    """Every question from the first to the rest; `answers` are numbers of rows by dimension and row."""
    step: Plan | dict[str, str] = begun
    seen: list[Plan] = []
    while isinstance(step, Plan):
        step = Plan.of(step.cursor())  # as it comes out of the database
        seen.append(step)
        rows = (answers or {}).get((step.by, step.row), 0)
        step = step.after(rows, is_full=rows > 0)
    return seen, step


@given(length=LENGTHS, unfinished=st.integers(min_value=0, max_value=5))
def test_every_day_is_asked_for_once_by_every_dimension(length: int, unfinished: int) -> None:
    last = TODAY - timedelta(days=1)
    days = [last - timedelta(days=n) for n in range(length + 1)]
    open_from = last - timedelta(days=unfinished - 1)

    seen, rest = walked(plan.begin({"property": "p"}, days, open_from, TODAY))

    for by in (*plan.SPANS, *plan.DAILY):
        asked = [
            step.span_first + timedelta(days=n)
            for step in seen if step.by == by for n in range((step.at - step.span_first).days + 1)
        ]
        assert sorted(asked) == sorted(days)
    assert rest["done"] == max(last - timedelta(days=unfinished), min(days) - timedelta(days=1)).isoformat()


@given(length=LENGTHS)
def test_the_next_run_begins_after_what_was_final(length: int) -> None:
    days = [TODAY - timedelta(days=n + 1) for n in range(length + 1)]
    _seen, rest = walked(plan.begin({"property": "p"}, days, None, TODAY))

    first = plan.first_day(rest, TODAY)
    assert first == date.fromisoformat(rest["done"]) + timedelta(days=1)
    assert TODAY - first <= plan.USUALLY_FINAL
    again = plan.begin(rest, [TODAY], TODAY, TODAY)
    assert again.known_from == min(days)
    assert again.final >= date.fromisoformat(rest["done"])


def test_long_answers_are_read_in_pages_up_to_a_bound() -> None:
    day = TODAY - timedelta(days=1)
    begun = plan.begin({"property": "p"}, [day], None, TODAY)
    answers = {("query", row): 5_000 for row in range(0, 50_000, 5_000)}

    seen, _rest = walked(begun, answers)

    assert [step.row for step in seen if step.by == "query"] == [0, 5_000]
    assert [step.row for step in seen if step.by == "page"] == [0]


def test_google_keeps_sixteen_months() -> None:
    assert plan.first_day({}, TODAY) <= date(2025, 7, 20)
