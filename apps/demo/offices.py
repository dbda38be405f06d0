"""Visits from the offices of companies, in office hours. Companies and visits are made up: the addresses are those set
aside for examples, and `networks.csv` beside this file says whose they are, to the same look-up as anyone's."""

from __future__ import annotations

import ipaddress
import random
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.demo.people import Person, person

_OFFICES = {
    "kestrel": (
        ("192.0.2.0/27", "Europe/Berlin", "de-DE", 5), ("192.0.2.32/27", "Europe/Vienna", "de-AT", 3),
        ("192.0.2.64/27", "Europe/Copenhagen", "da-DK", 2), ("192.0.2.96/27", "Europe/Amsterdam", "nl-NL", 4),
        ("192.0.2.128/27", "Europe/Copenhagen", "da-DK", 2), ("192.0.2.160/27", "Europe/Berlin", "de-DE", 3),
        ("192.0.2.192/27", "Europe/Berlin", "de-DE", 2), ("192.0.2.224/27", "Europe/Zurich", "de-CH", 1),
    ),
    "olive": (("198.51.100.0/27", "Europe/Madrid", "es-ES", 2), ("198.51.100.32/27", "Europe/Madrid", "es-ES", 1)),
    "lind": (
        ("203.0.113.0/27", "Europe/Zurich", "de-CH", 2), ("203.0.113.32/27", "Europe/Zurich", "de-CH", 1),
        ("2001:db8:100::/64", "Europe/Zurich", "de-CH", 1),
    ),
}
_SHARE = 0.05  # of the visits in an hour, at work
_DESKS = 12  # people of one office who come again and again


def office_visits(rng: random.Random, business_key: str, zone: str, hour: datetime, visits: float) -> list[Person]:
    """Who visits from an office within an hour in which so many visits are expected; nobody at night or weekends."""
    local = hour.astimezone(ZoneInfo(zone))
    offices = _OFFICES.get(business_key, ())
    if not offices or local.weekday() > 4 or not 8 <= local.hour < 18:
        return []
    count = sum(rng.random() < _SHARE for _ in range(round(visits)))
    return [_colleague(rng, business_key, offices) for _ in range(count)]


def _colleague(rng: random.Random, business_key: str, offices: tuple[tuple[str, str, str, int], ...]) -> Person:
    network, zone, lang, _weight = rng.choices(offices, [row[3] for row in offices])[0]
    net, desk = ipaddress.ip_network(network), rng.randrange(_DESKS)
    base = person(desk, f"{business_key}/{network}", {"DE": 1.0})
    address = str(net[1 + (desk * 37) % (net.num_addresses - 2)])
    vid = f"desk{desk:02x}{int(net.network_address):x}" if base.vid else ""
    return Person(address, base.ua, lang, zone, base.sw, base.sh, vid)
