"""Funnels and saved filters: added, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.accounts.models import User
from apps.analytics.contracts.journeys import FEWEST_STEPS, GOAL, MOST_STEPS, FunnelChanged, StepSpec
from apps.analytics.contracts.rules import RuleKind
from apps.analytics.enums import FunnelWindow, TextMatch
from apps.analytics.models import Funnel, Goal, Segment, Site
from apps.analytics.selectors.goals import can_be_step, step_of
from apps.core.outbox import publish

MOST_FUNNELS, MOST_SEGMENTS, MOST_FILTERS = 50, 200, 10
register_audit_actions({
    "funnel.created": _("Funnel added"), "funnel.changed": _("Funnel changed"), "funnel.deleted": _("Funnel deleted"),
    "segment.created": _("Segment saved"), "segment.changed": _("Segment changed"),
    "segment.deleted": _("Segment deleted"),
})


@transaction.atomic
def funnel_create(
    *, actor: Any, site: Site, name: str, steps: Sequence[StepSpec], window: str = FunnelWindow.VISIT
) -> Funnel:
    """Add a funnel. Raises ValidationError for too few or too many steps, or one that names nothing."""
    if Funnel.objects.filter(site=site).count() >= MOST_FUNNELS:
        raise ValidationError(_("A site can have at most %(number)d funnels.") % {"number": MOST_FUNNELS})
    funnel = Funnel(site=site, name=_free_name(site, name), steps=steps_tidied(site, steps), window=_window(window))
    funnel.save()
    audit(actor, "funnel.created", funnel, after={"site": site.name, "name": funnel.name, "steps": funnel.steps})
    publish(FunnelChanged(funnel.organization_id, site.id, funnel.id, funnel.name, "created"))
    return funnel


@transaction.atomic
def funnel_update(*, actor: Any, funnel: Funnel, **facts: Any) -> Funnel:
    """Change name, steps or window."""
    funnel = Funnel.objects.select_for_update().get(pk=funnel.pk)
    before = {"name": funnel.name, "steps": funnel.steps, "window": funnel.window}
    if "name" in facts:
        funnel.name = _free_name(funnel.site, facts["name"], funnel)
    if "steps" in facts:
        funnel.steps = steps_tidied(funnel.site, facts["steps"])
    funnel.window = _window(facts.get("window", funnel.window))
    after = {"name": funnel.name, "steps": funnel.steps, "window": funnel.window}
    if after != before:
        funnel.save()
        audit(actor, "funnel.changed", funnel, before=before, after=after)
        publish(FunnelChanged(funnel.organization_id, funnel.site_id, funnel.id, funnel.name, "changed"))
    return funnel


@transaction.atomic
def funnel_delete(*, actor: Any, funnel: Funnel) -> None:
    """Delete a funnel; what it counted is still in the events."""
    audit(actor, "funnel.deleted", funnel, before={"name": funnel.name, "steps": funnel.steps})
    publish(FunnelChanged(funnel.organization_id, funnel.site_id, funnel.id, funnel.name, "deleted"))
    funnel.delete()


def steps_tidied(site: Site, steps: Iterable[StepSpec]) -> list[dict[str, str]]:
    """Steps as they are stored; raises ValidationError in words."""
    found = []
    for number, step in enumerate(steps, 1):
        value = step.value.strip()[:500]
        if step.kind == GOAL:
            found.append(_goal_step(site, number, value, step.label))
            continue
        if step.kind not in {RuleKind.PAGE, RuleKind.EVENT} or step.match not in TextMatch.values or not value:
            raise ValidationError({"steps": _("Step %(number)d names no page or event.") % {"number": number}})
        if step.kind == RuleKind.PAGE and step.match != TextMatch.CONTAINS and not value.startswith("/"):
            raise ValidationError({"steps": _("Step %(number)d: a page begins with /.") % {"number": number}})
        named = step.prop_name.strip() if step.kind == RuleKind.EVENT else ""
        prop = (named[:300], step.prop_value.strip()[:500]) if named else ("", "")
        found.append(StepSpec(step.kind, step.match, value, *prop, step.label.strip()[:80]).to_json())
    if not FEWEST_STEPS <= len(found) <= MOST_STEPS:
        raise ValidationError({"steps": _("A funnel has %(least)d to %(most)d steps.") % {
            "least": FEWEST_STEPS, "most": MOST_STEPS}})
    return found


def _goal_step(site: Site, number: int, value: str, label: str) -> dict[str, str]:
    goal = Goal.objects.filter(site=site, pk=value).first() if value.isascii() and value.isdigit() else None
    if goal is None:
        raise ValidationError({"steps": _("Step %(number)d names no goal of this site.") % {"number": number}})
    if not can_be_step(goal):
        raise ValidationError({"steps": _("Step %(number)d: a goal with a least amount cannot be a step.") % {
            "number": number}})
    return StepSpec(GOAL, value=value, label=label.strip()[:80]).to_json()


def goal_steps_settled(goal: Goal) -> None:
    """A goal is going away: the steps that are this goal wait for what it waited for."""
    for funnel in Funnel.objects.select_for_update().filter(site=goal.site):
        if any(_is_goal(step, goal) for step in funnel.steps):
            funnel.steps = [
                step_of(goal, step["label"]).to_json() if _is_goal(step, goal) else step for step in funnel.steps
            ]
            funnel.save()


def _is_goal(step: dict[str, str], goal: Goal) -> bool:
    return step["kind"] == GOAL and step["value"] == str(goal.pk)


def is_step(goal: Goal) -> bool:
    """Whether a funnel of the site has this goal as a step."""
    return any(_is_goal(step, goal) for funnel in Funnel.objects.filter(site=goal.site) for step in funnel.steps)


@transaction.atomic
def segment_create(
    *, actor: Any, name: str, filters: Sequence[str], site: Site | None = None, is_shared: bool = False
) -> Segment:
    """Save filters (as they stand in the address) under a name: for one site or, without one, for all."""
    user = actor if isinstance(actor, User) else None
    segment = Segment(site=site, user=user, is_shared=is_shared or user is None, filters=_filters(filters))
    if Segment.objects.count() >= MOST_SEGMENTS:
        raise ValidationError(_("There can be at most %(number)d segments.") % {"number": MOST_SEGMENTS})
    segment.name = _segment_name(segment, name)
    segment.save()
    audit(actor, "segment.created", segment, after={"name": segment.name, "filters": segment.filters})
    return segment


@transaction.atomic
def segment_update(*, actor: Any, segment: Segment, **facts: Any) -> Segment:
    """Change name, filters or is_shared."""
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    before = {"name": segment.name, "filters": segment.filters, "is_shared": segment.is_shared}
    segment.is_shared = facts.get("is_shared", segment.is_shared)
    if "name" in facts:
        segment.name = _segment_name(segment, facts["name"])
    if "filters" in facts:
        segment.filters = _filters(facts["filters"])
    after = {"name": segment.name, "filters": segment.filters, "is_shared": segment.is_shared}
    if after != before:
        segment.save()
        audit(actor, "segment.changed", segment, before=before, after=after)
    return segment


@transaction.atomic
def segment_delete(*, actor: Any, segment: Segment) -> None:
    """Delete a segment; pages that name it show everything again and say so."""
    audit(actor, "segment.deleted", segment, before={"name": segment.name, "filters": segment.filters})
    segment.delete()


def _filters(texts: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(texts))
    if not found or len(found) > MOST_FILTERS:
        raise ValidationError({"filters": _("A segment has 1 to %(most)d filters.") % {"most": MOST_FILTERS}})
    return found


def _segment_name(segment: Segment, name: str) -> str:
    name = name.strip()[:80]
    if not name:
        raise ValidationError({"name": _("Give the segment a name.")})
    beside = Segment.objects.filter(name=name, site=segment.site).exclude(pk=segment.pk)
    if beside.filter(Q(is_shared=True) | Q(user=segment.user)).exists():
        raise ValidationError({"name": _("There is a segment of this name already.")})
    return name


def _free_name(site: Site, name: str, own: Funnel | None = None) -> str:
    name = name.strip()[:80]
    if not name:
        raise ValidationError({"name": _("Give the funnel a name.")})
    if Funnel.objects.filter(site=site, name=name).exclude(pk=own.pk if own else None).exists():
        raise ValidationError({"name": _("There is a funnel of this name already.")})
    return name


def _window(window: str) -> str:
    if window not in FunnelWindow.values:
        raise ValidationError({"window": _("There is no such time.")})
    return FunnelWindow(window).value
