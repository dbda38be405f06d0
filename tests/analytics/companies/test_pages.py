"""The directory, a company's page, the rules, the site's tab, the CSV and the API, by what people see and may do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics.contracts import SiteSettings
from apps.analytics.models import Company, CompanyRules, CompanyVisit, NetworkDay, Site
from apps.analytics.services.company_scores import scores_nightly
from apps.core.tenancy import every_tenant, tenant
from apps.metrics import frame as frames
from apps.metrics import ranges, read
from tests.analytics.companies.conftest import ACME, NOW, TELCO, UNI
from tests.analytics.conftest import Sender
from tests.factories.analytics import SiteFactory

LIST, API = "/o/bakery/companies/", "/api/v1/organizations/bakery/companies/"


@pytest.fixture
def seen(sender: Sender, site: Site, organization: Organization) -> Any:
    """Acme looked at two pages on two days, a university at one; the clock stands."""
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        sender.view(NOW - timedelta(days=1), "/tea", ip=ACME)
        sender.view(NOW, "/tea", ip=ACME)
        sender.send(NOW, {"name": "enquiry", "url": "https://site.example/tea"}, ip=ACME)
        sender.view(NOW, "/cake", ip=UNI)
        sender.view(NOW, "/cake", ip=TELCO)
        with tenant(organization.pk):
            scores_nightly(organization)
            yield Company.objects.get(key="as:64500")


def context(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.context


def names(client: Client, query: str = "") -> list[str]:
    return [row["cells"][0]["text"] for row in context(client, LIST + query)["rows"]]


def test_the_directory_finds_sorts_and_filters(
    seen: Company, client_of: Callable[[User], Client], alice: User, site: Site,
) -> None:
    browser, uni, acme = client_of(alice), "University of Testing, Main Campus", "Acme Machines GmbH"
    with every_tenant():
        SiteFactory(organization=site.organization, script_id="quietquietqu")

    assert names(browser) == [acme, uni]
    assert names(browser, "?sort=score") == [uni, acme]
    assert names(browser, "?sort=-name") == [uni, acme]
    assert names(browser, "?q=testing") == [uni]
    assert names(browser, "?kind=business") == [acme]
    assert names(browser, "?temperature=hot") == []
    assert names(browser, f"?site={site.script_id}") == [acme, uni]
    assert names(browser, "?site=quietquietqu") == []
    assert names(browser, "?q=%00&sort=nonsense&offset=x&kind=isp&country=DE%27") == []
    row = context(browser, LIST)["rows"][0]
    assert [cell["text"] for cell in row["cells"][2:6]] == [str(seen.score), "2", "2", "1"]
    cards = {card["label"]: card["value"] for card in context(browser, LIST + "?range=7d")["cards"]}
    assert list(cards.values()) == ["2", "0", "3"]


def test_why_there_is_nothing(
    sender: Sender, site: Site, client_of: Callable[[User], Client], alice: User, organization: Organization,
) -> None:
    browser = client_of(alice)
    with time_machine.travel(NOW, tick=False):
        assert "No visit has been looked at" in context(browser, LIST)["nothing"]["title"]
        for minute in range(3):
            sender.view(NOW, ip=f"5.10.3.{minute}")
        sender.view(NOW, ip="5.10.4.1")
        assert "Of 4 visits in the last 30 days, 3 came from access providers, 1 from data centres and 0" in (
            context(browser, LIST)["nothing"]["text"]
        )
        with tenant(organization.pk):
            Site.objects.update(settings=SiteSettings(companies="off").to_json())
        assert "switched off" in context(browser, LIST)["nothing"]["title"]
        with tenant(organization.pk):
            Site.objects.all().delete()
        assert context(browser, LIST)["nothing"]["button"] == "Add a site"


def test_a_companys_page_says_what_it_did_and_why_it_has_its_score(
    seen: Company, client_of: Callable[[User], Client], alice: User,
) -> None:
    shown = context(client_of(alice), f"{LIST}{seen.pk}/")

    assert [(row["label"], row["value"], row["sub"]) for row in shown["pages"]] == [("/tea", "2", "2 visits")]
    assert [row["title"] for row in shown["events"]] == ["enquiry"]
    assert [visit["entry"] for visit in shown["visits"]] == ["/tea", "/tea"]
    assert [part["words"] for part in shown["parts"]][:2] == ["2 visits in 30 days", "1.0 pages a visit"]
    assert round(sum(float(part["adds"]) for part in shown["parts"])) == pytest.approx(seen.score, abs=1)
    assert "machines" in shown["reason"]


def test_setting_right_hiding_dismissing_merging(
    seen: Company, client_of: Callable[[User], Client], alice: User,
) -> None:
    browser, page = client_of(alice), f"{LIST}{seen.pk}/"
    facts = {"name": "Acme", "domain": "https://www.Acme.co.uk/about", "industry": "Machines", "country": "de"}

    assert browser.post(f"{page}edit/", facts).status_code == 302
    seen.refresh_from_db()
    assert (seen.name, seen.domain, seen.industry, seen.country) == ("Acme", "acme.co.uk", "Machines", "DE")
    assert seen.own == ["country", "domain", "industry", "name"]
    for wrong in ({"name": ""}, {"domain": "no domain"}, {"country": "1x"}):
        assert browser.post(f"{page}edit/", facts | wrong).status_code == 422

    assert browser.post(f"{page}do/", {"do": "hide"}).status_code == 302
    assert names(browser) == ["University of Testing, Main Campus"]
    assert names(browser, "?temperature=hidden") == ["Acme"]
    browser.post(f"{page}do/", {"do": "show"})
    browser.post(f"{page}do/", {"do": "isp"})
    assert names(browser, "?temperature=dismissed") == ["Acme"]
    assert CompanyVisit.objects.filter(company=seen).count() == 0
    browser.post(f"{page}do/", {"do": "business"})
    other = Company.objects.get(key="as:64501")
    assert browser.post(f"{page}merge/", {"into": other.pk}).headers["Location"] == f"{LIST}{other.pk}/"
    assert browser.get(page).headers["Location"] == f"{LIST}{other.pk}/"
    assert browser.post(f"{page}do/", {"do": "explode"}).status_code == 400
    with every_tenant():
        assert AuditEntry.objects.filter(action__startswith="company.").count() == 6


def test_rules_are_shown_and_changed(
    seen: Company, client_of: Callable[[User], Client], alice: User,
) -> None:
    browser, page = client_of(alice), f"{LIST}settings/"
    values = {"frequency": 50, "depth": 0, "time": 0, "conversions": 0, "recency": 50, "hot_from": 60, "warm_from": 30}

    assert context(browser, page)["form"]["frequency"].value() == 25
    assert browser.post(page, values | {"warm_from": 60}).status_code == 422
    assert browser.post(page, values | dict.fromkeys(("frequency", "recency"), 0)).status_code == 422
    assert browser.post(page, values | {"depth": 101}).status_code == 422
    assert browser.post(page, values).status_code == 302
    assert (CompanyRules.objects.get().frequency, CompanyRules.objects.get().hot_from) == (50, 60)
    assert Company.objects.filter(scored_at=None).count() == 2


def test_csv_is_the_list_without_formulas(
    seen: Company, client_of: Callable[[User], Client], alice: User,
) -> None:
    Company.objects.filter(pk=seen.pk).update(name="=1+1")
    answer = client_of(alice).get("/o/bakery/companies.csv?kind=business")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    assert [(row["name"], row["visits"], row["kind"]) for row in rows] == [("'=1+1", "2", "business")]


def test_the_sites_tab_lists_its_companies(
    seen: Company, client_of: Callable[[User], Client], alice: User, site: Site,
) -> None:
    shown = context(client_of(alice), f"/o/bakery/traffic/{site.script_id}/companies/")

    assert len(shown["rows"]) == 2
    assert not shown["is_off"]


def test_strangers_and_other_organizations_see_nothing(
    seen: Company, client_of: Callable[[User], Client], charlie: User, alice: User,
) -> None:
    for address in (LIST, f"{LIST}{seen.pk}/", "/o/bakery/companies.csv", API, f"/o/garage/companies/{seen.pk}/"):
        assert client_of(charlie).get(address).status_code == 404, address
    assert client_of(charlie).get("/o/garage/companies/").context["rows"] == []


def test_the_api_lists_tells_and_changes(
    seen: Company, client_of: Callable[[User], Client], alice: User,
) -> None:
    browser = client_of(alice)
    rows = browser.get(f"{API}?kind=business").json()["results"]

    assert [(row["name"], row["visits"], row["score"]) for row in rows] == [("Acme Machines GmbH", 2, seen.score)]
    assert set(browser.get(f"{API}{seen.pk}/").json()["parts"]) == {
        "frequency", "depth", "time", "conversions", "recency"
    }
    changed = browser.patch(f"{API}{seen.pk}/", {"industry": "Machines"}, content_type="application/json")
    assert changed.json()["industry"] == "Machines"
    assert browser.get(f"{API}rules/").json()["hot_from"] == 70
    put = browser.put(f"{API}rules/", {"hot_from": 80}, content_type="application/json")
    assert put.json()["hot_from"] == 80
    assert browser.put(f"{API}rules/", {"hot_from": 10}, content_type="application/json").status_code == 400


def test_figures_count_a_company_once_over_the_period(seen: Company, organization: Organization) -> None:
    period = ranges.parse({"range": "7d", "compare": "none"}, organization.tz)
    frame = frames.Frame(
        period=period, organization_ids=(organization.pk,), currency="EUR", viewer=frames.SYSTEM
    )
    page = read.page(["companies.seen", "companies.visits"], frame)

    assert page.answers["companies.seen"].value == 2
    assert page.answers["companies.visits"].value == 3
    assert sum(value or 0 for value in page.series["companies.seen"].values) == 3  # Acme on two days
    found = read.breakdown(["companies.visits"], frame, by="network_kind", limit=5)
    assert [(line.value, line.values["companies.visits"]) for line in found.lines] == [
        ("business", 2), ("education", 1)
    ]
    assert NetworkDay.objects.count() == 4


def test_a_sites_page_narrowed_to_a_company(
    seen: Company, client_of: Callable[[User], Client], alice: User, site: Site, organization: Organization,
) -> None:
    with tenant(organization.pk):
        Site.objects.update(detected_at=NOW, last_event_at=NOW)
    browser, page = client_of(alice), f"/o/bakery/traffic/{site.script_id}/?range=7d&f=company:"

    for written, visits in ((f"is:{seen.pk}", "2"), (f"is_not:{seen.pk}", "2"), ("contains:ACME", "2"),
                            ("is:0", "0"), ("is:x%27y", "0"), ("contains:%25", "0")):
        shown = context(browser, page + written)
        assert [card["value"] for card in shown["cards"] if card["label"] == "Visits"] == [visits], written
    assert context(browser, f"{page}is:{seen.pk}")["chips"][0].value == "Acme Machines GmbH"


def test_the_table_is_made_by_a_command(tmp_path: Any, table: Any, settings: Any, monkeypatch: Any) -> None:
    settings.NETWORK_DATABASE = str(table)
    monkeypatch.setattr("apps.analytics.management.commands.build_network_classes.DATA", tmp_path)
    (tmp_path / "network_words.json").write_text('{"listed_business": {"phrases": []}, "large_business": []}')

    call_command("build_network_classes")

    assert '"classes":{}' in (tmp_path / "network_classes.json").read_text()
