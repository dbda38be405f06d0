"""The pipeline's running counts against counting everything again, over random traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.analytics.enums import StoreGrain
from apps.analytics.models import Event, Rollup, Session, Site
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import CHROME as DESKTOP
from tests.analytics.conftest import MEASURES, PHONE, Sender, view
from tests.factories.analytics import SiteFactory

# Two days in which the clocks go back, and one that begins half an hour off.
BEGINS = {
    "Europe/Berlin": datetime(2026, 10, 24, 18, tzinfo=UTC), "America/New_York": datetime(2026, 10, 31, 22, tzinfo=UTC),
    "Asia/Kolkata": datetime(2026, 10, 24, 15, tzinfo=UTC),
}
REFERRERS = ("", "https://www.google.de/", "https://t.co/x", "https://blog.example.org/post")
NAMES = ("pageview", "pageview", "pageview", "leave", "signup", "purchase", "add_to_cart", "vitals")

events = st.fixed_dictionaries({
    "who": st.integers(0, 4),
    "minutes": st.integers(0, 40 * 60) | st.sampled_from([0, 30, 60, 90, 239, 240, 241, 250, 1680]),
    "late": st.integers(0, 300),
    "name": st.sampled_from(NAMES),
    "path": st.sampled_from(("/", "/a", "/b?utm_source=x&utm_medium=cpc", "/c#d")),
    "ref": st.sampled_from(REFERRERS),
    "eng": st.integers(0, 20_000),
    "amount": st.sampled_from(("0", "12.5", "99.99")),
    "currency": st.sampled_from(("EUR", "USD")),
    "test": st.sampled_from((False, False, False, True)),
})


def sent(drawn: dict[str, Any], begin: datetime) -> dict[str, Any]:
    event: dict[str, Any] = view(drawn["path"], drawn["ref"], name=drawn["name"], test=drawn["test"])
    event["ts"] = int((begin + timedelta(minutes=drawn["minutes"])).timestamp() * 1000)
    if drawn["name"] == "leave":
        event["eng"] = drawn["eng"]
    elif drawn["name"] == "purchase":
        event["revenue"] = {"amount": drawn["amount"], "currency": drawn["currency"]}
    elif drawn["name"] == "signup":
        event["props"] = {"plan": drawn["path"], "paid": drawn["test"], "seats": drawn["who"]}
    elif drawn["name"] == "vitals":
        event["vitals"] = {"lcp": drawn["eng"], "cls": drawn["who"] / 10}
    return event


def stored(site: Site) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = Rollup.objects.filter(site=site).exclude(grain=StoreGrain.MINUTE)
    found = {
        (row.grain, row.dim, row.bucket, row.value): {name: getattr(row, name) for name in MEASURES} for row in rows
    }
    return {key: row for key, row in found.items() if any(row.values())}


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    drawn=st.lists(events, min_size=1, max_size=40), size=st.integers(1, 12), forgetful=st.booleans(),
    ordered=st.booleans(), zone=st.sampled_from(sorted(BEGINS)),
)
def test_running_counts_equal_counting_again(
    organization: Organization, core: Any, drawn: list[dict[str, Any]], size: int, forgetful: bool, ordered: bool,
    zone: str,
) -> None:
    begin = BEGINS[zone]
    organization.time_zone = zone
    organization.save()
    site = SiteFactory(organization=organization, domains=["site.example"])
    core.rolled_back()
    sender = Sender(core, site)
    arriving = sorted(drawn, key=lambda event: event["minutes"] + (0 if ordered else event["late"]))

    for start in range(0, len(arriving), size):
        part = arriving[start : start + size]
        sender.digest(*[
            sender.envelope(
                begin + timedelta(minutes=event["minutes"] + event["late"]), sent(event, begin),
                ip=f"203.0.113.{event['who']}", ua=DESKTOP if event["who"] % 2 else PHONE,
            )
            for event in part
        ])
        if forgetful:
            core.memory.clear()

    with every_tenant():
        before = stored(site)
        assert Event.objects.filter(site=site).count() == len(drawn)
        counted = [event for event in drawn if not event["test"]]
        days = {key: row for key, row in before.items() if key[0] == StoreGrain.DAY and key[1] == 0}
        assert sum(row["events"] for row in days.values()) == len(counted)
        assert sum(row["sessions"] for row in days.values()) == Session.objects.filter(site=site).count()
        with core.connection.transaction():
            rebuild_site(core.connection, site.id)
        after = {key: row for key, row in stored(site).items() if key[0] not in (StoreGrain.MONTH, StoreGrain.WEEK)}
    assert before == after
