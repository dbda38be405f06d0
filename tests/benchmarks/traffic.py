"""Requests of many visitors to one site, ready to be sent: seeded, so that every run sends the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{m} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.{m} "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.{m} "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
)
REFERRERS = ("", "", "", "https://www.google.com/", "https://www.bing.com/", "https://t.co/abc", "https://l.facebook.com/",
             "https://chatgpt.com/", "https://blog.example.org/2026/10/a-post", "https://news.ycombinator.com/item")
CAMPAIGNS = ("", "", "", "", "", "?utm_source=newsletter&utm_medium=email&utm_campaign=may", "?gclid=abc",
             "?utm_source=facebook&utm_medium=cpc&utm_campaign=spring")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/Madrid", "Europe/London")
PAGES = 3_200
HOST = "shop.example"


class Person:
    """A browser at an address, walking through the site."""

    __slots__ = ("agent", "ip", "language", "left", "page", "screen", "zone")

    def __init__(self, rng: random.Random) -> None:
        self.agent = rng.choice(AGENTS).format(v=rng.randint(120, 142), m=rng.randint(0, 6))
        self.ip = f"{rng.randint(11, 200)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
        self.screen = rng.choice(((1920, 1080), (390, 844), (1440, 900), (412, 915), (2560, 1440)))
        self.language = rng.choice(("en-US", "de-DE", "es-ES", "fr-FR"))
        self.zone = rng.choice(ZONES)
        self.left = 0
        self.page = 0


def page_of(rng: random.Random) -> int:
    """Few pages get most of the views, and all get some: two thousand different ones on a day of 33,000 events."""
    return int(PAGES * rng.random() ** 3)


def event_of(rng: random.Random, person: Person, number: int, script_id: str, prefix: str = "b") -> dict[str, Any]:
    """The next event of a person."""
    first = person.left == 0
    if first:
        person.left = rng.randint(1, 8)
        person.page = page_of(rng)
    person.left -= 1
    roll = rng.random()
    event: dict[str, Any] = {"site": script_id, "id": f"{prefix}{number:015d}"}
    if first or roll < 0.6:
        if not first:
            person.page = page_of(rng)
        event |= {"name": "pageview", "title": f"Page {person.page}", "ref": rng.choice(REFERRERS) if first else ""}
    elif roll < 0.9:
        event |= {"name": "leave", "eng": rng.randint(500, 60_000), "scroll": rng.randint(10, 100)}
    elif roll < 0.98:
        event |= {"name": "signup", "props": {"plan": rng.choice(("free", "pro")), "seats": rng.randint(1, 5)}}
    else:
        event |= {"name": "purchase", "order_id": f"{prefix}{number}",
                  "revenue": {"amount": f"{rng.randint(5, 300)}.50", "currency": "EUR"}}
    event["url"] = f"https://{HOST}/page/{person.page}{rng.choice(CAMPAIGNS) if first else ''}"
    event |= {"sw": person.screen[0], "sh": person.screen[1], "lang": person.language, "tz": person.zone}
    return event


def walk(seed: int, people: int) -> Iterator[tuple[Person, random.Random]]:
    """People in the order in which they act; whoever has finished a walk comes back later."""
    rng = random.Random(seed)
    crowd = [Person(rng) for _ in range(people)]
    while True:
        yield crowd[int(rng.random() * people)], rng


def requests(seed: int, script_id: str, count: int, per_request: int, prefix: str, people: int = 20_000) -> list[bytes]:
    """HTTP requests of one or several events each, as bytes for a keep-alive connection."""
    return _requests(walk(seed, people), lambda _rng: script_id, lambda _rng: per_request, count, prefix)


def mixed(seed: int, script_ids: list[str], count: int, prefix: str, people: int = 20_000) -> list[bytes]:
    """What a collector for many sites gets: the first site has half of all events, each further one half of the rest;
    nine of ten requests hold one event, the others two to six, as a tracker sends what it kept while offline."""
    def site(rng: random.Random) -> str:
        return script_ids[min(int(-math.log2(1 - rng.random())), len(script_ids) - 1)]

    def size(rng: random.Random) -> int:
        return 1 if rng.random() < 0.9 else rng.randint(2, 6)

    return _requests(walk(seed, people), site, size, count, prefix)


def _requests(
    crowd: Iterator[tuple[Person, random.Random]], site: Callable[[random.Random], str],
    size: Callable[[random.Random], int], count: int, prefix: str,
) -> list[bytes]:
    found, number = [], 0
    for _ in range(count):
        person, rng = next(crowd)
        events, script_id, per_request = [], site(rng), size(rng)
        for _ in range(per_request):
            events.append(event_of(rng, person, number, script_id, prefix))
            number += 1
        body = orjson.dumps(events[0] if per_request == 1 else events)
        found.append(
            b"POST /api/track HTTP/1.1\r\nHost: collect.example\r\nUser-Agent: %b\r\nContent-Type: text/plain\r\n"
            b"Accept: */*\r\nOrigin: https://shop.example\r\nX-Forwarded-For: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (person.agent.encode(), person.ip.encode(), len(body), body)
        )
    return found


def history(seed: int, script_id: str, count: int, days: int, end: datetime, prefix: str = "h",
            people: int = 60_000) -> Iterator[tuple[datetime, Person, dict[str, Any]]]:
    """Events spread evenly over the days before `end`, in order of time."""
    step = timedelta(days=days) / count
    crowd, at = walk(seed, people), end - timedelta(days=days)
    queue: list[tuple[Person, random.Random]] = []
    for number in range(count):
        if len(queue) < 400:
            queue += [next(crowd) for _ in range(400 - len(queue))]
        index = number * 7919 % len(queue)
        person, rng = queue[index]
        yield at.astimezone(UTC), person, event_of(rng, person, number, script_id, prefix)
        if person.left == 0:
            queue[index] = next(crowd)
        at += step
