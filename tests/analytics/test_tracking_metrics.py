"""What became of events and the quality of data as alerts and reports read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.accounts.models import Organization
from apps.analytics.models import SiteScore
from apps.core.tenancy import tenant
from apps.metrics import ranges, read
from apps.metrics.contracts import BY_SUBJECT
from apps.metrics.frame import SYSTEM, Frame
from tests.analytics.conftest import Sender, view
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
KEYS = ("tracking.received", "tracking.dropped", "tracking.bot_share", "tracking.quality", "tracking.stored")


def test_left_out_robots_and_quality_over_a_week(
    sender: Sender, site: Any, organization: Organization, time_machine: Any
) -> None:
    rival = SiteFactory(organization=OrganizationFactory(), domains=["rival.example"])
    sender.send(NOON - timedelta(days=2), view(id="old"), view(id="old"))
    sender.send(NOON, view(id="a"))
    sender.send(NOON, view(), view(), ua=GOOGLE)
    sender.digest(sender.envelope(NOON, *[view(id=f"r{n}", host="rival.example") for n in range(9)], site=rival))
    time_machine.move_to(NOON + timedelta(minutes=1), tick=False)
    with tenant(organization.pk):
        SiteScore.objects.create(site=site, day=date(2026, 11, 19), points=90, most=100)
        SiteScore.objects.create(site=site, day=date(2026, 11, 20), points=30, most=50)
        period = ranges.parse({"range": "7d", "compare": "none"}, organization.tz)
        frame = Frame(period, (organization.id,), "EUR", SYSTEM)
        page = read.page(KEYS, frame)
        by_site = read.breakdown(("tracking.received",), frame, by=BY_SUBJECT, limit=5)

    values = {key: page.answers[key].value for key in KEYS}
    assert values == {
        "tracking.received": 5, "tracking.dropped": 3, "tracking.bot_share": 0.4, "tracking.quality": 0.8,
        "tracking.stored": 2,
    }
    assert [value for value in page.series["tracking.received"].values if value] == [2, 3]
    assert [(line.value, line.values["tracking.received"]) for line in by_site.lines] == [(str(site.id), 5)]
