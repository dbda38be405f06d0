"""Figures by day under headings of several systems, as rows of the dimensions there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from apps.analytics.enrichment.acquisition import channel_of
from apps.analytics.enrichment.referrers import kind_of_source
from apps.analytics.enums import Dimension
from apps.analytics.history.outcomes import DayRow

LONGEST_VALUE = 500
_LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt", "pt_PT", "ja", "pl", "sv", "da", "tr")
_DEVICES = {"desktop": "desktop", "laptop": "desktop", "mobile": "mobile", "phone": "mobile", "tablet": "tablet",
            "smart tv": "tv", "tv": "tv"}
_SYSTEMS = {"mac": "macOS", "macintosh": "macOS", "mac os": "macOS", "mac os x": "macOS", "macos": "macOS",
            "gnu/linux": "Linux", "linux": "Linux", "chrome os": "ChromeOS", "chromeos": "ChromeOS",
            "android os": "Android", "android": "Android", "ios": "iOS", "windows": "Windows"}
_BROWSERS = {"microsoft edge": "Edge", "edge-chromium": "Edge", "edge": "Edge", "crios": "Chrome", "chrome": "Chrome",
             "chromium-webview": "Chrome", "edge-ios": "Edge", "ios": "Safari", "ios-webview": "Safari",
             "safari": "Safari", "fxios": "Firefox", "firefox": "Firefox", "samsung": "Samsung Internet",
             "opera": "Opera", "opera-mini": "Opera Mini", "yandexbrowser": "Yandex", "safari (in-app)": "Safari",
             "android webview": "Chrome"}
_NOTHING = {"", "(not set)", "(none)", "(direct)", "(organic)", "(referral)", "(unknown)", "not set", "zz"}
_COUNTRIES = {"turkey": "TR", "türkiye": "TR", "czech republic": "CZ", "hong kong": "HK", "macao": "MO", "macau": "MO",
              "myanmar (burma)": "MM", "ivory coast": "CI", "palestine": "PS", "bosnia & herzegovina": "BA",
              "trinidad & tobago": "TT", "the netherlands": "NL", "congo - kinshasa": "CD"}


def device(text: str) -> str:
    """A class of device as it is called here."""
    return _DEVICES.get(text.strip().lower(), "other")


def system(text: str) -> str:
    """An operating system as it is called here, without its version."""
    plain = text.strip()
    if plain.lower().startswith("windows"):
        return "Windows"
    return _SYSTEMS.get(plain.lower(), plain)[:60]


def browser(text: str) -> str:
    """A browser as it is called here."""
    return _BROWSERS.get(text.strip().lower(), text.strip())[:60]


def country(text: str) -> str:
    """The two letters of a country given by them or by its name, in a language reports come in; empty when it is
    neither."""
    plain = text.strip()
    if len(plain) == 2 and plain.isalpha():
        return "" if plain.lower() in _NOTHING else plain.upper()
    return _names().get(plain.lower(), "")


@cache
def _names() -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 -- slow import

    names: dict[str, str] = {}
    for language in reversed(_LANGUAGES):  # where two languages mean different countries by a name, the first one wins
        names |= {name.lower(): code for code, name in Locale(language).territories.items() if len(code) == 2}
    return {name: code for name, code in names.items() if code.isalpha()} | _COUNTRIES


def channel(text: str) -> str:
    """A default channel group as it is called here."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")


_TIDY = {
    Dimension.DEVICE: device, Dimension.OS: system, Dimension.BROWSER: browser, Dimension.COUNTRY: country,
    Dimension.CHANNEL: channel,
}


def row(day: date, dimension: int, value: str, figures: Mapping[str, Any]) -> list[DayRow]:
    """A row of a dimension, in the words of this system; none for a value that says nothing."""
    value = value.strip()
    if value.lower() in _NOTHING:
        return []
    tidy = _TIDY.get(Dimension(dimension))
    value = tidy(value) if tidy else value
    return [DayRow(day, int(dimension), value[:LONGEST_VALUE], dict(figures))] if value else []


def acquired(day: date, words: Mapping[str, str], figures: Mapping[str, Any]) -> list[DayRow]:
    """Rows for where visits came from: `source`, `medium`, `campaign`, `term`, `content` and what follows from them."""
    source, medium = words.get("source", "").strip(), words.get("medium", "").strip()
    plain = "" if source.lower() in {"direct / none", "(direct)"} | _NOTHING else source
    medium = "" if medium.lower() in _NOTHING else medium
    channel_key = words.get("channel") or channel_of(plain, medium, words.get("campaign", ""), kind_of_source(plain))
    found = row(day, Dimension.CHANNEL, channel_key, figures)
    for name, dimension in (("campaign", Dimension.CAMPAIGN), ("term", Dimension.TERM),
                            ("content", Dimension.CONTENT), ("referrer", Dimension.REFERRER)):
        found += row(day, dimension, words.get(name, ""), figures)
    return found + row(day, Dimension.SOURCE, plain, figures) + row(day, Dimension.MEDIUM, medium, figures)
