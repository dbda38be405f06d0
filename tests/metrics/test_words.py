"""Numbers as people read them, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from apps.metrics.answers import Comparison
from apps.metrics.registry import Metric, Unit
from apps.metrics.words import say, say_change, say_short

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "count", "–"), (0, "count", "0"), (1204, "count", "1,204"), (12.6, "count", "13"),
        (Decimal("3412.5"), "money", "€3,412.50"), (0.182, "percent", "18%"), (0.0213, "percent", "2.1%"),
        (0, "percent", "0%"), (0.0996, "percent", "10%"), (8, "duration", "8 s"), (200, "duration", "3 min 20 s"),
        (180, "duration", "3 min"), (3900, "duration", "1 h 5 min"), (2.4, "ratio", "2.4"), (2, "ratio", "2.0"),
    ],
)
def test_values_in_english(value: float | None, unit: str, expected: str) -> None:
    with translation.override("en"):
        assert say(value, unit, "EUR") == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", f"3.412,50{NBSP}€"), ("es", f"3412,50{NBSP}€"), ("en", "€3,412.50"), ("xx", "€3,412.50")],
)
def test_money_in_the_language_of_the_page(language: str, expected: str) -> None:
    with translation.override(language):
        assert say(Decimal("3412.5"), "money", "EUR").replace("3.412", "3412") == expected.replace("3.412", "3412")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12.5", "€12.50"), ("128.4", "€128"), ("9999.4", "€9,999"), ("34125", "€34.1K"), ("1234567", "€1.2M"),
     ("999949.99", "€999.9K"), ("999999.99", "€1M"), ("-999999.99", "-€1M"), ("999999999999", "€1T")],
)
def test_money_on_a_card_is_short(value: str, expected: str) -> None:
    with translation.override("en"):
        assert say_short(Decimal(value), "money", "EUR") == expected


def test_german_writes_thousands_out_and_a_currency_of_letters_stands_apart() -> None:
    with translation.override("de"):
        assert say_short(Decimal(34125), "money", "EUR") == f"34.125{NBSP}€"
    with translation.override("en"):
        assert say(Decimal(12), "money", "CHF") == f"CHF{NBSP}12.00"


@pytest.mark.parametrize(
    ("change", "unit", "expected"),
    [(None, "count", ""), (0, "count", "no change"), (0.0001, "percent", "no change"), (0.18, "count", "+18%"),
     (-0.04, "money", "−4%"), (0.006, "count", "+0.6%"), (0.021, "percent", "+2.1 pts"),
     (-0.0005, "count", "no change"), (-0.0005, "percent", "no change"), (-0.0006, "percent", "−0.1 pts"),
     (20, "count", "×21")],
)
def test_changes_have_their_sign(change: float | None, unit: str, expected: str) -> None:
    with translation.override("en"):
        assert say_change(change, unit) == expected


@pytest.mark.parametrize("unit", [Unit.COUNT, Unit.PERCENT])
@pytest.mark.parametrize(("change", "direction"), [
    (-0.0005, "flat"), (0.0004, "flat"), (0, "flat"), (-0.0006, "down"), (0.0006, "up"),
])
def test_a_change_that_reads_as_none_has_no_direction(unit: Unit, change: float, direction: str) -> None:
    metric = Metric(key="test.some", label="Some", help="", unit=unit)
    before = 0.5
    now = before + change if unit is Unit.PERCENT else before * (1 + change)
    answer = Comparison(metric=metric, value=now, currency="", until=datetime.now(UTC), previous=before)

    assert answer.direction == direction
    with translation.override("en"):
        assert (say_change(answer.change, unit) == "no change") is (direction == "flat")
