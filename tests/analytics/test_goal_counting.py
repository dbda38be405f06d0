"""Goals and products: counted as events come in, counted again from what is stored, and counted plainly."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import Goal, Rollup, Site, StoreJob
from apps.analytics.pipeline.jobs import Jobs
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.recount import recount_goals, recount_products
from apps.analytics.reaching import text_of
from apps.analytics.services.goals import goal_create, goal_delete, goal_update
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import MEASURES, Sender, figures, total, view
from tests.factories.analytics import SiteFactory

BEGIN = datetime(2026, 10, 24, 18, tzinfo=UTC)  # the night in which the clocks go back in Berlin
NOON = datetime(2026, 11, 18, 11, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = (
    {"kind": "page", "match": "is", "value": "/thanks"},
    {"kind": "page", "match": "starts", "value": "/Th"},
    {"kind": "page", "match": "contains", "value": "THANKS_%"},
    {"kind": "event", "match": "is", "value": "signup"},
    {"kind": "event", "match": "contains", "value": "SIGN", "prop_name": "plan", "prop_value": "1.50"},
    {"kind": "event", "match": "starts", "value": "sign", "prop_name": "plan", "prop_value": "true"},
    {"kind": "revenue", "amount": "12.5"},
    {"kind": "revenue", "amount": "0"},
)
PLANS = (True, False, 1, 1.5, 1.50, 1e16, 2.5e-7, "1.50", "true", "İ", None)
ITEMS = (
    {"name": "Röd\tBread", "price": "4.905", "quantity": 2}, {"id": 17, "price": 3, "quantity": "2"},
    {"name": "", "id": "x", "price": "no", "quantity": -1}, {"price": 1},
    {"name": "Rye", "price": 0.1, "quantity": 3.0},
    {"name": "Rye", "price": 2.25, "quantity": 2.5}, {"name": "y" * 300, "price": "1e3"},
)
events = st.fixed_dictionaries({
    "who": st.integers(0, 3),
    "minutes": st.integers(0, 40 * 60) | st.sampled_from([0, 20, 30, 60, 239, 240, 241, 250]),
    "late": st.integers(0, 300),
    "name": st.sampled_from(("pageview", "signup", "Signup!", "purchase", "refund", "view_item", "add_to_cart")),
    "path": st.sampled_from(("/thanks", "/Thanks_%/x", "/THANKS", "/th", "/İthanks")),
    "plan": st.sampled_from(PLANS),
    "amount": st.sampled_from(("0", "12.49", "12.5", "99.99")),
    "currency": st.sampled_from(("EUR", "USD", None)),
    "items": st.lists(st.sampled_from(ITEMS), max_size=3),
    "test": st.sampled_from((False, False, False, True)),
})


def sent(drawn: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = view(drawn["path"], name=drawn["name"], test=drawn["test"])
    event["ts"] = int((BEGIN + timedelta(minutes=drawn["minutes"])).timestamp() * 1000)
    if drawn["name"].lower().startswith("sign"):
        event["props"] = {"plan": drawn["plan"]}
    elif drawn["name"] != "pageview":
        event["items"] = drawn["items"]
        if drawn["currency"]:
            event["revenue"] = {"amount": drawn["amount"], "currency": drawn["currency"]}
    return event


def stored(site: Site) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = Rollup.objects.filter(site=site, dim__gte=Dimension.GOAL).exclude(grain=StoreGrain.MINUTE)
    found = {
        (row.grain, row.dim, row.bucket, row.value): {name: getattr(row, name) for name in MEASURES} for row in rows
    }
    return {key: row for key, row in found.items() if any(row.values())}


def goals_on(site: Site) -> list[Goal]:
    with tenant(site.organization_id):
        return [goal_create(actor=None, site=site, name=f"Goal {n}", **rule) for n, rule in enumerate(RULES)]


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)
@given(drawn=st.lists(events, min_size=1, max_size=30), size=st.integers(1, 12), early=st.booleans())
def test_counting_as_it_comes_equals_counting_the_past(
    organization: Organization, core: Any, drawn: list[dict[str, Any]], size: int, early: bool,
) -> None:
    site = SiteFactory(organization=organization, domains=["site.example"])
    goals = goals_on(site)
    core.rolled_back()
    sender = Sender(core, site)

    for start in range(0, len(drawn), size):
        sender.digest(*[
            sender.envelope(
                BEGIN + timedelta(minutes=event["minutes"] + event["late"]), sent(event), ip=f"203.0.113.{event['who']}"
            )
            for event in drawn[start : start + size]
        ])

    with every_tenant():
        before = stored(site)
        with core.connection.transaction():
            (recount_goals if early else rebuild_site)(core.connection, site.id)
            recount_products(core.connection, site.id)
        after = {key: row for key, row in stored(site).items() if key[0] == StoreGrain.DAY}
    assert before == after
    times = {goal.id: total(site, "events", Dimension.GOAL, str(goal.id)) for goal in goals}
    assert times == {goal.id: plainly(rule, drawn) for goal, rule in zip(goals, RULES, strict=True)}
    assert bought(site) == pieces_plainly(drawn)


def plainly(rule: dict[str, Any], drawn: list[dict[str, Any]]) -> int:
    """How often a rule is met, by hand."""
    met = 0
    for event in drawn:
        name, path = event["name"], event["path"]
        if event["test"]:
            continue
        if rule["kind"] == "revenue":
            amount = Decimal(event["amount"])
            met += name == "purchase" and event["currency"] == "EUR" and amount >= max(
                Decimal(rule["amount"]), Decimal("0.0001")
            )
        elif rule["kind"] == "page":
            met += name == "pageview" and {
                "is": path == "/thanks", "starts": path in {"/Thanks_%/x"}, "contains": path == "/Thanks_%/x",
            }[rule["match"]]
        else:
            plan = {"1.50": ("1.50",), "true": (True, "true")}.get(rule.get("prop_value", ""))
            named = {"is": name == "signup", "contains": name in {"signup", "Signup!"}, "starts": name == "signup"}
            met += named[rule["match"]] and (
                plan is None or any(event["plan"] is one or (event["plan"] == one and isinstance(one, str))
                                    for one in plan)
            )
    return met


def bought(site: Site) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_bucket, value), row in figures(site, Dimension.PRODUCT).items():
        found[value] += row["events"]
    return dict(found)


def pieces_plainly(drawn: list[dict[str, Any]]) -> dict[str, int]:
    """Pieces bought by product, by hand: a strange quantity is one piece."""
    names = ("RödBread", "17", "x", "", "Rye", "Rye", "y" * 200)
    pieces = (2, 2, 1, 0, 3, 1, 1)
    found: Counter[str] = Counter()
    for event in drawn:
        if event["name"] == "purchase" and not event["test"]:
            for item in event["items"]:
                place = ITEMS.index(item)
                if names[place]:
                    found[names[place]] += pieces[place]
    return dict(found)


@pytest.mark.parametrize(("value", "text"), [
    (True, "true"), (0, "0"), (1.0, "1.0"), (1e16, "10000000000000000"), (2.5e-7, "0.00000025"), (None, None),
    ([1], None), ("İ", "İ"),
])
def test_property_values_are_read_as_the_database_reads_them(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def test_a_new_goal_counts_its_past_once_and_goes_on(sender: Sender, site: Site) -> None:
    noon = datetime.now(UTC).replace(hour=11, minute=0) - timedelta(days=1)  # visits of two days may still go on
    sender.view(noon, "/thanks")
    with tenant(site.organization_id):
        goal = goal_create(actor=None, site=site, name="Thanked", kind="page", value="/thanks")
        assert StoreJob.objects.get(pk=goal.job_id).done_at is None

    assert Jobs(sender.core, (0, 1)).run_waiting() == 1
    sender.view(noon + MINUTE, "/thanks")

    with tenant(site.organization_id):
        assert StoreJob.objects.get(pk=goal.job_id).result == {"goals": 1}
    (row,) = figures(site, Dimension.GOAL).values()
    assert row == {"visitors": 1, "sessions": 1, "events": 2}


def test_another_rule_counts_anew_and_a_deleted_goal_leaves_nothing(sender: Sender, site: Site) -> None:
    sender.view(NOON, "/thanks")
    sender.view(NOON, "/else", ip="198.51.100.4")
    jobs = Jobs(sender.core, (0, 1))
    with tenant(site.organization_id):
        goal = goal_create(actor=None, site=site, name="Thanked", kind="page", value="/thanks")
        goal = goal_update(actor=None, goal=goal, match="contains", value="S")
    jobs.run_waiting()
    assert total(site, "sessions", Dimension.GOAL) == 2

    with tenant(site.organization_id):
        goal_delete(actor=None, goal=goal)
    jobs.look()
    jobs.run_waiting()

    assert figures(site, Dimension.GOAL) == {}


def test_a_goal_that_counts_as_a_conversion_does_so_from_then_on(sender: Sender, site: Site) -> None:
    sender.view(NOON, "/thanks")
    with tenant(site.organization_id):
        goal_create(actor=None, site=site, name="Thanked", kind="page", value="/thanks", is_conversion=True)
    sender.core.sites.refresh()
    sender.view(NOON + MINUTE, "/thanks")

    assert total(site, "conversions") == 1
    assert total(site, "conversions", Dimension.CONVERSION_PAGE, "/thanks") == 1


def test_refunds_and_what_was_bought(sender: Sender, site: Site) -> None:
    bread = {"id": "b1", "name": "Rye bread", "price": "4.90", "quantity": 2}
    url = "https://site.example/pay"
    money = {"amount": "9.80", "currency": "EUR"}
    sender.send(NOON, {"name": "view_item", "url": url, "items": [bread]})
    sender.send(NOON + MINUTE, {"name": "purchase", "url": url, "order_id": "1", "revenue": money,
                                "items": [bread, bread]})
    sender.send(NOON + 2 * MINUTE, {"name": "refund", "url": url, "revenue": {"amount": "4.90", "currency": "EUR"},
                                    "items": [{**bread, "quantity": 1}]})

    assert list(figures(site, Dimension.PRODUCT).values()) == [
        {"visitors": 1, "sessions": 1, "events": 4, "orders": 1, "revenue": Decimal("19.60")}
    ]
    assert total(site, "revenue", Dimension.REFUND) == Decimal("4.90")
    assert total(site, "events", Dimension.PRODUCT_REFUND, "Rye bread") == 1
    assert total(site, "sessions", Dimension.PRODUCT_VIEW, "Rye bread") == 1
