"""Searches of a business that does not exist, the same whenever they are asked for, told by the rules of the real
service: sorted by clicks, in pages, days by Pacific time, the last ones unfinished, rare terms without their words."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from apps.analytics.providers.searches.base import PAGE_ROWS, Question, Row, Told

UNFINISHED = timedelta(days=2)  # today and the day before are still being counted
_DEVICES, _DEVICE_SHARES = ("MOBILE", "DESKTOP", "TABLET"), (64, 33, 3)
_WEEK = (1.0, 1.02, 1.0, 0.98, 0.94, 0.86, 0.92)
_RARE = 0.22  # of the impressions, shown for terms that too few people search for
_CELLS = 4  # of one term on one day
_DAY = timedelta(days=1)
Found = tuple[str, str, str, str, int, int, float]  # term ("" for a rare one), page, country, device, clicks, shown, at


@dataclass(frozen=True, slots=True)
class Imagined:
    """A business: its address, what people search for (the commonest first), its pages, where searchers live (alpha-3,
    the commonest first), how often it is shown a day, and the first day it was."""

    origin: str
    terms: tuple[str, ...]
    paths: tuple[str, ...] = ("/",)
    countries: tuple[str, ...] = ("deu", "aut", "che", "gbr", "usa")
    shown_a_day: int = 1_500
    since: date = date(2024, 1, 1)


def told(business: Imagined, question: Question, today: date, rows: int = PAGE_ROWS) -> Told:
    """The answer to a question on a day of the calendar."""
    last = today - _DAY
    days = _days(max(question.first, business.since), min(question.last, last))
    sums: dict[tuple[str, ...], list[float]] = {}
    for day in days:
        for found in _searches(business, day):
            values = _values(found, day)
            named = {*question.by, *(by for by, _value in question.where)}
            if (not found[0] and "query" in named) or any(values[by] != value for by, value in question.where):
                continue
            sum_ = sums.setdefault(tuple(values[name] for name in question.by), [0, 0, 0.0])
            sum_[0] += found[4]
            sum_[1] += found[5]
            sum_[2] += found[5] * found[6]
    lines = [Row(keys, int(a), int(b), c / b) for keys, (a, b, c) in sums.items()]
    lines.sort(key=lambda row: (-row.clicks, row.keys))
    unfinished = today - UNFINISHED + _DAY
    is_open = "date" in question.by and question.last >= unfinished
    return Told(lines[question.start : question.start + rows], unfinished if is_open else None)


def _values(found: Found, day: date) -> dict[str, str]:
    return {"date": day.isoformat(), "query": found[0], "page": found[1], "country": found[2], "device": found[3]}


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


@lru_cache(maxsize=512)
def _searches(business: Imagined, day: date) -> tuple[Found, ...]:
    """All searches of a day, by the commonness of terms (a term half as far down is shown twice as often)."""
    chance = random.Random(f"{business.origin} {day}")  # noqa: S311 -- invented figures need no secrecy
    whole = sum(1 / (rank + 2) for rank in range(len(business.terms)))
    growth = 0.7 + 0.3 * min(1.0, (day - business.since).days / 400)
    shown = business.shown_a_day * growth * _WEEK[day.weekday()]
    found: list[Found] = []
    for rank, term in enumerate(business.terms):
        mine = shown * (1 - _RARE) / (rank + 2) / whole
        path = business.paths[rank % len(business.paths)]
        place = 1.2 + rank * 0.55 + (sum(map(ord, term)) % 7) * 0.4 - 1.1 * growth
        found += _cells(chance, business, term, path, mine, max(1.0, place))
    found += _cells(chance, business, "", business.paths[0], shown * _RARE, 11.0)
    return tuple(found)


def _cells(
    chance: random.Random, business: Imagined, term: str, path: str, shown: float, place: float
) -> Iterator[Found]:
    for _ in range(_CELLS):
        impressions = round(shown / _CELLS * chance.uniform(0.6, 1.4))
        if not impressions:
            continue
        here = max(1.0, place + chance.uniform(-0.6, 0.6))
        rate = min(0.42, 0.34 / here**1.1)
        clicks = sum(chance.random() < rate for _ in range(impressions)) if impressions < 40 else round(
            impressions * rate * chance.uniform(0.9, 1.1)
        )
        country = chance.choices(business.countries, [1 / (n + 1) ** 2 for n in range(len(business.countries))])[0]
        device = chance.choices(_DEVICES, _DEVICE_SHARES)[0]
        yield term, business.origin + path, country, device, clicks, impressions, here
