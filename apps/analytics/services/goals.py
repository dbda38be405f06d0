"""Goals: added, changed, deleted. Each change has the pipeline count the goal's past."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts.journeys import GoalChanged
from apps.analytics.enums import GoalKind, TextMatch
from apps.analytics.models import Goal, Site
from apps.analytics.selectors.goals import can_be_step
from apps.analytics.services.funnels import goal_steps_settled, is_step
from apps.analytics.services.store_jobs import goals_recount
from apps.core.outbox import publish

MOST_GOALS = 50
RULE = ("kind", "match", "value", "prop_name", "prop_value", "amount")
register_audit_actions({
    "goal.created": _("Goal added"), "goal.changed": _("Goal changed"), "goal.deleted": _("Goal deleted"),
})


@transaction.atomic
def goal_create(*, actor: Any, site: Site, name: str, kind: str, is_conversion: bool = False, **rule: Any) -> Goal:
    """Add a goal and have its past counted. Raises ValidationError for a rule that nothing could ever meet."""
    Site.objects.select_for_update().get(pk=site.pk)
    if Goal.objects.filter(site=site).count() >= MOST_GOALS:
        raise ValidationError(_("A site can have at most %(number)d goals.") % {"number": MOST_GOALS})
    goal = Goal(site=site, name=_free_name(site, name), is_conversion=is_conversion, **goal_rule(kind=kind, **rule))
    goal.save()
    _count_past(goal)
    audit(actor, "goal.created", goal, after={"site": site.name, **_facts(goal)})
    publish(GoalChanged(goal.organization_id, site.id, goal.id, goal.name, "created"))
    return goal


@transaction.atomic
def goal_update(*, actor: Any, goal: Goal, **facts: Any) -> Goal:
    """Change name, is_conversion or the rule; another rule has the past counted anew. What counts as a conversion
    does so from now on: what was counted before stays."""
    goal = Goal.objects.select_for_update().get(pk=goal.pk)
    before = _facts(goal)
    if "name" in facts:
        goal.name = _free_name(goal.site, facts["name"], goal)
    goal.is_conversion = facts.get("is_conversion", goal.is_conversion)
    for field, value in goal_rule(**{field: facts.get(field, getattr(goal, field)) for field in RULE}).items():
        setattr(goal, field, value)
    if not can_be_step(goal) and is_step(goal):
        raise ValidationError({"amount": _("A funnel has this goal as a step, which cannot look at amounts.")})
    after = _facts(goal)
    changed = {key for key in after if after[key] != before[key]}
    if not changed:
        return goal
    goal.save()
    if changed & set(RULE):
        _count_past(goal)
    audit(actor, "goal.changed", goal, before={key: before[key] for key in changed},
          after={key: after[key] for key in changed})
    publish(GoalChanged(goal.organization_id, goal.site_id, goal.id, goal.name, "changed"))
    return goal


@transaction.atomic
def goal_delete(*, actor: Any, goal: Goal) -> None:
    """Delete a goal and what was counted for it. Funnels that have it as a step keep what it waited for."""
    goal = Goal.objects.select_for_update().get(pk=goal.pk)
    goal_id, site = goal.id, goal.site
    audit(actor, "goal.deleted", goal, before={"site": site.name, **_facts(goal)})
    publish(GoalChanged(goal.organization_id, site.id, goal_id, goal.name, "deleted"))
    goal_steps_settled(goal)
    goal.delete()
    goals_recount(site=site, goals=[goal_id])


@transaction.atomic
def goal_count_again(*, goal: Goal) -> None:
    """Ask once more for the past to be counted, after it could not be."""
    _count_past(goal)


def goal_rule(
    *, kind: str, match: str = TextMatch.IS, value: str = "", prop_name: str = "", prop_value: str = "",
    amount: Any = None,
) -> dict[str, Any]:
    """A goal's rule, tidied: only what its kind looks at. Raises ValidationError at the field that is wrong."""
    if kind == GoalKind.REVENUE:
        least = Decimal(str(amount or 0))
        if least < 0 or least >= Decimal(10) ** 12:
            raise ValidationError({"amount": _("Type an amount of 0 or more.")})
        return {"kind": kind, "match": TextMatch.IS.value, "value": "", "prop_name": "", "prop_value": "",
                "amount": least.quantize(Decimal("0.0001"))}
    if kind not in GoalKind.values or match not in TextMatch.values:
        raise ValidationError({"kind": _("There is no such goal.")})
    value = value.strip()
    if not value:
        raise ValidationError({"value": _("Say which page or event.")})
    if kind == GoalKind.PAGE and match != TextMatch.CONTAINS and not value.startswith("/"):
        raise ValidationError({"value": _("A page begins with /, such as /thank-you.")})
    named = kind == GoalKind.EVENT and prop_name.strip()
    return {
        "kind": kind, "match": match, "value": value[:500], "prop_name": prop_name.strip()[:300] if named else "",
        "prop_value": prop_value.strip()[:500] if named else "", "amount": None,
    }


def _free_name(site: Site, name: str, own: Goal | None = None) -> str:
    name = name.strip()[:80]
    if not name:
        raise ValidationError({"name": _("Give the goal a name.")})
    if Goal.objects.filter(site=site, name=name).exclude(pk=own.pk if own else None).exists():
        raise ValidationError({"name": _("There is a goal of this name already.")})
    return name


def _count_past(goal: Goal) -> None:
    goal.job_id = goals_recount(site=goal.site, goals=[goal.id]).id
    goal.save(update_fields=["job_id"])


def _facts(goal: Goal) -> dict[str, Any]:
    facts = {field: getattr(goal, field) for field in ("name", *RULE, "is_conversion")}
    return facts | {"amount": str(goal.amount) if goal.amount is not None else None}
