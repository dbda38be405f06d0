"""An owner finds a company, reads why it has its score, sets it right and says what it is."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from apps.analytics.company_scoring import Rules, Seen, score_of
from apps.analytics.models import Company, CompanyScore
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business


def test_a_company_is_found_understood_and_corrected(person: PEOPLE, business: Business) -> None:
    now = timezone.now()
    with tenant(business.organization.pk):
        row = Company.objects.create(
            key="as:64500", name="Acme Machines GmbH", first_seen_at=now - timedelta(days=3), last_seen_at=now,
            visits=6, pageviews=36, score=79, temperature="hot", scored_at=now, network=64500, reason="word",
            reason_detail="machines", confidence="medium",
        )
        score = score_of(Seen(6, 36, 720.0, 2, 0.0), Rules(
            {"frequency": 25, "depth": 20, "time": 20, "conversions": 20, "recency": 15}
        ))
        parts = {part.key: {"amount": part.amount, "points": part.points, "weight": part.weight}
                 for part in score.parts}
        CompanyScore.objects.create(company=row, day=now.date(), score=79, temperature="hot", parts=parts)
    page = person(business.owner)
    page.goto(f"/o/{business.organization.slug}/companies/")
    page.get_by_role("link", name="Acme Machines GmbH").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Acme Machines GmbH")
    expect(page.get_by_text("6 visits in 30 days")).to_be_visible()
    page.get_by_role("button", name="Set right").click()
    page.get_by_label("Industry").fill("Machines")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Look-ups no longer change what you have written.")).to_be_visible()
    page.get_by_role("button", name="It is an access provider").click()
    expect(page.get_by_text("You said that this is no company.")).to_be_visible()
    page.goto(f"/o/{business.organization.slug}/companies/?temperature=dismissed")
    expect(page.get_by_role("link", name="Acme Machines GmbH")).to_be_visible()
