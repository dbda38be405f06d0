"""Trades told from names, networks of one's own, and how look-ups are doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.test import Client

from apps.accounts.models import Organization, User
from apps.analytics.enrichment.industries import industry_of
from apps.analytics.enrichment.network_kinds import kind_of
from apps.analytics.enrichment.networks import Network, Networks
from apps.analytics.enums import COMPANY_KINDS
from apps.analytics.models import AddressLookup, Company, LookupDay
from apps.analytics.services.companies import company_update
from apps.analytics.services.company_lookups import lookups_due
from apps.analytics.services.company_scores import companies_score
from apps.core.models import Connection
from apps.core.tenancy import tenant
from apps.metrics import frame as frames
from apps.metrics import ranges, read
from tests.analytics.companies.conftest import ACME, NOW, TELCO, UNI
from tests.analytics.conftest import Sender

LIST = "/o/bakery/companies/"


@pytest.mark.parametrize(("name", "kind", "industry", "word"), [
    ("Universitätsklinikum Musterstadt", "education", "health", "universitatsklinikum"),
    ("Sparkasse Musterstadt", "business", "finance", "sparkasse"),
    ("Gemeinde Musterdorf", "government", "public", "gemeinde"),
    ("Example Ministry of Nothing", "government", "public", "ministry"),
    ("Ünal Spedition & Co", "business", "logistics", "spedition"),
    ("Forthright Ltd", "business", "", ""), ("Some Network", "education", "education", ""),
    ("Some Network", "government", "public", ""), ("", "", "", ""), ("Ebanking", "nonsense", "", ""),
])
def test_a_trade_is_told_by_a_word_or_not_at_all(name: str, kind: str, industry: str, word: str) -> None:
    assert industry_of(name, kind) == (industry, word)


def test_a_guess_is_counted_filtered_and_shown_as_one_until_its_owner_knows_better(
    sender: Sender, organization: Organization, client_of: Callable[[User], Client], alice: User,
) -> None:
    browser = client_of(alice)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False), tenant(organization.pk):
        for address in (ACME, ACME, UNI):
            sender.view(NOW, "/tea", ip=address)
        companies_score(organization=organization, companies=list(Company.objects.values_list("id", flat=True)))
        acme = Company.objects.get(key="as:64500")
        assert (acme.industry, acme.industry_guess, acme.industry_word) == ("", "manufacturing", "machines")

        def by_industry() -> dict[str, Any]:
            period = ranges.parse_kindly({"range": "7d"}, organization.tz)
            frame = frames.Frame(
                period=period, organization_ids=(organization.pk,), currency="EUR", viewer=frames.SYSTEM
            )
            found = read.breakdown(["companies.visits"], frame, by="industry")
            return {line.value: line.values["companies.visits"] for line in found.lines}

        assert sum(by_industry().values()) == 2
        assert set(by_industry()) == {"guess:manufacturing", "guess:education"}
        rows = browser.get(f"{LIST}?industry=guess:manufacturing").context["rows"]
        assert [row["cells"][0]["text"] for row in rows] == [acme.name]
        assert rows[0]["cells"][6] == {"text": "Manufacturing", "sub": "Guessed from “machines”"}
        assert "Guessed from “machines”" in browser.get(f"{LIST}{acme.pk}/").content.decode()
        company_update(actor=alice, company=acme, industry="Tools")
        assert set(by_industry()) == {"Tools", "guess:education"}
        assert browser.get(f"{LIST}?industry=guess:manufacturing").context["rows"] == []


def test_networks_of_ones_own_go_first(table: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("10.8.0.0/16,64512,Head office\n10.8.9.0/24,64513,Laboratory\nnonsense\n5.10.3.7/32,64514,Ours\n")
    networks = Networks(str(table), str(own))

    assert networks.network_of("10.8.1.1") == Network(64512, "Head office")
    assert networks.network_of("10.8.9.1") == Network(64513, "Laboratory")
    assert networks.network_of("::ffff:10.8.1.1") == Network(64512, "Head office")
    assert networks.network_of(TELCO) == Network(64514, "Ours")
    assert networks.network_of(ACME) == Network(64500, "Acme Machines GmbH")
    assert networks.network_of("10.9.1.1") is None
    assert networks.network_of("not an address") is None
    assert Networks(str(table), str(tmp_path / "missing.csv")).network_of("10.8.1.1") is None


def test_the_demos_companies_are_nobodys() -> None:
    from apps.demo.offices import _OFFICES

    networks = Networks("", str(project.BASE_DIR / "apps/demo/networks.csv"))
    for offices in _OFFICES.values():
        for block, *_others in offices:
            found = networks.network_of(block.partition("/")[0])
            assert found is not None
            assert found.name.endswith("(demo)")
            assert 64496 <= found.number <= 64511
            assert kind_of(found).kind in COMPANY_KINDS


def test_how_look_ups_are_doing_stands_on_the_monitoring_page(
    organization: Organization, site: Any, client_of: Callable[[User], Client], alice: User,
) -> None:
    page = "/o/bakery/monitoring/"
    assert client_of(alice).get(page).context["lookups"] == []
    with tenant(organization.pk):
        LookupDay.objects.create(day=NOW.date(), remembered=30, found=9, nameless=1, failed=2, expired=3)
        LookupDay.objects.create(day=NOW.date() - timedelta(days=40), remembered=500)
        service = Connection.objects.create(kind="company_lookup", provider="fake", name="Look-up", status="ok")
        AddressLookup.objects.create(
            session_id=1, site=site, kind="isp", address="192.0.2.7", seen_at=NOW, network_name="", country="DE",
        )
        with time_machine.travel(NOW, tick=False):
            AddressLookup.objects.update(created_at=NOW)
            assert lookups_due() == 1
            facts = client_of(alice).get(page).context["lookups"]

    told = {row["label"]: row["text"] for row in facts}
    assert list(told.values())[:7] == ["46", "73%", "10", "1", "2", "3", "0"]
    assert told["Quota"] == "Demo account"
    assert facts[-2]["href"].endswith(f"/{service.pk}/")
