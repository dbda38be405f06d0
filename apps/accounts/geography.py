"""Countries, currencies and time zones by name, and a good guess of all three from what a browser says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.utils.translation import get_language

_AREAS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
_CAPITALS = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid", "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}


@dataclass(frozen=True)
class Place:
    """Where a business probably is."""

    country: str
    time_zone: str
    currency: str


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """IANA names of places people live in, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_AREAS)))


def is_time_zone(name: str) -> bool:
    """Whether days can be counted in it."""
    return name in time_zones()


def countries() -> list[tuple[str, str]]:
    """Codes and names in the language of the page, by name."""
    names = _locale().territories
    found = [(code, names[code]) for code in names if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
    return sorted(found, key=lambda pair: pair[1])


@lru_cache(maxsize=1)
def _currency_codes() -> frozenset[str]:
    used: set[str] = set()
    for code, _name in Locale("en").territories.items():
        if len(code) == 2:
            used.update(get_territory_currencies(code))
    return frozenset(used)


def currencies() -> list[tuple[str, str]]:
    """Currencies in use today: "EUR" and "EUR · Euro", by code."""
    names = _locale().currencies
    return [(code, f"{code} · {names.get(code, code)}") for code in sorted(_currency_codes())]


def country_of_zone(time_zone: str) -> str:
    """The country a zone lies in; empty when it is none's or many's."""
    known = get_global("zone_territories")
    country = known.get(time_zone) or known.get(get_global("zone_aliases").get(time_zone, ""), "")
    return country if len(country) == 2 and country.isalpha() and country != "ZZ" else ""


def zone_of_country(country: str) -> str:
    """The zone most people of a country live by; UTC when unknown."""
    if country in _CAPITALS:
        return _CAPITALS[country]
    known = get_global("zone_territories")
    zones = [zone for zone in time_zones() if known.get(zone) == country]
    return zones[0] if zones else "UTC"


def currency_of(country: str) -> str:
    """What people pay with there; euro when unknown."""
    found = get_territory_currencies(country) if country else []
    return found[0] if found else "EUR"


def guess(*, time_zone: str = "", languages: str = "") -> Place:
    """From the browser's zone if it told one, else from the country in its Accept-Language header."""
    if is_time_zone(time_zone):
        country = country_of_zone(time_zone)
        return Place(country, time_zone, currency_of(country))
    country = _country_of_languages(languages)
    return Place(country, zone_of_country(country) if country else "UTC", currency_of(country))


def _country_of_languages(header: str) -> str:
    tags = [part.split(";")[0].strip() for part in header.split(",")]
    for tag in tags:
        region = tag.rpartition("-")[2].upper() if "-" in tag else ""
        if len(region) == 2 and region in Locale("en").territories:
            return region
    own = {"de": "DE", "es": "ES", "fr": "FR", "it": "IT", "nl": "NL", "pl": "PL", "pt": "PT", "sv": "SE", "da": "DK"}
    return next((own[tag] for tag in tags if tag in own), "")
