"""A site's goals with the state of their counting, and how often a rule was met lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.analytics.contracts.journeys import GOAL, StepSpec
from apps.analytics.contracts.rules import RuleKind
from apps.analytics.enums import EventFlag, GoalKind
from apps.analytics.models import Funnel, Goal, Segment, Site, StoreJob
from apps.analytics.reaching import UNITS, GoalRule, condition
from apps.analytics.selectors.asking import asked
from apps.metrics.contracts import Query, Window

PREVIEW_DAYS, PREVIEW_SECONDS = 28, 5
_TEST = int(EventFlag.TEST)


@dataclass(frozen=True, slots=True)
class Counting:
    """How far the counting of a goal's past is: `waiting`, `done`, or `failed` with the error."""

    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """How often a rule was met in the last days, and in how many visits."""

    times: int
    visits: int


def countings(goals: Iterable[Goal]) -> dict[int, Counting]:
    """By goal: whether its past is counted."""
    jobs = {goal.job_id: goal.id for goal in goals if goal.job_id}
    found = {goal.id: Counting("done") for goal in goals}
    for pk, done_at, error in StoreJob.objects.filter(pk__in=jobs).values_list("id", "done_at", "error"):
        if done_at is None:
            found[jobs[pk]] = Counting("waiting")
        elif error:
            found[jobs[pk]] = Counting("failed", error)
    return found


def steps_of(funnel: Funnel) -> list[StepSpec]:
    """What a funnel's steps wait for now: a step that is a goal follows the goal."""
    steps = [StepSpec.from_json(step) for step in funnel.steps]
    if not any(step.kind == GOAL for step in steps):
        return steps
    goals = {str(goal.pk): goal for goal in Goal.objects.filter(site_id=funnel.site_id)}
    return [step_of(goals[step.value], step.label) if step.kind == GOAL else step for step in steps]


def step_of(goal: Goal, label: str = "") -> StepSpec:
    """The step that waits for what a goal waits for. An order of any worth is a purchase."""
    kind, value = (RuleKind.EVENT, "purchase") if goal.kind == GoalKind.REVENUE else (goal.kind, goal.value)
    return StepSpec(str(kind), goal.match, value, goal.prop_name, goal.prop_value, label or goal.name)


def can_be_step(goal: Goal) -> bool:
    """Steps look at what happened, not at what it was worth."""
    return not goal.amount


def preview(site: Site, rule: dict[str, Any]) -> Preview:
    """What a goal with this rule (as `goal_rule` tidied it) would have counted in the last 28 days, counted from the
    events. Raises QueryTooSlow."""
    now = timezone.now()
    amount = rule["amount"]
    goal = GoalRule(
        rule["kind"], rule["match"], rule["value"], rule["prop_name"], rule["prop_value"],
        int(amount * UNITS) if amount else 0,
    )
    where, params = condition(goal, site.organization.currency)
    window = Window(now - timedelta(days=PREVIEW_DAYS), now, site.organization.tz)

    def ask(query: Query, cursor: Any) -> Preview:
        cursor.execute(
            "SELECT count(*), count(DISTINCT e.session_id) FILTER (WHERE e.session_id <> 0) FROM analytics_event e"
            f" WHERE e.site_id = %s AND e.time >= %s AND e.time < %s AND e.flags & {_TEST} = 0 AND {where}",
            [site.id, query.window.start, query.window.end, *params],
        )
        return Preview(*cursor.fetchone())

    return asked(Query((), window, (site.organization_id,), (site.id,)), ask, PREVIEW_SECONDS)


def goals_of_site(site: Site) -> list[Goal]:
    """A site's goals by name."""
    return list(Goal.objects.filter(site=site))


def funnels_of_site(site: Site) -> list[Funnel]:
    """A site's funnels by name."""
    return list(Funnel.objects.filter(site=site))


def segments_for(site: Site | None, user: Any) -> QuerySet[Segment]:
    """The segments a person may use on a site: shared ones and their own, of the site or of the organization. Without
    a person (an API key of the organization) the shared ones."""
    mine = Q(is_shared=True) | Q(user=user) if user is not None and getattr(user, "pk", None) else Q(is_shared=True)
    places = Q(site=None) | Q(site=site) if site is not None else Q()
    return Segment.objects.filter(mine, places)
