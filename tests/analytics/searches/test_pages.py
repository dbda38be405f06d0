"""The pages of Google searches: what an owner meets on the way to the figures, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site, SiteSearch
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from apps.metrics import live
from tests.analytics.searches.conftest import KEY, connected, figures_of, read_all
from tests.analytics.searches.google import DOMAIN, Google
from tests.core import oauth_server
from tests.core.oauth_server import AuthorizationServer

QUERY, PAGE = SearchDimension.QUERY, SearchDimension.PAGE
PERIOD = "range=custom&from=2026-11-10&to=2026-11-19"


@pytest.fixture
def owner(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def accounts(google: Google, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[AuthorizationServer]:
    """Google's sign-in, whose tokens its API takes."""
    from apps.analytics.providers.searches.base import search_consoles

    settings.OAUTH_CLIENTS = {"google": oauth_server.CLIENT}
    with oauth_server.running() as found:
        vendor = search_consoles.get(KEY)
        monkeypatch.setattr(vendor, "authorize_url", f"{found.url}/authorize")
        monkeypatch.setattr(vendor, "token_url", f"{found.url}/token")
        google.tokens = found.access
        yield found


def at(site: Site, rest: str = "") -> str:
    return f"/o/bakery/traffic/{site.script_id}/searches{rest}"


def shown(client: Client, site: Site, rest: str = "/") -> Any:
    answer = client.get(at(site, rest))
    assert answer.status_code == 200
    return answer.context


def texts(context: Any) -> list[list[str]]:
    return [[cell["text"] for cell in row["cells"]] for row in context["rows"]]


def test_from_nothing_to_figures(
    google: Google, accounts: AuthorizationServer, owner: Client, shop: Site
) -> None:
    assert shown(owner, shop)["state"] == "off"

    there = owner.post(at(shop, "/connect/"), {"provider": KEY})["Location"]
    assert "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fwebmasters.readonly" in there
    assert "access_type=offline" in there
    assert shown(owner, shop)["state"] == "unsigned"
    back = owner.get("/connect/oauth/callback/", accounts.allow(str(there)))
    assert back["Location"] == at(shop, "/property/")
    assert shown(owner, shop)["state"] == "unchosen"

    choices = {row["url"]: row for row in shown(owner, shop, "/property/")["choices"]}
    assert choices["https://shop.example/"]["is_readable"] is False
    assert [url for url, row in choices.items() if row["chosen"]] == ["https://www.shop.example/"]
    refused = owner.post(at(shop, "/property/"), {"property": "https://shop.example/"})
    assert refused.status_code == 422
    chosen = owner.post(at(shop, "/property/"), {"property": DOMAIN})
    assert chosen["Location"] == at(shop, "/")
    page = owner.get(at(shop, "/"))
    assert page.context["state"] == "reading"
    assert 'hx-trigger="every 2s"' in page.content.decode()

    with every_tenant():
        row = SiteSearch.objects.select_related("connection").get()
        live.mark_dirty([row.organization_id], "searches")
    read_all(row)
    found = shown(owner, shop, f"/?{PERIOD}")
    assert found["state"] == "ok"
    assert found["rows"][0]["cells"][0]["text"] == "rye bread"
    assert "10 – 19 Nov 2026" in found["notes"][0] or "Nov 10" in found["notes"][0]
    assert "the last day" in found["notes"][1]
    with every_tenant():
        assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="search.").order_by("id")] == [
            "search.connected", "search.property_chosen",
        ]


def test_figures_comparison_and_the_share_without_words(owner: Client, shop: Site, time_machine: Any) -> None:
    time_machine.move_to("2026-11-20 12:00:00+00:00")
    figures_of(shop, [("2026-10-20", "", 1, 1, 1.0), ("2026-11-05", "", 10, 100, 3.0), ("2026-11-12", "", 20, 400, 2.0),
                      ("2026-11-19", "", 10, 100, 5.0)])
    figures_of(shop, [("2026-11-12", "rye", 10, 300, 2.04), ("2026-11-05", "rye", 5, 50, 7.0),
                      ("2026-11-19", "oat", 5, 50, 1.0)], dim=QUERY)

    found = shown(owner, shop, f"/?{PERIOD}")

    cards = {card["key"]: (card["value"], card["change"]) for card in found["cards"]}
    assert cards["searches.clicks"] == ("30", "+200%")
    assert cards["searches.ctr"][0] == "6.0%"
    assert cards["searches.position"][0] == "2.6"
    assert "50% of the clicks" in found["unnamed"]
    rows = [row["cells"] for row in found["rows"]]
    assert [[cell["text"] for cell in row] for row in rows] == [
        ["rye", "10", "300", "3.3%", "2.0"], ["oat", "5", "50", "10%", "1.0"],
    ]
    assert (rows[0][1]["sub"], rows[0][4]["sub"]) == ("+100%", "was 7.0")
    assert (rows[1][1]["sub"], rows[1][4]["sub"]) == ("new", "")


def test_sorting_searching_and_what_cannot_be_read(owner: Client, shop: Site, time_machine: Any) -> None:
    time_machine.move_to("2026-11-20 12:00:00+00:00")
    figures_of(shop, [("2026-11-12", "", 20, 400, 2.0)])
    figures_of(shop, [("2026-11-12", f"word {n:02}", n, 100, 60.0 - n) for n in range(1, 56)], dim=QUERY)

    first = shown(owner, shop, f"/?{PERIOD}")
    assert texts(first)[0][0] == "word 55"
    assert len(first["rows"]) == 50
    second = shown(owner, shop, f"/?{PERIOD}&offset=50")
    assert [row[0] for row in texts(second)] == [f"word {n:02}" for n in range(5, 0, -1)]
    assert texts(shown(owner, shop, f"/?{PERIOD}&sort=clicks"))[0][0] == "word 01"
    assert [row[0] for row in texts(shown(owner, shop, f"/?{PERIOD}&q=D+07"))] == ["word 07"]
    odd = shown(owner, shop, f"/?{PERIOD}&sort=places;&offset=-1&by=nobody&show=x")
    assert texts(odd) == texts(first)


def test_countries_and_devices_are_said_in_words(owner: Client, shop: Site, time_machine: Any) -> None:
    time_machine.move_to("2026-11-20 12:00:00+00:00")
    figures_of(shop, [("2026-11-12", "", 3, 30, 2.0)])
    figures_of(shop, [("2026-11-12", "DE", 2, 20, 2.0), ("2026-11-12", "", 1, 10, 2.0)], dim=SearchDimension.COUNTRY)
    figures_of(shop, [("2026-11-12", "mobile", 2, 20, 2.0)], dim=SearchDimension.DEVICE)

    countries = shown(owner, shop, f"/?{PERIOD}&by=countries")
    assert [row[0] for row in texts(countries)] == ["Germany", "Not known"]
    assert countries["rows"][0]["cells"][0]["flag"] == "DE"
    assert texts(shown(owner, shop, f"/?{PERIOD}&by=devices"))[0][0] == "Phone"


def test_pages_stand_beside_own_visits_from_google(visited: Site, owner: Client) -> None:
    figures_of(visited, [("2026-11-19", "", 7, 70, 2.0)])
    figures_of(visited, [
        ("2026-11-19", "https://site.example/", 5, 50, 2.0), ("2026-11-19", "https://site.example/shop", 1, 20, 2.0),
        ("2026-11-19", "https://site.example/?a=1", 1, 9, 2.0),
    ], dim=PAGE)

    found = shown(owner, visited, "/?range=today&by=pages")

    assert [(row[0], row[1], row[5]) for row in texts(found)] == [
        ("/", "5", "1"), ("/shop", "1", "0"), ("/?a=1", "1", "–"),  # the visit to /shop came directly
    ]


def test_a_period_that_google_has_not_counted_yet(owner: Client, shop: Site, time_machine: Any) -> None:
    time_machine.move_to("2026-11-20 12:00:00+00:00")
    figures_of(shop, [("2026-11-12", "", 3, 30, 2.0)])

    found = shown(owner, shop, "/?range=today")

    assert found["state"] == "lag"
    assert "12 Nov 2026" in found["notes"][0]


def test_what_is_wrong_is_said_to_those_who_can_mend_it(
    google: Google, owner: Client, client_of: Callable[[User], Client], bob: User, shop: Site
) -> None:
    row = connected(shop, "https://shop.example/")
    read_all(row)

    page = owner.get(at(shop, "/"))
    mine = page.content.decode()
    assert page.context["state"] == "stopped"
    assert "every 2s" not in mine
    assert "sufficient permission" in mine
    assert "Sign in again" in mine
    theirs = client_of(bob).get(at(shop, "/")).content.decode()
    assert "sufficient permission" in theirs
    assert "Sign in again" not in theirs
    assert "An owner or admin of this organization can mend it." in theirs


def test_a_connection_that_is_paused_says_so(google: Google, owner: Client, shop: Site) -> None:
    row = connected(shop)
    with tenant(shop.organization_id):
        Connection.objects.filter(pk=row.connection_id).update(status="paused")

    page = owner.get(at(shop, "/"))

    assert page.context["state"] == "stopped"
    assert "paused, so nothing is fetched" in page.content.decode()
    assert "tried again" not in page.content.decode()


def test_csv_holds_every_row_and_no_formula(owner: Client, shop: Site, time_machine: Any) -> None:
    time_machine.move_to("2026-11-20 12:00:00+00:00")
    figures_of(shop, [("2026-11-12", "", 3, 30, 2.0)])
    figures_of(shop, [("2026-11-12", "=cmd()", 2, 20, 2.5), ("2026-11-12", "ü, ö", 1, 10, 4.0)], dim=QUERY)

    answer = owner.get(at(shop, f".csv?{PERIOD}"))
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert lines[0].startswith("Search term,Clicks,Shown,Click-through rate,Position")
    assert lines[1:] == ["'=cmd(),2,20,0.1,2.5,0,0,", '"ü, ö",1,10,0.1,4.0,0,0,']
    empty = owner.get(at(shop, ".csv?range=today"))
    assert len(b"".join(empty.streaming_content).splitlines()) == 1


def test_the_ways_out_are_typed(google: Google, owner: Client, shop: Site) -> None:
    row = connected(shop)
    read_all(row)
    owner.post(at(shop, "/do/"), {"do": "disconnect", "confirmation": "something"})
    with tenant(shop.organization_id):
        assert Connection.objects.count() == 1

    owner.post(at(shop, "/do/"), {"do": "disconnect", "confirmation": "Shop"})
    with tenant(shop.organization_id):
        assert Connection.objects.count() == 0
        assert SearchFigure.objects.exists()
    found = shown(owner, shop, f"/?{PERIOD}")
    assert found["state"] == "ok"
    assert "No account is connected any more" in found["notes"][-1]

    owner.post(at(shop, "/do/"), {"do": "forget", "confirmation": "Shop"})
    assert shown(owner, shop)["state"] == "off"
    assert owner.post(at(shop, "/do/"), {"do": "nothing"}).status_code == 400


def test_only_those_who_connect_accounts_may(
    google: Google, client_of: Callable[[User], Client], bob: User, charlie: User, shop: Site
) -> None:
    manager, stranger = client_of(bob), client_of(charlie)

    assert "can connect it" in manager.get(at(shop, "/")).content.decode()
    assert manager.post(at(shop, "/connect/"), {"provider": KEY}).status_code == 403
    for path in ("/", ".csv", "/property/"):
        assert stranger.get(at(shop, path)).status_code == 404
    assert stranger.post(at(shop, "/connect/"), {"provider": KEY}).status_code == 404


def test_an_installation_without_a_client_says_so(owner: Client, shop: Site, settings: Any) -> None:
    settings.OAUTH_CLIENTS = {}

    page = owner.get(at(shop, "/")).content.decode()

    assert "Not set up here" in page
    owner.post(at(shop, "/connect/"), {"provider": KEY})
    with tenant(shop.organization_id):
        assert not SiteSearch.objects.exists()


class TestApi:
    def test_totals_and_rows(self, owner: Client, shop: Site, organization: Organization, time_machine: Any) -> None:
        time_machine.move_to("2026-11-20 12:00:00+00:00")
        figures_of(shop, [("2026-10-20", "", 1, 1, 1.0), ("2026-11-05", "", 10, 100, 3.0),
                          ("2026-11-12", "", 20, 400, 2.0)])
        figures_of(shop, [("2026-11-12", "rye", 10, 300, 2.0)], dim=QUERY)
        base = f"/api/v1/organizations/bakery/sites/{shop.script_id}/searches/"

        told = owner.get(f"{base}?{PERIOD}").json()
        rows = owner.get(f"{base}term/?{PERIOD}&q=ry").json()

        assert told["state"] == "ok"
        assert (told["covered_from"], told["covered_to"]) == ("2026-11-10", "2026-11-12")
        assert (told["first_day"], told["last_day"]) == ("2026-10-20", "2026-11-12")
        assert told["now"] == {"clicks": 20, "impressions": 400, "ctr": 0.05, "position": 2.0, "named_share": 0.5}
        assert told["before"]["clicks"] == 0
        assert rows == {"more": False, "rows": [{
            "value": "rye", "clicks": 10, "impressions": 300, "ctr": pytest.approx(1 / 30), "position": 2.0,
            "clicks_before": 0, "impressions_before": 0, "position_before": None,
        }]}
        assert owner.get(f"{base}nothing/").status_code == 404
        assert owner.get(f"{base}term/?sort=places").status_code == 400

    def test_before_there_is_anything(self, owner: Client, shop: Site) -> None:
        base = f"/api/v1/organizations/bakery/sites/{shop.script_id}/searches/"

        told = owner.get(base).json()

        assert (told["state"], told["now"], told["last_day"]) == ("off", None, None)
        assert owner.get(f"{base}term/").json() == {"rows": [], "more": False}
