"""Visits to a demo business: deterministic for a seed, hour by hour, as events of the collect API.

An hour's visits depend on the seed, the business and the hour alone, so that a year can be made in any order,
resumed after a crash, and continued by live visitors.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.demo import catalogue
from apps.demo.businesses import Arrival, Business
from apps.demo.offices import office_visits
from apps.demo.people import Person, crawler, person

_BY_HOUR = (4, 2, 1, 1, 1, 2, 5, 9, 12, 14, 15, 15, 17, 15, 14, 15, 16, 18, 21, 24, 25, 21, 14, 8)
_BY_WEEKDAY = (1.02, 0.98, 0.97, 1.0, 0.95, 1.06, 1.12)
_SPIKES = {(4, 4): 2.1, (6, 21): 1.6, (11, 27): 2.8, (11, 28): 1.9, (12, 13): 1.7}
_PEOPLE_A_YEAR = 150_000
_ROBOTS = 0.05


@dataclass
class Visit:
    """One person's walk through a site: who, and the events in order, each with its client time `ts`."""

    who: Person
    events: list[dict[str, Any]] = field(default_factory=list)


def visits_in_hour(business: Business, hour: datetime, *, seed: int, origin: str, at_least: float = 0.0) -> list[Visit]:
    """All visits that begin within the hour that starts at `hour` (aware). `origin` is the site's base address.

    `at_least` visits are expected in it even when the business would sleep.
    """
    rng = random.Random(f"{seed}/{business.key}/{hour.isoformat()}")
    expected = max(_expected(business, hour), at_least)
    found = [_visit(rng, business, hour, origin) for _ in range(_poisson(rng, expected))]
    own = random.Random(f"{seed}/{business.key}/{hour.isoformat()}/offices")
    colleagues = office_visits(own, business.key, business.zone, hour, expected)
    return found + [_walked(own, business, who, hour, origin) for who in colleagues]


def hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """The hours from start up to end."""
    while start < end:
        yield start
        start += timedelta(hours=1)


def _expected(business: Business, hour: datetime) -> float:
    local = hour.astimezone(ZoneInfo(business.zone))
    shape = _BY_HOUR[local.hour] / sum(_BY_HOUR)
    age = max(0.0, (datetime(2027, 1, 1, tzinfo=hour.tzinfo) - hour).days / 365)
    trend = max(0.25, 1 - business.growth * age)
    mood = random.Random(f"{business.key}/{local.date()}").gauss(1, 0.09)
    spike = _SPIKES.get((local.month, local.day), 1.0) if business.shop else 1.0
    season = business.season[local.month - 1]
    return business.visits_a_day * shape * _BY_WEEKDAY[local.weekday()] * season * trend * max(0.5, mood) * spike


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _visit(rng: random.Random, business: Business, hour: datetime, origin: str) -> Visit:
    began = hour + timedelta(seconds=rng.uniform(0, 3599))
    if rng.random() < _ROBOTS:
        walk = _Walk(rng, business, crawler(rng), began, origin)
        for path in rng.sample(list(business.pages), k=min(3, len(business.pages))):
            walk.view(path, "")
        return walk.visit
    newest = hour.toordinal() * _PEOPLE_A_YEAR // 365
    returns = rng.random() < 0.3
    number = newest - int(rng.paretovariate(0.9)) if returns else newest + rng.randrange(_PEOPLE_A_YEAR // 365)
    return _walked(rng, business, person(number, business.key, dict(business.countries)), hour, origin, began)


def _walked(
    rng: random.Random, business: Business, who: Person, hour: datetime, origin: str, began: datetime | None = None
) -> Visit:
    began = began or hour + timedelta(seconds=rng.uniform(0, 3599))
    arrival = rng.choices(business.arrivals, [row.weight for row in business.arrivals])[0]
    walk = _Walk(rng, business, who, began, origin)
    walk.go(arrival)
    return walk.visit


class _Walk:
    """A visit being made: where the person is, and what time it is for them."""

    def __init__(self, rng: random.Random, business: Business, who: Person, began: datetime, origin: str) -> None:
        self.rng, self.business, self.origin = rng, business, origin
        self.now = began
        self.visit = Visit(who)
        self.url = ""

    def go(self, arrival: Arrival) -> None:
        """Land somewhere, look around, perhaps buy or ask."""
        rng, pages = self.rng, self.business.pages
        path = rng.choices(list(pages), list(pages.values()))[0]
        self.view(path + (f"?{arrival.query}" if arrival.query else ""), arrival.referrer)
        stays = 0
        if rng.random() < 0.38:
            self.leave(at_once=True)
            return
        while rng.random() < (0.9 if stays == 0 else 0.68) and stays < 14:
            self.leave()
            path = self._next(path)
            self.view(path)
            self._on_page(path, arrival)
            stays += 1
        self.leave()

    def view(self, path: str, referrer: str | None = None) -> None:
        """Open a page; the one before is its referrer unless another is given."""
        came_from, self.url = self.url, self.origin + path
        self.event("pageview", ref=came_from if referrer is None else referrer)
        if referrer is not None and self.rng.random() < 0.6:
            self.event("vitals", vitals=self._vitals())

    def leave(self, *, at_once: bool = False) -> None:
        """Close the page: how long it was read, how far."""
        read = self.rng.expovariate(0.2) if at_once else min(240.0, self.rng.lognormvariate(2.9, 0.9))
        self.now += timedelta(seconds=read * self.rng.uniform(1, 1.5))
        self.event("leave", eng=int(read * 1000), scroll=min(100, int(self.rng.betavariate(2.2, 1.4) * 100)))

    def event(self, name: str, **facts: Any) -> None:
        """Send something."""
        self.now += timedelta(milliseconds=self.rng.randrange(20, 900))
        number = self.rng.getrandbits(96)
        self.visit.events.append(
            {"id": f"{number:024x}", "name": name, "url": self.url, "ts": int(self.now.timestamp() * 1000), **facts}
        )

    def _next(self, path: str) -> str:
        pages = self.business.pages
        near = [p for p in pages if p != path and (not self.business.shop or p.startswith(("/p/", "/c/", "/w")))]
        return self.rng.choices(near, [pages[p] for p in near])[0]

    def _on_page(self, path: str, arrival: Arrival) -> None:
        if self.business.shop and path.startswith("/p/"):
            self._shop(path.split("/")[2], arrival)
        elif self.business.wish and self.rng.random() < self.business.wish_rate * arrival.buys * 2:
            self.event(self.business.wish, props={"where": path})
        if self.rng.random() < 0.01:
            self.event("outbound", props={"url": "https://www.openstreetmap.org/"})

    def _shop(self, slug: str, arrival: Arrival) -> None:
        item = catalogue.product(slug)
        if item is None:
            return
        line = {"id": item.slug, "name": item.name, "price": str(item.price), "category": item.category, "quantity": 1}
        money = {"amount": str(item.price), "currency": self.business.currency}
        self.event("view_item", items=[line], revenue=money)
        if self.rng.random() > 0.036 * item.closes * arrival.buys:
            return
        self.event("add_to_cart", items=[line], revenue=money)
        if self.rng.random() > 0.55:
            return
        self.leave()
        self.view("/checkout/")
        self.event("begin_checkout", items=[line], revenue=money)
        if self.rng.random() > 0.6:
            return
        self.leave()
        self.view("/thanks/")
        self.event("purchase", items=[line], revenue=money, order_id=f"K{self.rng.getrandbits(40):010X}")

    def _vitals(self) -> dict[str, float]:
        rng = self.rng
        return {
            "lcp": round(rng.lognormvariate(7.4, 0.4)),
            "inp": round(rng.lognormvariate(4.6, 0.5)),
            "cls": round(min(0.6, rng.expovariate(22)), 3),
            "fcp": round(rng.lognormvariate(6.9, 0.35)),
            "ttfb": round(rng.lognormvariate(5.4, 0.5)),
        }
