"""What the pages of imports and the site's page say of imported history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils.formats import date_format

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import tenant
from tests.analytics.conftest import CHROME
from tests.analytics.history.test_exports import GA4
from tests.analytics.history.test_imports import line, log, taken_in, undone, uploaded
from tests.factories.accounts import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(shop: Site, client_of: Callable[[User], Client]) -> Callable[[str], Any]:
    """Ask for a page below the site's, as its owner; what it draws."""
    owner = UserFactory()
    MembershipFactory(organization=shop.organization, user=owner, role=Role.OWNER)
    client = client_of(owner)

    def asked(path: str) -> Any:
        answer = client.get(f"/o/shop/traffic/{shop.script_id}/{path}")
        assert answer.status_code == 200
        return answer.context

    return asked


def test_before_the_start_everything_is_counted_and_listed(shop: Site, ask: Callable[[str], Any]) -> None:
    late = line("203.0.113.7", "10/Mar/2025:23:30:00 +0000", "GET /%C3%BCber HTTP/1.1", 200, "-", CHROME)
    row = uploaded(shop, ImportKind.ACCESS_LOG, late.encode() + log("nothing\n"))
    item = ask(f"history/{row.pk}/")["item"]

    assert (item["preview"]["usable"], item["preview"]["lines"], item["preview"]["broken"]) == ("4", "12", "1")
    assert {str(each["words"]): each["count"] for each in item["preview"]["left"]}["Robots"] == "2"
    assert item["span"] == ["March 10, 2025", "March 11, 2025"]  # the last is the next day in Berlin already
    assert item["preview"]["rows"][0] == {
        "when": "03/11/2025 12:30 a.m.", "what": "Page view", "text": "https://site.example/über",
    }
    assert [(fault["line"], str(fault["words"])) for fault in item["faults"]] == [
        ("12", "It does not look like a line of such a file."),
    ]
    assert (item["may_start"], item["may_remove"], item["may_undo"], item["site_href"]) == (True, True, False, "")


def test_what_was_taken_in_can_be_looked_at(
    runner: Runner, shop: Site, ask: Callable[[str], Any]
) -> None:
    row = taken_in(runner, shop, ImportKind.ACCESS_LOG, log())
    item = ask(f"history/{row.pk}/")["item"]
    assert (item["taken"], item["share"], item["progress"]) == ("3", 100, "10 of 10 lines")
    path = f"/o/shop/traffic/{shop.script_id}/"
    assert item["site_href"] == f"{path}?range=custom&from=2025-03-10&to=2025-03-10"

    page = ask(item["site_href"].removeprefix(path))
    assert page["state"] == "ok", "a site that was never seen itself shows its history"
    assert page["cards"][0]["value"] == "2"
    assert (page["imported"]["first"], page["imported"]["last"]) == ("March 10, 2025", "March 10, 2025")
    assert "from=2025-03-10&to=2025-03-10" in page["imported"]["href"]

    undone(runner, row)
    item = ask(f"history/{row.pk}/")["item"]
    assert (item["has_run"], item["site_href"], item["may_remove"]) == (False, "", True)
    assert ask("")["state"] == "empty"


def test_filters_say_how_far_back_they_reach(
    runner: Runner, shop: Site, ask: Callable[[str], Any]
) -> None:
    taken_in(runner, shop, ImportKind.GA4, GA4.encode())
    today = datetime.now(UTC).astimezone(shop.organization.tz).date()
    period = f"?range=custom&from=2025-01-01&to={today}"

    assert ask(period)["filters_from"] == ""
    assert ask(f"{period}&f=device:is:mobile")["filters_from"] == date_format(today)
    assert ask("?range=today&f=device:is:mobile")["filters_from"] == ""
    assert ask(f"goals/{period}&f=device:is:mobile")["filters_from"] != ""


def test_an_import_whose_file_is_gone_says_what_to_do(shop: Site, ask: Callable[[str], Any]) -> None:
    with tenant(shop.organization_id):
        row = Import.objects.create(
            site=shop, kind=ImportKind.ACCESS_LOG, state=ImportState.STOPPED, name="a", taken=5,
            started_at=datetime.now(UTC),
        )
    item = ask(f"history/{row.pk}/")["item"]
    assert (item["needs_file"], item["may_start"], item["may_undo"]) == (True, False, True)
