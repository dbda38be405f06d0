"""The demo businesses: how busy they are, where their visitors come from, which pages they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.demo import catalogue


@dataclass(frozen=True)
class Arrival:
    """A way to the site: the address visitors come from and what the link carries."""

    referrer: str
    query: str = ""
    weight: float = 1.0
    buys: float = 1.0


@dataclass(frozen=True)
class Business:
    """One demo business. `visits_a_day` is the mean at the end of the year; `growth` how much lower it began."""

    key: str
    name: str
    industry: str
    zone: str
    currency: str
    country: str
    visits_a_day: int
    growth: float
    countries: Mapping[str, float]
    arrivals: tuple[Arrival, ...]
    pages: Mapping[str, float]
    shop: bool = False
    wish: str = ""
    wish_rate: float = 0.0
    season: tuple[float, ...] = field(default=(0.7, 0.8, 1.1, 1.3, 1.35, 1.25, 1.1, 1.05, 1.05, 0.95, 1.0, 0.9))


_SEARCH_AND_SOCIAL = (
    Arrival("", weight=24, buys=1.4),
    Arrival("https://www.google.com/", weight=34),
    Arrival("https://www.google.com/", "gclid=demo&utm_source=google&utm_medium=cpc&utm_campaign=brand", 8, 1.6),
    Arrival("https://www.google.com/", "gclid=demo&utm_source=google&utm_medium=cpc&utm_campaign=winter-offer", 5, 1.2),
    Arrival("https://l.instagram.com/", weight=9, buys=0.7),
    Arrival(
        "https://l.instagram.com/", "utm_source=instagram&utm_medium=paid_social&utm_campaign=reels-autumn", 5, 0.8
    ),
    Arrival("https://m.facebook.com/", weight=4, buys=0.6),
    Arrival("", "utm_source=newsletter&utm_medium=email&utm_campaign=journal", 6, 2.2),
    Arrival("https://www.bing.com/", weight=3),
    Arrival("https://duckduckgo.com/", weight=2),
    Arrival("https://chatgpt.com/", "utm_source=chatgpt.com", 3, 1.5),
    Arrival("https://www.reddit.com/", weight=1.5, buys=0.5),
    Arrival("https://www.youtube.com/", weight=1.5, buys=0.5),
)
_KESTREL_PAGES = {
    "/": 20.0,
    "/workshop/": 6.0,
    **{f"/c/{key}/": 7.0 for key in catalogue.CATEGORIES},
    **{f"/p/{item.slug}/": item.appeal for item in catalogue.PRODUCTS},
    **{f"/journal/{item.slug}/": item.appeal for item in catalogue.ARTICLES},
}
KESTREL = Business(
    key="kestrel",
    name="Kestrel Cycles",
    industry="retail",
    zone="Europe/Berlin",
    currency="EUR",
    country="DE",
    visits_a_day=420,
    growth=0.45,
    countries={"DE": 70, "AT": 8, "CH": 6, "NL": 5, "DK": 3, "FR": 2, "GB": 2, "PL": 2, "US": 2},
    arrivals=(*_SEARCH_AND_SOCIAL, Arrival("https://www.radforum.example/thread/belt-drive", weight=3)),
    pages=_KESTREL_PAGES,
    shop=True,
    wish="booking_request",
    wish_rate=0.012,
)
OLIVE = Business(
    key="olive",
    name="Olive & Oak",
    industry="restaurant",
    zone="Europe/Madrid",
    currency="EUR",
    country="ES",
    visits_a_day=130,
    growth=0.2,
    countries={"ES": 72, "GB": 10, "FR": 6, "DE": 6, "US": 6},
    arrivals=_SEARCH_AND_SOCIAL,
    pages={"/": 10, "/menu/": 9, "/book-a-table/": 6, "/events/": 2, "/find-us/": 4},
    wish="table_request",
    wish_rate=0.06,
)
LIND = Business(
    key="lind",
    name="Lind Physiotherapy",
    industry="health",
    zone="Europe/Zurich",
    currency="CHF",
    country="CH",
    visits_a_day=70,
    growth=0.3,
    countries={"CH": 86, "DE": 8, "FR": 4, "AT": 2},
    arrivals=_SEARCH_AND_SOCIAL[:3] + _SEARCH_AND_SOCIAL[8:11],
    pages={"/": 10, "/treatments/": 7, "/team/": 4, "/prices/": 4, "/appointment/": 5},
    wish="appointment_request",
    wish_rate=0.05,
)
BUSINESSES = (KESTREL, OLIVE, LIND)
AGENCY_NAME = "Northlight Studio"
