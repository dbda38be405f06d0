"""Country, and with a city database region and city, of a network address."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from apps.analytics.enrichment.words import same

log = structlog.get_logger(__name__)
Place = tuple[str, str, str]
NOWHERE: Place = ("", "", "")


class Places:
    """Looks addresses up in one or two local databases. One that is missing or broken is told once and left out."""

    def __init__(self, country_path: str = "", city_path: str = "") -> None:
        self._country = _opened(country_path)
        self._city = _opened(city_path)
        self.place_of = lru_cache(maxsize=100_000)(self._place_of)

    @property
    def is_ready(self) -> bool:
        """Whether any database could be opened."""
        return bool(self._country or self._city)

    def _place_of(self, ip: str, time_zone: str) -> Place:
        """Country code, region and city; without an answer, the country of the browser's time zone."""
        found = NOWHERE
        if ip:
            try:
                if self._city:
                    found = _city(self._city.get(ip) or {})
                if not found[0] and self._country:
                    found = (_country(self._country.get(ip) or {}), found[1], found[2])
            except ValueError:
                found = NOWHERE
        return same(found if found[0] else (country_of_zone(time_zone), "", ""))


@lru_cache(maxsize=1000)
def country_of_zone(name: str) -> str:
    """The country an IANA time zone belongs to; empty when unknown."""
    if not name:
        return ""
    from babel.core import get_global  # noqa: PLC0415 -- slow import

    code = get_global("zone_territories").get(name, "")
    return code if len(code) == 2 and code != "ZZ" and code.isalpha() else ""


def truncated(ip: str) -> str:
    """The address without its last part: /24 of version 4, /48 of version 6."""
    if ":" in ip:
        import ipaddress  # noqa: PLC0415 -- only for these

        return str(ipaddress.ip_network((ip, 48), strict=False).network_address)
    head, dot, _last = ip.rpartition(".")
    return f"{head}.0" if dot else ip


def _opened(path: str) -> Any:
    if not path:
        return None
    import maxminddb  # noqa: PLC0415 -- only the pipeline needs it

    try:
        return maxminddb.open_database(str(Path(path)))
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        log.warning("places.database_missing", path=path, error=str(error))
        return None


def _country(row: dict[str, Any]) -> str:
    if "country_code" in row:
        return str(row["country_code"])[:2]
    country = row.get("country")
    return str(country.get("iso_code", ""))[:2] if isinstance(country, dict) else ""


def _city(row: dict[str, Any]) -> Place:
    """Both known layouts: flat keys, and names by language within nested maps."""
    if "country_code" in row:
        return _country(row), str(row.get("state1") or "")[:100], str(row.get("city") or "")[:100]
    parts = row.get("subdivisions") or [{}]
    return _country(row), _name(parts[0])[:100], _name(row.get("city") or {})[:100]


def _name(part: dict[str, Any]) -> str:
    return str((part.get("names") or {}).get("en", ""))
