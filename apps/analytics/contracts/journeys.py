"""Steps of a funnel as they are stored, and what is told when goals, funnels and saved filters change."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts.rules import Match, Rule, RuleKind
from apps.analytics.enums import TextMatch
from apps.core.events import event

FEWEST_STEPS, MOST_STEPS = 2, 10
GOAL = "goal"  # a step that is a goal of the site; its value is the goal's id


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: a page that is opened, an event, perhaps with a property, or a goal of the site. `label` is what the
    owner calls it."""

    kind: str = RuleKind.PAGE.value
    match: str = TextMatch.IS.value
    value: str = ""
    prop_name: str = ""
    prop_value: str = ""
    label: str = ""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> StepSpec:
        """Read what is stored; unknown keys are dropped."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: str(value) for name, value in stored.items() if name in known})

    def to_json(self) -> dict[str, str]:
        """The stored form."""
        return dataclasses.asdict(self)

    def rule(self) -> Rule:
        """As funnels are asked for. A goal's step has none: `selectors.goals.steps_of` says what it waits for."""
        props = ((self.prop_name, self.prop_value),) if self.prop_name else ()
        return Rule(RuleKind(self.kind), Match(self.match), (self.value,), props)

    @property
    def name(self) -> str:
        """What to call it in lists: the label, else what it waits for."""
        return self.label or self.value


@event("analytics.goal_changed", aggregate="site_id", label=_("Goal changed"))
@dataclass(frozen=True, slots=True)
class GoalChanged:
    """A goal was added, changed or deleted; `what` says which."""

    organization_id: int
    site_id: int
    goal_id: int
    name: str
    what: str


@event("analytics.funnel_changed", aggregate="site_id", label=_("Funnel changed"))
@dataclass(frozen=True, slots=True)
class FunnelChanged:
    """A funnel was added, changed or deleted; `what` says which."""

    organization_id: int
    site_id: int
    funnel_id: int
    name: str
    what: str
