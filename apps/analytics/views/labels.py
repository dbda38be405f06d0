"""Dimensions and their values in an owner's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.analytics.models import Company, Goal


@dataclass(frozen=True)
class Dimension:
    """What a breakdown goes by. `one` names a value ("Page"), `none` says what an empty value means."""

    key: str
    label: Any
    none: Any = _("Not known")


def _dimensions(*rows: tuple[Any, ...]) -> dict[str, Dimension]:
    return {row[0]: Dimension(*row) for row in rows}


DIMENSIONS = _dimensions(
    ("channel", _("Channel")),
    ("source", _("Source"), _("Direct")),
    ("medium", _("Medium"), _("None")),
    ("campaign", _("Campaign"), _("No campaign")),
    ("term", _("Search term"), _("None")),
    ("content", _("Advert"), _("None")),
    ("referrer", _("Referring page"), _("None")),
    ("page", _("Page")),
    ("entry_page", _("Entry page")),
    ("exit_page", _("Exit page")),
    ("conversion_page", _("Conversion page")),
    ("country", _("Country")),
    ("region", _("Region")),
    ("city", _("City")),
    ("device", _("Device")),
    ("browser", _("Browser")),
    ("os", _("Operating system")),
    ("screen", _("Screen size")),
    ("language", _("Language")),
    ("event", _("Event")),
    ("property", _("Property")),
)
# What a page can be filtered by beside its breakdowns.
FILTERS = {**DIMENSIONS, "goal": Dimension("goal", _("Goal")), "company": Dimension("company", _("Company"))}
CHANNELS = {
    "direct": _("Direct"),
    "organic_search": _("Organic search"),
    "paid_search": _("Paid search"),
    "organic_social": _("Organic social"),
    "paid_social": _("Paid social"),
    "organic_video": _("Organic video"),
    "paid_video": _("Paid video"),
    "organic_shopping": _("Organic shopping"),
    "paid_shopping": _("Paid shopping"),
    "paid_other": _("Other paid"),
    "display": _("Display advertising"),
    "cross_network": _("Cross-network"),
    "email": _("E-mail"),
    "affiliates": _("Affiliates"),
    "referral": _("Referral"),
    "audio": _("Audio"),
    "sms": _("SMS"),
    "push": _("Push notifications"),
    "ai_assistant": _("AI assistants"),
    "unassigned": _("Unassigned"),
}
DEVICES = {"desktop": _("Desktop"), "mobile": _("Phone"), "tablet": _("Tablet"), "tv": _("TV"), "other": _("Other")}
EVENTS = {
    "pageview": _("Page view"),
    "leave": _("Page left"),
    "outbound": _("Link to another site"),
    "download": _("Download"),
    "form": _("Form sent"),
    "not_found": _("Page not found"),
    "vitals": _("Loading speed measured"),
    "view_item": _("Product viewed"),
    "add_to_cart": _("Added to cart"),
    "begin_checkout": _("Checkout begun"),
    "purchase": _("Purchase"),
    "identify": _("Visitor identified"),
}
ICONS = {"desktop": "monitor", "mobile": "smartphone", "tablet": "tablet", "tv": "tv"}
_WORDS: dict[str, dict[str, Any]] = {"channel": CHANNELS, "device": DEVICES, "event": EVENTS}


def value_label(dimension: str, value: str) -> Any:
    """A stored value as people say it: a country's name in their language, "Phone" for mobile."""
    if value == "":
        return FILTERS[dimension].none
    if words := _WORDS.get(dimension):
        return words.get(value, value)
    say = _SAID.get(dimension)
    return say(value) if say else value


def _goal(value: str) -> Any:
    return Goal.objects.filter(pk=value).values_list("name", flat=True).first() if value.isdigit() else value


def _country(value: str) -> str:
    return str(_locale().territories.get(value, value))


def _language(value: str) -> str:
    return str(_locale().languages.get(value.split("-")[0].lower(), value))


def _company(value: str) -> str:
    found = Company.objects.filter(pk=int(value)).first() if value.isascii() and value.isdigit() else None
    return found.name if found else value


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


_SAID = {"goal": _goal, "company": _company, "country": _country, "language": _language}
