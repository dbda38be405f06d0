"""Goals, funnels, paths, retention, the shop and segments as owners meet them, on pages and through the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Organization, User
from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.models import Funnel, Goal, Segment, Site
from apps.analytics.pipeline.jobs import Jobs
from apps.analytics.services.funnels import funnel_create, segment_create
from apps.analytics.services.goals import goal_create
from apps.core.tenancy import tenant
from tests.analytics.conftest import PHONE, Sender
from tests.analytics.visited import NOW, at, seen
from tests.factories.analytics import SiteFactory

TODAY = "?range=today"
BREAD = {"name": "Rye bread", "price": "5.00", "quantity": 4}


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def goals(visited: Site, sender: Sender) -> list[Goal]:
    with tenant(visited.organization_id):
        made = [
            goal_create(actor=None, site=visited, name="Shop seen", kind="page", value="/shop"),
            goal_create(actor=None, site=visited, name="Order", kind="revenue", amount="20"),
        ]
    Jobs(sender.core, (0, 1)).run_waiting()
    return made


def api(site: Site, rest: str) -> str:
    return f"/api/v1/organizations/bakery/sites/{site.script_id}/{rest}"


def test_goals_show_visits_rate_times_and_revenue(browser: Client, visited: Site, goals: list[Goal]) -> None:
    rows = seen(browser, at(visited, f"goals/{TODAY}"))["goals"]

    assert [(row["goal"].name, row["values"]) for row in rows] == [
        ("Shop seen", ["2", "100%", "2", "€0.00"]), ("Order", ["1", "50%", "1", "€20.00"]),
    ]
    assert {row["counting"].state for row in rows} == {"done"}
    assert rows[0]["trend"] == [2]


def test_goals_under_a_filter_are_of_its_visits(browser: Client, visited: Site, goals: list[Goal]) -> None:
    rows = seen(browser, at(visited, f"goals/{TODAY}&f=device:is:mobile"))["goals"]

    assert [row["values"][:3] for row in rows] == [["1", "100%", "1"], ["1", "100%", "1"]]


def test_a_goal_filters_the_whole_site_page(browser: Client, visited: Site, goals: list[Goal]) -> None:
    page = seen(browser, at(visited, f"{TODAY}&f=goal:is:{goals[1].pk}"))

    assert [chip.value for chip in page["chips"]] == ["Order"]
    assert {card["label"]: card["value"] for card in page["cards"]}["Page views"] == "1"


def test_a_goal_whose_past_is_not_counted_says_so(browser: Client, visited: Site) -> None:
    with tenant(visited.organization_id):
        goal_create(actor=None, site=visited, name="Shop seen", kind="page", value="/shop")

    assert b"Counting the past" in browser.get(at(visited, f"goals/{TODAY}")).content


@pytest.mark.parametrize(("typed", "words"), [
    ({"kind": "page", "match": "is", "value": "/shop"}, ("2 times", "in 2 visits")),
    ({"kind": "page", "match": "contains", "value": "SHO"}, ("2 times", "in 2 visits")),
    ({"kind": "event", "match": "is", "value": "purchase"}, ("1 time", "in 1 visit")),
    ({"kind": "revenue", "amount": "20.01"}, ("Not once",)),
    ({"kind": "page", "match": "is", "value": ""}, ("As soon as",)),
    ({"kind": "revenue", "amount": "x"}, ("As soon as",)),
])
def test_the_preview_counts_what_is_there(
    browser: Client, visited: Site, typed: dict[str, str], words: tuple[str, ...]
) -> None:
    text = browser.post(at(visited, "goals/preview/"), typed).content.decode()

    assert all(word in text for word in words), text


def test_a_goal_is_made_and_changed_by_its_form(browser: Client, visited: Site) -> None:
    typed = {"name": "Thanked", "kind": "page", "match": "is", "value": "thanks"}
    refused = browser.post(at(visited, "goals/new/"), typed)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["value"])

    assert browser.post(at(visited, "goals/new/"), typed | {"value": "/thanks"}).status_code == 302
    with tenant(visited.organization_id):
        goal = Goal.objects.get()
    again = typed | {"value": "/merci", "is_conversion": "on"}
    assert browser.post(at(visited, f"goals/{goal.pk}/"), again).status_code == 302

    with tenant(visited.organization_id):
        changed = Goal.objects.get()
    assert (changed.value, changed.is_conversion, changed.job_id != goal.job_id) == ("/merci", True, True)


def test_another_sites_goal_is_not_there(browser: Client, visited: Site, other_organization: Organization) -> None:
    foreign = SiteFactory(organization=other_organization)
    with tenant(other_organization.pk):
        goal = goal_create(actor=None, site=foreign, name="Theirs", kind="event", value="x")

    assert browser.get(at(visited, f"goals/{goal.pk}/")).status_code == 404
    assert browser.get(api(visited, f"goals/{goal.pk}/")).status_code == 404


def test_a_funnel_counts_visits_that_go_on(browser: Client, visited: Site) -> None:
    posted = {
        "name": "To the order", "window": "visit", "step-0-kind": "page", "step-0-match": "starts", "step-0-value": "/",
        "step-1-kind": "page", "step-1-match": "is", "step-1-value": "/shop", "step-1-label": "Shop",
        "step-2-kind": "event", "step-2-match": "is", "step-2-value": "purchase",
    }
    assert browser.post(at(visited, "funnels/new/"), {**posted, "more": "1"}).context["steps"][3][1].value == ""
    made = browser.post(at(visited, "funnels/new/"), posted)

    page = seen(browser, made["Location"] + TODAY)

    assert [(step["name"], step["visitors"], step["of_first"], step["lost"]) for step in page["steps"]] == [
        ("/", "2", "100%", "0"), ("Shop", "1", "50%", "1"), ("Purchase", "0", "0%", "1"),
    ]
    assert page["summary"].startswith("0 of 2 visits come to the end (0%).")


def test_a_funnel_by_device_and_through_the_api(browser: Client, visited: Site) -> None:
    steps = [StepSpec("page", value="/shop"), StepSpec("event", value="purchase")]
    with tenant(visited.organization_id):
        funnel = funnel_create(actor=None, site=visited, name="Buy", steps=steps)

    part = browser.get(at(visited, f"funnels/{funnel.pk}/{TODAY}&by=device"), headers={"HX-Target": "funnel-by"})
    figures = browser.get(api(visited, f"funnels/{funnel.pk}/figures/{TODAY}&compare=none")).json()

    assert [[cell["text"] for cell in row["cells"]] for row in part.context["by_rows"]] == [
        ["Desktop", "1", "0", "0%"], ["Phone", "1", "1", "100%"],
    ]
    assert [(step["visitors"], step["share_of_first"]) for step in figures["steps"]] == [(2, 1.0), (1, 0.5)]
    assert figures["steps"][1]["median_seconds"] == 60


@pytest.mark.parametrize("count", [0, 1, 11])
def test_a_funnel_has_two_to_ten_steps(browser: Client, visited: Site, count: int) -> None:
    steps = [{"kind": "page", "value": f"/{number}"} for number in range(count)]

    answer = browser.post(api(visited, "funnels/"), {"name": "F", "steps": steps}, content_type="application/json")

    assert answer.status_code == 400


def test_paths_go_on_from_a_page_and_back_from_it(browser: Client, visited: Site) -> None:
    onward = seen(browser, at(visited, f"paths/{TODAY}&start=/shop"))["columns"]
    backward = browser.get(api(visited, f"paths/{TODAY}&start=/shop&way=backward")).json()

    assert [[(node["label"], node["visits"]) for node in column["nodes"]] for column in onward] == [
        [("/shop", "2")], [("/=HYPERLINK(1)", "1")],
    ]
    assert {(node["depth"], node["page"], node["visits"]) for node in backward["nodes"]} == {
        (0, "/shop", 2), (1, "/", 1),
    }


def test_retention_says_that_nobody_can_be_recognised(browser: Client, visited: Site) -> None:
    page = seen(browser, at(visited, "retention/?range=28d"))

    assert (page["state"], page["recognised_share"]) == ("empty", "0%")
    assert browser.get(api(visited, "retention/?range=28d")).json()["cohorts"] == []


def test_the_shop_shows_how_to_send_a_purchase_until_there_is_one(browser: Client, site: Site) -> None:
    page = browser.get(at(site, "shop/"))

    assert page.context["state"] == "empty"
    assert b"mainstay(&quot;purchase&quot;" in page.content
    assert b'href="/o/bakery/traffic/%s/shop/' % site.script_id.encode() not in browser.get(at(site, "goals/")).content


def test_the_shop_counts_products_and_orders(browser: Client, visited: Site, sender: Sender) -> None:
    money = {"amount": "20.00", "currency": "EUR"}
    then = NOW - timedelta(minutes=55)
    more = {"ip": "198.51.100.9", "ua": PHONE}
    sender.send(then, {"name": "view_item", "url": "https://site.example/p", "items": [BREAD]}, **more)
    sender.send(then, {"name": "purchase", "url": "https://site.example/p", "order_id": "b2", "revenue": money,
                       "items": [BREAD]}, **more)

    page = seen(browser, at(visited, f"shop/{TODAY}"))
    rows = browser.get(api(visited, f"products/{TODAY}")).json()
    filtered = browser.get(api(visited, f"products/{TODAY}&f=device:is:mobile")).json()

    assert {card["label"]: card["value"] for card in page["cards"]} == {
        "Revenue": "€40.00", "Orders": "2", "Average order": "€20.00", "Paid back": "€0.00",
    }
    assert (page["median"], [step["visitors"] for step in page["steps"]]) == ("€20.00", ["1", "0", "0", "0"])
    assert [cell["text"] for cell in page["product_rows"][0]["cells"]] == [
        "Rye bread", "€20.00", "4", "1", "1", "0%", "100%", "0",
    ]
    assert rows == filtered == [{
        "product": "Rye bread", "quantity": 4, "orders": 1, "revenue": "20.0000", "views": 1, "cart_rate": 0.0,
        "buy_rate": 1.0, "returned": 0,
    }]


def test_a_segment_is_saved_chosen_renamed_and_deleted(browser: Client, visited: Site, alice: User) -> None:
    filters = "?f=device:is:mobile&range=today"
    saved = browser.post(at(visited, f"segments/new/{filters}"), {"name": "Phones"})
    with tenant(visited.organization_id):
        segment = Segment.objects.get()
    assert (segment.filters, segment.is_shared, segment.user_id) == (["device:is:mobile"], False, alice.pk)
    assert f"segment={segment.pk}" in saved["Location"]

    page = seen(browser, at(visited, f"?segment={segment.pk}&range=today"))
    figures = {card["label"]: card["value"] for card in page["cards"]}
    assert (page["segment_shown"], figures["Visits"]) == ("Phones", "1")

    assert browser.post(at(visited, f"segments/{segment.pk}/"), {"name": "Small", "is_shared": "on"}).status_code == 302
    with tenant(visited.organization_id):
        assert Segment.objects.values_list("name", "is_shared").get() == ("Small", True)
    assert browser.post(at(visited, f"segments/{segment.pk}/"), {"do": "delete"}).status_code == 302
    gone = seen(browser, at(visited, f"?segment={segment.pk}"))
    assert (gone["chips"], gone["unreadable_filter"]) == ([], "a segment that is not there any more")


def test_a_personal_segment_is_nobody_elses(
    browser: Client, client_of: Callable[[User], Client], visited: Site, alice: User, bob: User
) -> None:
    with tenant(visited.organization_id):
        mine = segment_create(actor=alice, site=visited, name="Mine", filters=["device:is:mobile"])
        segment_create(actor=alice, name="All", filters=["device:is:desktop"], is_shared=True)

    seen_by_bob = seen(client_of(bob), at(visited, f"?segment={mine.pk}"))

    assert [row["label"] for row in seen_by_bob["segments"]] == ["All"]
    assert client_of(bob).get(at(visited, f"segments/{mine.pk}/")).status_code == 404
    names = [row["name"] for row in browser.get(api(visited, "segments/")).json()["results"]]
    assert names == ["All", "Mine"]
    assert len(browser.get(api(visited, f"goals/figures/?segment={mine.pk}")).json()) == 0


def test_goals_through_the_api(browser: Client, visited: Site, sender: Sender) -> None:
    given = {"name": "Shop seen", "kind": "page", "value": "/shop"}
    made = browser.post(api(visited, "goals/"), given, content_type="application/json")
    assert (made.status_code, made.json()["counting"]) == (201, "waiting")
    Jobs(sender.core, (0, 1)).run_waiting()

    (figures,) = browser.get(api(visited, f"goals/figures/{TODAY}")).json()

    assert figures == {
        "goal": made.json()["id"], "visits": 2, "visitors": 2, "times": 2, "revenue": "0.0000", "rate": 1.0,
    }
    assert browser.get(api(visited, "goals/")).json()["results"][0]["counting"] == "done"
    assert browser.delete(api(visited, f"goals/{figures['goal']}/")).status_code in {204, 428}


def test_lists_ask_as_often_for_many_goals_as_for_few(browser: Client, visited: Site) -> None:
    counts = []
    for more in (2, 20):
        with tenant(visited.organization_id):
            for number in range(more):
                Goal.objects.create(site=visited, name=f"{more}.{number}", value="/shop")
                Funnel.objects.create(site=visited, name=f"{more}.{number}", steps=[])
        for address in (at(visited, "goals/"), api(visited, "goals/"), api(visited, "funnels/")):
            browser.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(address).status_code == 200
            counts.append(len(captured))

    assert counts[3:] == counts[:3]


def test_a_goal_list_through_any_role_that_sees_the_site(
    client_of: Callable[[User], Client], bob: User, visited: Site, goals: list[Goal]
) -> None:
    page: Any = client_of(bob).get(at(visited, "goals/"))

    assert (page.status_code, page.context["may_edit"]) == (200, False)
    assert client_of(bob).get(at(visited, "goals/new/")).status_code == 403
