"""Funnels whose steps are goals: they follow the goal, and outlive it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.models import Organization, User
from apps.analytics.contracts.journeys import GOAL, StepSpec
from apps.analytics.models import Funnel, Goal, Site
from apps.analytics.selectors.goals import steps_of
from apps.analytics.services.funnels import funnel_create
from apps.analytics.services.goals import goal_create, goal_delete, goal_update
from apps.core.tenancy import tenant
from tests.analytics.visited import at, seen
from tests.factories.analytics import SiteFactory

TODAY = "?range=today&compare=none"


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def made(site: Site, **facts: Any) -> Goal:
    with tenant(site.organization_id):
        return goal_create(actor=None, site=site, **{"kind": "page", "value": "/shop", "name": "Shop seen", **facts})


def numbers(page: Any) -> list[tuple[str, str]]:
    return [(step["name"], step["visitors"]) for step in page["steps"]]


def test_a_funnel_of_goals_counts_what_they_wait_for(browser: Client, visited: Site) -> None:
    shop = made(visited)
    order = made(visited, name="Order", kind="revenue", amount="0")
    posted = {
        "name": "To the order", "window": "visit", "step-0-kind": f"goal:{shop.pk}", "step-0-value": "left over",
        "step-1-kind": f"goal:{order.pk}", "step-1-label": "Bought",
    }

    page = seen(browser, browser.post(at(visited, "funnels/new/"), posted)["Location"] + TODAY)

    assert numbers(page) == [("Shop seen", "2"), ("Bought", "1")]
    form = browser.get(at(visited, f"funnels/{page['funnel'].pk}/edit/"))
    assert f'<option value="goal:{shop.pk}" selected>Shop seen</option>' in form.content.decode()
    assert "left over" not in form.content.decode()


def test_a_step_follows_its_goal_and_outlives_it(browser: Client, visited: Site) -> None:
    goal = made(visited)
    steps = [StepSpec(value="/", match="starts"), StepSpec(GOAL, value=str(goal.pk))]
    with tenant(visited.organization_id):
        funnel = funnel_create(actor=None, site=visited, name="Way", steps=steps)
        goal_update(actor=None, goal=goal, name="Root", value="/")
    address = at(visited, f"funnels/{funnel.pk}/{TODAY}")
    assert numbers(seen(browser, address)) == [("/", "2"), ("Root", "0")]  # nobody came back to the first page

    with tenant(visited.organization_id):
        goal_update(actor=None, goal=goal, value="/shop")
        goal_delete(actor=None, goal=goal)

    assert numbers(seen(browser, address)) == [("/", "2"), ("Root", "1")]
    with tenant(visited.organization_id):
        assert steps_of(Funnel.objects.get())[1] == StepSpec("page", "is", "/shop", label="Root")


def test_a_goal_that_looks_at_amounts_is_no_step(browser: Client, visited: Site) -> None:
    large, order = made(visited, name="Large", kind="revenue", amount="20"), made(visited, name="Order")
    steps = [{"kind": "page", "value": "/"}, {"kind": "goal", "value": str(large.pk)}]
    here = f"/api/v1/organizations/bakery/sites/{visited.script_id}/funnels/"

    refused = browser.post(here, {"name": "F", "steps": steps}, content_type="application/json")
    steps[1]["value"] = str(order.pk)
    taken = browser.post(here, {"name": "F", "steps": steps}, content_type="application/json")

    assert (refused.status_code, taken.status_code) == (400, 201)
    assert "least amount" in refused.json()["errors"][0]["detail"]
    with tenant(visited.organization_id), pytest.raises(ValidationError) as error:
        goal_update(actor=None, goal=order, kind="revenue", amount="20")
    assert list(error.value.error_dict) == ["amount"]
    with tenant(visited.organization_id):
        assert Goal.objects.get(pk=order.pk).kind == "page"
    assert [option for option, _ in browser.get(at(visited, "funnels/new/")).context["goals"]] == [str(order.pk)]


@pytest.mark.parametrize("value", ["", "x", "999999", "other"])
def test_a_step_names_a_goal_of_its_own_site(organization: Organization, visited: Site, value: str) -> None:
    other = made(SiteFactory(organization=organization))
    step = StepSpec(GOAL, value=str(other.pk) if value == "other" else value)

    with tenant(organization.pk), pytest.raises(ValidationError) as error:
        funnel_create(actor=None, site=visited, name="F", steps=[StepSpec(value="/"), step])

    assert "names no goal" in error.value.message_dict["steps"][0]
