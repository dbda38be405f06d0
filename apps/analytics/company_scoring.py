"""How interested a company is: five parts between 0 and 100, weighed by the organization. Plain arithmetic.

Each part but recency grows with what was seen and never reaches 100: half of it is there at a named amount, half of
the rest at twice that amount. Recency halves with every week that passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.analytics.enums import Temperature

WINDOW_DAYS = 30
HALF_AT = {"frequency": 3.0, "depth": 3.0, "time": 60.0, "conversions": 1.0}
HALF_LIFE_DAYS = 7.0
PARTS = ("frequency", "depth", "time", "conversions", "recency")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a company in the thirty days up to a moment. Seconds are of attention; `days_ago` is the time
    since the last sign, in days."""

    visits: int
    pageviews: int
    engaged_s: float
    conversions: int
    days_ago: float


@dataclass(frozen=True, slots=True)
class Rules:
    """Weights from 0 to 100, and the scores from which on a company is warm and hot."""

    weights: Mapping[str, int]
    hot_from: int = 70
    warm_from: int = 40


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: what was seen, how many of 100 points that gives, and how it weighs."""

    key: str
    amount: float
    points: float
    weight: int


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100 and what it is made of."""

    value: int
    temperature: Temperature
    parts: tuple[Part, ...]


def score_of(seen: Seen, rules: Rules) -> Score:
    """The weighed mean of the parts, rounded half up; 0 for a company that was not seen, or without any weight."""
    amounts = {
        "frequency": float(seen.visits),
        "depth": seen.pageviews / seen.visits if seen.visits else 0.0,
        "time": seen.engaged_s / seen.visits if seen.visits else 0.0,
        "conversions": float(seen.conversions),
        "recency": max(0.0, seen.days_ago),
    }
    parts = tuple(
        Part(key, amounts[key], _points(key, amounts[key]) if seen.visits else 0.0, int(rules.weights.get(key, 0)))
        for key in PARTS
    )
    weight = sum(part.weight for part in parts)
    value = int(sum(part.points * part.weight for part in parts) / weight + 0.5) if weight else 0
    return Score(value, temperature_of(value, rules), parts)


def temperature_of(value: int, rules: Rules) -> Temperature:
    """Hot, warm or cold."""
    if value >= rules.hot_from:
        return Temperature.HOT
    return Temperature.WARM if value >= rules.warm_from else Temperature.COLD


def _points(key: str, amount: float) -> float:
    if key == "recency":
        return 100.0 * float(2.0 ** (-amount / HALF_LIFE_DAYS))
    return 100.0 * (1.0 - float(2.0 ** (-amount / HALF_AT[key])))
