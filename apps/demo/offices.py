"""Visits from the offices of organizations, in office hours. The addresses lie in networks those organizations really
run, so that the demo's companies are found by the same look-up as anyone's; that they visit is made up, as all of the
demo is."""

from __future__ import annotations

import ipaddress
import random
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.demo.people import Person, person

_OFFICES = {
    "kestrel": (
        ("45.90.132.0/22", "Europe/Berlin", "de-DE", 5), ("129.27.0.0/16", "Europe/Vienna", "de-AT", 3),
        ("95.128.24.0/21", "Europe/Copenhagen", "da-DK", 2), ("146.106.0.0/16", "Europe/Amsterdam", "nl-NL", 4),
        ("161.84.224.0/19", "Europe/Amsterdam", "nl-NL", 2), ("185.85.220.0/22", "Europe/Berlin", "de-DE", 3),
        ("160.46.224.0/19", "Europe/Berlin", "de-DE", 2), ("86.117.18.0/23", "Europe/Zurich", "de-CH", 1),
    ),
    "olive": (("2.152.47.0/24", "Europe/Madrid", "es-ES", 2), ("109.234.88.0/21", "Europe/Madrid", "es-ES", 1)),
    "lind": (("145.250.128.0/17", "Europe/Zurich", "de-CH", 2), ("194.209.4.0/24", "Europe/Zurich", "de-CH", 1)),
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
    vid = f"desk{desk:02x}{net.network_address}" if base.vid else ""
    return Person(address, base.ua, lang, zone, base.sw, base.sh, vid)
