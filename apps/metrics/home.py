"""What features put on the home page, which stands on a floor above them: cards, lists of what is largest, things
that need somebody, words for the activity feed, the health of a client.

Each feature registers its own in `places.py`; the home page shows what the person may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.metrics.registry import Tone, Words

May = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Card:
    """A metric on the home page. `order` is its place, smallest first; `orders` says otherwise for some industries.
    `drill` is the page behind it when the metric names none."""

    metric: str
    order: int = 100
    orders: Mapping[str, int] = field(default_factory=dict)

    def place(self, industry: str) -> int:
        """Its place for this kind of business."""
        return self.orders.get(industry, self.order)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The largest values of one dimension of a metric, as a card of the home page: `words` tells a value,
    `links(organization, frame, values)` the pages narrowed to each of them ("" for none)."""

    metric: str
    by: str
    title: Words
    name: Words
    words: Callable[[str], Words]
    links: Callable[[Any, Any, Sequence[str]], Sequence[str]]
    order: int = 100


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: what it is, where to do it, in which words the button says so."""

    text: Words
    href: str
    action: Words
    icon: str = "circle-alert"
    tone: Tone = Tone.ATTENTION
    detail: Words = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NeedFinder:
    """`find(organization)` lists a feature's needs, in the organization's scope, for who has the right `action`."""

    key: str
    find: Callable[[Any], Iterable[Need]]
    action: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class Activity:
    """How an event is told in the feed, to who has the right `action`. Without `words` its label is shown, and a
    `name` it carries beside it."""

    event: str
    icon: str
    action: str
    words: Callable[[Mapping[str, Any]], Words] | None = None
    href: Callable[[Any, Mapping[str, Any]], str] | None = None
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Health:
    """`look(org_ids)` gives the state of many organizations in one query, all of them in scope. The worst counts."""

    key: str
    look: Callable[[Sequence[int]], Mapping[int, tuple[Tone, Words]]]


_cards: dict[str, Card] = {}
_finders: dict[str, NeedFinder] = {}
_activities: dict[str, Activity] = {}
_healths: dict[str, Health] = {}
_moments: dict[str, Words] = {}
_rankings: dict[str, Ranking] = {}


def add_card(card: Card) -> None:
    """Show a metric on the home page."""
    _once(_cards, card.metric, card)


def add_ranking(ranking: Ranking) -> None:
    """Show the largest values of a dimension on the home page."""
    _once(_rankings, f"{ranking.metric} by {ranking.by}", ranking)


def add_needs(finder: NeedFinder) -> None:
    """Look for things that wait for a person."""
    _once(_finders, finder.key, finder)


def add_activity(*activities: Activity) -> None:
    """Tell events in the feed."""
    for activity in activities:
        _once(_activities, activity.event, activity)


def add_health(health: Health) -> None:
    """Look at the state of an agency's clients."""
    _once(_healths, health.key, health)


def add_moments(labels: Mapping[str, Words]) -> None:
    """Show these metrics in the strip of what happens right now, under these labels ("Revenue today"): those of the
    moment as they are, others over today. Their sources must know minutes."""
    for key, label in labels.items():
        _once(_moments, key, label)


def cards(industry: str) -> list[Card]:
    """The cards in the order for a kind of business."""
    return sorted(_cards.values(), key=lambda card: (card.place(industry), card.metric))


def rankings() -> list[Ranking]:
    """The lists of largest values, in their order."""
    return sorted(_rankings.values(), key=lambda ranking: (ranking.order, ranking.metric, ranking.by))


def finders() -> list[NeedFinder]:
    """Everything that looks for needs."""
    return sorted(_finders.values(), key=lambda finder: (finder.order, finder.key))


def activities() -> dict[str, Activity]:
    """The events of the feed by name."""
    return dict(_activities)


def healths() -> list[Health]:
    """Everything that looks at clients."""
    return list(_healths.values())


def moments() -> dict[str, Words]:
    """The metrics of the live strip with their labels."""
    return dict(_moments)


def _once(where: dict[str, Any], key: str, item: Any) -> None:
    if key in where:
        raise ValueError(f"{key} is on the home page already")
    where[key] = item
