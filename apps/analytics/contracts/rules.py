"""What a visitor does, as goals, funnels and paths name it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RuleKind(StrEnum):
    """What a rule looks at."""

    PAGE = "page"  # a page view, by its path
    EVENT = "event"  # an event, by its name
    ENTRY = "entry"  # the first page view of a visit, by its path


class Match(StrEnum):
    """How a rule holds a path or name against its values. Only `contains` looks past upper and lower case."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    STARTS = "starts"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something a visitor does. `props` are properties the event must have, with their values as text; all of them."""

    kind: RuleKind
    match: Match
    values: tuple[str, ...]
    props: tuple[tuple[str, str], ...] = ()
