"""How good a site's data is, from 0 to 100: parts of a weight each, and for each a share of what went wrong.

A part earns all its points up to the share `good`, none from `bad` on, and evenly less between. A part about nothing
(purchases at a site that sells nothing) is left out, and the score is what was earned of what could be. What each part
counts is written down in docs/guide/data-quality.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.analytics.enums import Doubt
from apps.analytics.selectors.quality import Facts

LEAST_EVENTS = 50
SCALE = 100  # points are kept as whole numbers


@dataclass(frozen=True, slots=True)
class Rule:
    """One part: `count(facts)` gives what went wrong and of how much; None where the part means nothing."""

    key: str
    weight: int
    good: float
    bad: float
    count: Callable[[Facts], tuple[int, int] | None]

    def points(self, share: float) -> int:
        """What is earned, of `weight * SCALE`."""
        lost = min(max((share - self.good) / (self.bad - self.good), 0.0), 1.0)
        return round(self.weight * SCALE * (1 - lost))


@dataclass(frozen=True, slots=True)
class Part:
    """A rule's answer for a site."""

    key: str
    count: int
    of: int
    points: int
    most: int

    @property
    def share(self) -> float:
        """What went wrong, as a share."""
        return self.count / self.of if self.of else 0.0

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {"key": self.key, "count": self.count, "of": self.of, "points": self.points, "most": self.most}


@dataclass(frozen=True, slots=True)
class Score:
    """The parts together. Without enough events there are none, and no score."""

    parts: tuple[Part, ...]

    @property
    def points(self) -> int:
        """Earned."""
        return sum(part.points for part in self.parts)

    @property
    def most(self) -> int:
        """What could be earned."""
        return sum(part.most for part in self.parts)

    @property
    def value(self) -> int | None:
        """0–100."""
        return round(100 * self.points / self.most) if self.most else None


def _some(count: int, of: int) -> tuple[int, int] | None:
    return (min(count, of), of) if of else None


def _hosts(facts: Facts) -> tuple[int, int] | None:
    if not facts.own_hosts:
        return None
    return _some(sum(count for _host, count in facts.unknown_hosts), facts.doubt(Doubt.HOST))


RULES = (
    Rule("accepted", 20, 0.001, 0.05, lambda f: _some(f.flow.invalid + f.flow.failed, f.flow.received)),
    Rule("purchases", 15, 0.0, 0.2, lambda f: _some(f.doubt(Doubt.INCOMPLETE), f.doubt(Doubt.PURCHASES))),
    Rule("hosts", 15, 0.005, 0.1, _hosts),
    Rule("gaps", 15, 0.0, 0.1, lambda f: _some(f.gaps.hours, f.gaps.judged)),
    Rule("duplicates", 10, 0.01, 0.2, lambda f: _some(f.flow.duplicates, f.flow.duplicates + f.flow.stored)),
    Rule("personal", 10, 0.0, 0.01, lambda f: _some(f.doubt(Doubt.PERSONAL), f.doubt(Doubt.EVENTS))),
    Rule("campaigns", 5, 0.001, 0.05,
         lambda f: _some(f.doubt(Doubt.UPPERCASE) + f.doubt(Doubt.PARAMETERS), f.doubt(Doubt.EVENTS))),
    Rule("clock", 5, 0.01, 0.2, lambda f: _some(f.doubt(Doubt.CLOCK), f.doubt(Doubt.EVENTS))),
    Rule("install", 5, 0.0, 1.0, lambda f: _some(len(f.silent_hosts), len(f.site.domains))),
)


def score_of(facts: Facts) -> Score:
    """The score of a site over a week."""
    if facts.flow.received < LEAST_EVENTS:
        return Score(())
    parts = []
    for rule in RULES:
        if found := rule.count(facts):
            count, of = found
            parts.append(Part(rule.key, count, of, rule.points(count / of), rule.weight * SCALE))
    return Score(tuple(parts))
