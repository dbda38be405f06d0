"""Guessing where a business is, and colours that can be read."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import colour, geography
from apps.accounts.geography import Place


@pytest.mark.parametrize(
    ("zone", "languages", "place"),
    [
        ("Europe/Madrid", "de-DE", Place("ES", "Europe/Madrid", "EUR")),
        ("America/Chicago", "", Place("US", "America/Chicago", "USD")),
        ("Asia/Calcutta", "en-IN,en;q=0.9", Place("IN", "Asia/Calcutta", "INR")),
        ("", "en-GB,en;q=0.8", Place("GB", "Europe/London", "GBP")),
        ("Mars/Base", "de", Place("DE", "Europe/Berlin", "EUR")),
        ("", "fr-CH, fr;q=0.9", Place("CH", "Europe/Zurich", "CHF")),
        ("UTC", "", Place("", "UTC", "EUR")),
        ("", "", Place("", "UTC", "EUR")),
    ],
)
def test_guess(zone: str, languages: str, place: Place) -> None:
    assert geography.guess(time_zone=zone, languages=languages) == place


def test_every_country_has_a_zone_and_a_currency_we_offer() -> None:
    zones = set(geography.time_zones())
    currencies = {code for code, _label in geography.currencies()}

    for code, _name in geography.countries():
        assert geography.zone_of_country(code) in zones
        assert geography.currency_of(code) in currencies


def test_names_are_in_the_language_of_the_page(settings) -> None:
    with translation.override("de"):
        assert ("DE", "Deutschland") in geography.countries()
        assert ("CHF", "CHF · Schweizer Franken") in geography.currencies()


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48)])
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert colour.contrast(one, other) == pytest.approx(ratio, abs=0.01)


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_ends_up_readable(number: int) -> None:
    found = colour.accent(f"#{number:06x}")

    assert colour.contrast(found.light, colour.LIGHT_PAGE) >= colour.READABLE
    assert colour.contrast(found.dark, colour.DARK_PAGE) >= colour.READABLE
    assert colour.contrast(found.light, found.light_text) >= colour.READABLE
    assert colour.contrast(found.dark, found.dark_text) >= colour.READABLE


def test_a_readable_colour_is_left_alone() -> None:
    assert colour.accent("#0f766e").light == "#0f766e"
