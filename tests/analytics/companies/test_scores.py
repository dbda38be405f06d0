"""The formula by hand and over everything, and when companies are scored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.enums import Role
from apps.accounts.models import Organization
from apps.analytics.company_scoring import PARTS, Rules, Seen, score_of
from apps.analytics.enums import NetworkKind
from apps.analytics.models import Company, CompanyScore, CompanyVisit, Session, Site
from apps.analytics.services.companies import company_correct, company_hide, company_update
from apps.analytics.services.company_news import tell_hot
from apps.analytics.services.company_scores import (
    companies_prune,
    rules_change,
    scores_due,
    scores_nightly,
    scores_of_day,
)
from apps.core.models import OutboxEvent
from apps.core.tenancy import every_tenant, tenant
from apps.notifications.models import Notification
from tests.analytics.companies.conftest import ACME, NOW, UNI
from tests.analytics.conftest import Sender
from tests.factories.accounts import MembershipFactory, UserFactory

USUAL = Rules({"frequency": 25, "depth": 20, "time": 20, "conversions": 20, "recency": 15})
ONE = Rules(dict.fromkeys(PARTS, 1))
SEEN = st.builds(
    Seen, st.integers(1, 5_000), st.integers(0, 50_000), st.floats(0, 1e6), st.integers(0, 1_000), st.floats(0, 400),
)
WEIGHTS = st.fixed_dictionaries({key: st.integers(0, 100) for key in PARTS}).filter(lambda row: any(row.values()))


def test_by_hand() -> None:
    score = score_of(Seen(3, 9, 180.0, 1, 7.0), ONE)
    assert [part.points for part in score.parts] == [50.0] * 5
    assert (score.value, score.temperature) == (50, "warm")

    score = score_of(Seen(6, 36, 720.0, 2, 0.0), USUAL)
    assert [round(part.points, 4) for part in score.parts] == [75.0, 75.0, 75.0, 75.0, 100.0]
    assert score.value == 79  # (75 · 85 + 100 · 15) / 100 = 78.75
    assert score.temperature == "hot"

    assert score_of(Seen(1, 1, 0.0, 0, 14.0), Rules({"recency": 10})).value == 25
    assert score_of(Seen(0, 0, 0.0, 0, 0.0), USUAL).value == 0
    assert score_of(Seen(9, 9, 9.0, 9, 0.0), Rules({})).value == 0


@given(SEEN, WEIGHTS)
def test_a_score_is_a_mean_of_its_parts(seen: Seen, weights: dict[str, int]) -> None:
    score = score_of(seen, Rules(weights))
    points = [part.points for part in score.parts if part.weight]

    assert 0 <= min(points) <= max(points) <= 100
    assert min(points) - 0.5 <= score.value <= max(points) + 0.5


@given(SEEN, WEIGHTS, st.integers(1, 50), st.floats(0.1, 30))
def test_more_is_never_less(seen: Seen, weights: dict[str, int], more: int, days: float) -> None:
    rules, value = Rules(weights), score_of(seen, Rules(weights)).value
    busier = Seen(seen.visits, seen.pageviews + more, seen.engaged_s + more, seen.conversions + more, seen.days_ago)
    later = Seen(seen.visits, seen.pageviews, seen.engaged_s, seen.conversions, seen.days_ago + days)

    assert score_of(busier, rules).value >= value
    assert score_of(later, rules).value <= value


@given(SEEN, WEIGHTS, st.integers(2, 5))
def test_only_the_proportion_of_weights_counts(seen: Seen, weights: dict[str, int], times: int) -> None:
    larger = {key: weight * times for key, weight in weights.items()}

    assert abs(score_of(seen, Rules(weights)).value - score_of(seen, Rules(larger)).value) <= 1


def company() -> Company:
    with every_tenant():
        return Company.objects.get(key="as:64500")


def hot_events() -> list[dict[str, Any]]:
    with every_tenant():
        return [row.payload for row in OutboxEvent.objects.filter(name="analytics.company_became_hot")]


def interested(sender: Sender, days: int = 8) -> None:
    """A visit a day of four pages, read for two minutes, the last with a purchase."""
    for day in range(days):
        begun = NOW - timedelta(days=days - 1 - day)
        for page in range(4):
            sender.view(begun + timedelta(seconds=20 * page), f"/{page}", ip=ACME)
        sender.send(begun + timedelta(seconds=90), {"name": "leave", "url": "https://site.example/3", "eng": 120_000},
                    ip=ACME)
    sender.send(
        NOW + timedelta(seconds=120),
        {"name": "purchase", "url": "https://site.example/3", "order_id": "o1",
         "revenue": {"amount": "5.00", "currency": "EUR"}}, ip=ACME,
    )


def test_scored_after_a_visit_and_hot_once(sender: Sender, site: Site, organization: Organization, bob: Any) -> None:
    interested(sender)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False), tenant(organization.pk):
        assert scores_due(organization) == 1
        found = company()
        # 8 visits: 84.25; 4 pages: 60.31; 120 s: 75; 1 conversion: 50; minutes ago: 99.97
        assert (found.visits, found.pageviews, found.score, found.temperature) == (8, 32, 73, "hot")
        assert [event["score"] for event in hot_events()] == [73]
        scores_due(organization)
        assert len(hot_events()) == 1
        point = CompanyScore.objects.get()
        assert (point.score, point.parts["conversions"]) == (73, {"amount": 1.0, "points": 50.0, "weight": 20})


def test_interest_fades_and_comes_back(sender: Sender, organization: Organization) -> None:
    interested(sender)
    with tenant(organization.pk):
        for days, expected in ((0, "hot"), (14, "warm"), (40, "cold")):
            with time_machine.travel(NOW + timedelta(days=days, minutes=5), tick=False):
                scores_nightly(organization)
            assert company().temperature == expected, days
        assert CompanyScore.objects.count() == 3
        assert company().score == 0
        assert company().visits == 8


def test_history_is_that_of_each_day(sender: Sender, organization: Organization) -> None:
    interested(sender, days=3)
    with tenant(organization.pk):
        for day in range(4):
            scores_of_day(organization=organization, day=(NOW - timedelta(days=3 - day)).date())
        points = dict(CompanyScore.objects.values_list("day", "score"))
    scores = [points[day] for day in sorted(points)]

    assert len(scores) == 3
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_other_rules_other_scores(sender: Sender, organization: Organization, alice: Any) -> None:
    interested(sender)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False), tenant(organization.pk):
        scores_due(organization)
        rules_change(actor=alice, organization=organization, frequency=0, depth=0, time=0, conversions=1, recency=0,
                     hot_from=60, warm_from=50)
        assert scores_due(organization) == 1
        assert (company().score, company().temperature) == (50, "warm")


@pytest.mark.parametrize("kept", [False, True])
def test_what_nothing_is_left_of_goes_unless_the_owner_wrote_about_it(
    sender: Sender, organization: Organization, alice: Any, kept: bool,
) -> None:
    sender.view(NOW, ip=ACME)
    with tenant(organization.pk), time_machine.travel(NOW + timedelta(days=1), tick=False):
        if kept:
            company_update(actor=alice, company=company(), industry="Machines")
        Session.objects.all().delete()
        companies_prune(organization)
        assert CompanyVisit.objects.count() == 0
        assert Company.objects.count() == int(kept)


def test_hidden_and_dismissed_companies_do_not_become_hot(
    sender: Sender, organization: Organization, alice: Any,
) -> None:
    interested(sender)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False), tenant(organization.pk):
        company_hide(actor=alice, company=company(), hidden=True)
        scores_nightly(organization)
        assert company().temperature == "hot"
        assert hot_events() == []
        company_correct(actor=alice, company=company(), kind=NetworkKind.ISP)
        scores_nightly(organization)
        assert company().score == 0


def test_those_who_may_see_companies_are_told_once_a_day(
    sender: Sender, organization: Organization, alice: Any, bob: Any, charlie: Any,
) -> None:
    client = UserFactory(email="client@example.com")
    MembershipFactory(organization=organization, user=client, role=Role.CLIENT)
    bob.language = "de"
    bob.save(update_fields=["language"])
    sender.view(NOW, ip=ACME)
    sender.view(NOW, ip=UNI)
    with tenant(organization.pk):
        assert tell_hot(company_id=company().pk, name="Acme", score=73) == 2
        assert tell_hot(company_id=company().pk, name="Acme", score=74) == 0
    with every_tenant():
        told = Notification.objects.filter(kind="companies.hot").order_by("user__email")
        assert [row.user.email for row in told] == ["alice@example.com", "bob@example.com"]
        assert [row.title for row in told] == ["Acme is hot", "Acme ist heiß"]
