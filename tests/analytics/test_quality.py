"""Data quality: facts from real traffic, the score part by part, hosts taken up or turned away, scores that fall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.analytics.enrichment.bots import bot_family, bot_name
from apps.analytics.enrichment.hosts import imitated, readable
from apps.analytics.models import Site, SiteScore
from apps.analytics.scoring import RULES, score_of
from apps.analytics.selectors.quality import Facts, facts_of
from apps.analytics.selectors.scores import fell, usual_score
from apps.analytics.services.quality import host_add, host_allow, host_refuse, scores_write
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant
from tests.analytics.conftest import SECOND, Sender, view
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def facts(site: Site, organization: Organization) -> Facts:
    with tenant(organization.pk):
        site = Site.objects.get(pk=site.pk)
        return facts_of([site], date(2026, 11, 20), organization.tz, NOON + timedelta(minutes=5))[site.id]


def traffic(sender: Sender, good: int = 90, strange: int = 10) -> None:
    other = SiteFactory(organization=OrganizationFactory(), domains=["site.example"])
    events = [view(f"/{n}", id=f"g{n}") for n in range(good)]
    events += [view("/", id=f"s{n}", host="copy.example") for n in range(strange)]
    sender.send(NOON, *events)
    sender.digest(sender.envelope(NOON, *[view(id=f"o{n}", host="evil.example") for n in range(99)], site=other))


def test_a_score_is_made_of_its_parts(sender: Sender, site: Site, organization: Organization) -> None:
    traffic(sender)

    score = score_of(facts(site, organization))

    parts = {part.key: part for part in score.parts}
    assert set(parts) == {"accepted", "hosts", "duplicates", "personal", "campaigns", "clock", "install"}
    assert (parts["hosts"].count, parts["hosts"].of, parts["hosts"].points, parts["hosts"].most) == (10, 100, 0, 1500)
    assert all(part.points == part.most for key, part in parts.items() if key != "hosts")
    assert (score.points, score.most) == (5500, 7000)
    assert score.value == 79


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_part_earns_all_then_less_then_nothing(rule: Any) -> None:
    most = rule.weight * 100

    assert rule.points(rule.good) == most
    assert rule.points((rule.good + rule.bad) / 2) == pytest.approx(most / 2, abs=1)
    assert rule.points(rule.bad) == rule.points(1) == 0


def test_too_few_events_make_no_score(sender: Sender, site: Site, organization: Organization) -> None:
    traffic(sender, good=40, strange=9)

    assert score_of(facts(site, organization)).value is None


def test_unknown_hosts_are_taken_up_refused_and_let_in_again(
    sender: Sender, site: Site, organization: Organization
) -> None:
    traffic(sender, strange=3)
    assert facts(site, organization).unknown_hosts == [("copy.example", 3)]

    with tenant(organization.pk):
        host_refuse(actor=None, site=site, host="copy.example")
    sender.core.sites.refresh()
    sender.send(NOON + SECOND, view(host="copy.example", id="late"), view(id="mine"))
    found = facts(site, organization)
    assert (found.flow.hostnames, found.flow.stored) == (1, 94)

    with tenant(organization.pk):
        host_allow(actor=None, site=site, host="copy.example")
        site = host_add(actor=None, site=site, host="copy.example")
    assert site.domains == ["site.example", "copy.example"]
    assert site.options.refused_hosts == ()
    assert facts(site, organization).unknown_hosts == []


@pytest.mark.parametrize(("host", "like"), [
    ("google.com.evil.example", "google.com"), ("sh0p-site.example", ""), ("wite-shop.example", "site-shop.example"),
    ("site-shpo.example", "site-shop.example"),
    ("s\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}te-shop.example".encode("idna").decode(), "site-shop.example"),
    ("translate.example", ""), ("old.site-shop.example", ""),
    ("a.b.c.example", ""),
])
def test_hosts_that_borrow_a_name(host: str, like: str) -> None:
    assert imitated(host, ["site-shop.example"]) == like


def test_hosts_are_shown_in_their_own_letters() -> None:
    assert readable("xn--bcher-kva.example") == "bücher.example"
    assert readable("xn--\N{BULLET}.example") == "xn--\N{BULLET}.example"
    assert readable("plain.example") == "plain.example"


@pytest.mark.parametrize(("agent", "name", "family"), [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "googlebot", "search"),
    ("Mozilla/5.0 (compatible; ChatGPT-User/1.0; +https://openai.com/bot)", "chatgpt-user", "ai"),
    ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "claudebot", "ai"),
    ("Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "uptimerobot", "monitoring"),
    ("Mozilla/5.0 (X11; Linux) HeadlessChrome/130.0.0.0 Safari/537.36", "headlesschrome", "headless"),
    ("facebookexternalhit/1.1", "facebookexternalhit", "preview"),
    ("curl/8.5.0", "curl", "tool"), ("WeirdSpider/1.0", "weirdspider", "other"),
])
def test_robots_are_told_apart(agent: str, name: str, family: str) -> None:
    assert (bot_name(agent), bot_family(bot_name(agent))) == (name, family)


def scored(site: Site, days: dict[int, int]) -> None:
    for back, points in days.items():
        SiteScore.objects.create(site=site, day=date(2026, 11, 20) - timedelta(days=back), points=points, most=100)


def test_a_score_that_falls_is_told_once(
    sender: Sender, site: Site, organization: Organization, client_of: Callable[[User], Client], alice: User,
    time_machine: Any,
) -> None:
    traffic(sender)
    time_machine.move_to(NOON + timedelta(minutes=5), tick=False)
    with tenant(organization.pk):
        Site.objects.update(detected_at=NOON - timedelta(days=60))
        scored(site, {1: 98, 2: 97, 3: 99})
        assert scores_write(organization=organization) == 1
        assert scores_write(organization=organization) == 1
        [told] = OutboxEvent.objects.filter(name="analytics.quality_fell")
        assert (told.payload["score"], told.payload["usual"]) == (79, 98)

    home = client_of(alice).get(f"/o/{organization.slug}/").content.decode()
    assert "79 instead of 98" in home


def test_what_is_usual_is_a_median_and_needs_three_days() -> None:
    rows = [SiteScore(day=date(2026, 11, n), points=points, most=100) for n, points in ((17, 90), (18, 20), (19, 92))]
    assert usual_score(rows, date(2026, 11, 20)) == 90
    assert usual_score(rows[:2], date(2026, 11, 20)) is None
    assert [fell(75, 90), fell(76, 90), fell(59, 60), fell(59, 59), fell(None, 90)] == [True, False, True, False, False]


def test_the_page_shows_parts_hosts_and_robots_to_its_people_only(
    sender: Sender, site: Site, organization: Organization, client_of: Callable[[User], Client], alice: User,
    time_machine: Any,
) -> None:
    traffic(sender)
    sender.send(NOON, view(), ua="Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)")
    time_machine.move_to(NOON + timedelta(minutes=5), tick=False)
    address = f"/o/{organization.slug}/traffic/{site.script_id}/quality/"

    page = client_of(alice).get(address).content.decode()

    assert "copy.example" in page
    assert "evil.example" not in page
    assert "gptbot 1" in page
    assert "10 of 100 events" in page
    answer = client_of(alice).get(
        f"/api/v1/organizations/{organization.slug}/sites/{site.script_id}/quality/").json()
    assert (answer["score"], answer["received"]) == (79, 101)
    assert answer["unknown_hosts"] == [{"name": "copy.example", "count": 10, "imitates": ""}]
    assert answer["bots"] == [{"name": "ai", "count": 1}]
    assert client_of(alice).post(f"{address}host/", {"do": "refuse", "host": "copy.example"}).status_code == 302
    stranger = MembershipFactory(organization=OrganizationFactory(), role=Role.OWNER).user
    assert client_of(stranger).get(address).status_code == 404
