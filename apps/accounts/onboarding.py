"""The first steps of a new organization. A feature registers its own; each ticks itself from real state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import OrganizationKind
from apps.accounts.models import Organization

Words = str | Promise


@dataclass(frozen=True)
class Step:
    """One thing to do first. `done(organization)` looks at facts, in the organization's scope.

    `button` are the words on its button; `action` is the right a person needs to see it; `kinds` are the
    kinds of organization it is meant for.
    """

    key: str
    label: Words
    help: Words
    url_name: str
    done: Callable[[Organization], bool]
    button: Words = _("Open")
    action: str = "organization.view"
    order: int = 100
    kinds: tuple[str, ...] = tuple(OrganizationKind)


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Add a step; refuses a second one of the same key."""
    if step.key in _steps:
        raise ValueError(f"onboarding step {step.key} is declared twice")
    _steps[step.key] = step


def checklist(organization: Organization, may: Callable[[str], bool]) -> dict[str, Any] | None:
    """What the checklist component shows, or None when it was put away or everything is done."""
    if organization.onboarding_hidden_at:
        return None
    meant = [step for step in _steps.values() if organization.kind in step.kinds and may(step.action)]
    steps = sorted(meant, key=lambda step: step.order)
    items = [
        {
            "label": step.label,
            "text": step.help,
            "href": reverse(step.url_name, kwargs={"slug": organization.slug}),
            "action": step.button,
            "done": step.done(organization),
        }
        for step in steps
    ]
    waiting = [item for item in items if not item["done"]]
    if not waiting:
        return None
    waiting[0]["current"] = True
    return {"items": items, "done": len(items) - len(waiting), "total": len(items)}
