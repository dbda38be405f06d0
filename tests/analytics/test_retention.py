"""Visits and events go after the months a site keeps; figures stay. One visitor's data can be had and erased."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import Organization, User
from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import StoreGrain
from apps.analytics.models import Event, Rollup, Session, Site, StoreJob
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.retention import Retention
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import total, view
from tests.analytics.test_runner import drained, put
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
MONTHS = (0, 2, 5, 8)  # ago
ClientOf = Callable[[User], Client]


def ago(months: int) -> datetime:
    """The tenth of a month, at noon."""
    now = datetime.now(UTC)
    number = now.year * 12 + now.month - 1 - months
    return datetime(number // 12, number % 12 + 1, 10 if months else min(10, now.day), 12, tzinfo=UTC) - timedelta(
        hours=0 if months else 13
    )


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(
        organization=OrganizationFactory(slug="shop"), domains=["site.example"],
        settings=SiteSettings(keep_months=3).to_json(),
    )


@pytest.fixture
def other(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="other"), domains=["site.example"])


@pytest.fixture
def runner(shop: Site, other: Site) -> Iterator[Runner]:
    found = Runner()
    found.start()
    yield found
    found.close()


def filled(runner: Runner, *sites: Site) -> None:
    for site in sites:
        for months in MONTHS:
            for number in range(3):
                put(site, view(f"/{number}", id=f"{months}.{number}"), at=ago(months), ip=f"203.0.113.{number}")
    drained(runner)


def let_go(runner: Runner, seconds: float = 60.0) -> dict[str, int]:
    return Retention(runner.core.connection, (0, 1), datetime.now(UTC)).run(time.monotonic() + seconds)


def months_of(site: Site) -> list[int]:
    with every_tenant():
        times = Event.objects.filter(site=site).values_list("time", flat=True)
        return sorted({months for months in MONTHS for moment in times if moment == ago(months)})


def stored(site: Site) -> Site:
    with every_tenant():
        return Site.objects.get(pk=site.pk)


def has_partition(months: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"analytics_event_y{ago(months).year}m{ago(months).month:02d}"])
        return cursor.fetchone()[0] is not None


def test_months_that_no_site_needs_are_dropped_and_their_figures_stay(runner: Runner, shop: Site) -> None:
    filled(runner, shop)
    assert all(has_partition(months) for months in MONTHS)

    let_go(runner)

    assert months_of(shop) == [0, 2]
    assert [months for months in range(9) if has_partition(months)] == [0, 1, 2, 3]
    with every_tenant():
        assert Session.objects.filter(site=shop).count() == 6
    assert (total(shop, "pageviews"), total(shop, "visitors")) == (12, 12)
    assert let_go(runner) == {"partitions": 0, "rows": 0, "unfinished": 0}


def test_a_month_that_another_site_keeps_stays_for_it(runner: Runner, shop: Site, other: Site) -> None:
    filled(runner, shop, other)

    done = let_go(runner)

    assert (months_of(shop), months_of(other)) == ([0, 2], [0, 2, 5, 8])
    assert (done["rows"], done["unfinished"]) == (12, 0)  # of two months: three events, three visits
    assert has_partition(5)
    assert has_partition(8)
    assert not has_partition(6)  # empty


def test_a_run_that_dies_half_way_is_finished_by_the_next(runner: Runner, shop: Site, other: Site) -> None:
    filled(runner, shop, other)
    with patch.object(Retention, "_clear", dying(after=2)), pytest.raises(ConnectionError):
        let_go(runner)
    with every_tenant():
        left = Event.objects.filter(site=shop).count()
        shop.refresh_from_db()
    assert left < 12
    assert shop.events_from is not None
    rebuild_site(runner.core.connection, shop.id)
    assert total(shop, "pageviews") == 12  # what is half gone is not taken for all there was

    let_go(runner)

    assert (months_of(shop), months_of(other)) == ([0, 2], [0, 2, 5, 8])
    assert total(shop, "pageviews") == 12


def dying(after: int) -> Callable[..., int]:
    """As the real one, but the connection breaks after so many pieces."""
    pieces = iter(range(after))

    def clear(self: Retention, statement: str, site: Any, until: float) -> int:
        while next(pieces, None) is not None:
            params = {"site": site.site, "before": site.before, "piece": 1}
            self._connection.execute(statement, params)
        raise ConnectionError

    return clear


def test_without_time_it_says_that_something_is_left(runner: Runner, shop: Site, other: Site) -> None:
    filled(runner, shop, other)

    assert let_go(runner, seconds=0)["unfinished"] == 1
    assert months_of(shop) == [0, 2, 5, 8]


def test_counting_again_keeps_what_has_no_events_any_more(runner: Runner, shop: Site) -> None:
    filled(runner, shop)
    with every_tenant():
        days = Rollup.objects.filter(site=shop, grain=StoreGrain.DAY).order_by("dim", "bucket", "value")
        before = list(days.values_list("dim", "bucket", "value", "pageviews", "visitors", "sessions"))
    let_go(runner)

    rebuild_site(runner.core.connection, shop.id)

    with every_tenant():
        assert list(days.values_list("dim", "bucket", "value", "pageviews", "visitors", "sessions")) == before
        months = Rollup.objects.filter(site=shop, grain=StoreGrain.MONTH, dim=0)
        assert sum(months.values_list("pageviews", flat=True)) == 9


def test_keeping_less_must_be_confirmed(
    runner: Runner, other: Site, alice: User, organization: Organization, client_of: ClientOf
) -> None:
    mine = SiteFactory(organization=organization, domains=["site.example"])
    runner.core.sites.refresh()
    filled(runner, mine)
    client, address = client_of(alice), f"/o/bakery/traffic/{mine.script_id}/settings/"
    given = {"name": "Mine", "domains": "site.example", "consent": "cookieless", "ip_retention_days": 0,
             "keep_months": 3, "companies": "networks"}

    refused = client.post(address, given)
    mine = stored(mine)
    assert (refused.status_code, mine.options.keep_months) == (422, 0)
    assert "would be deleted" in refused.content.decode()

    assert client.post(address, given | {"confirm_keep": "on"}).status_code == 302
    mine = stored(mine)
    assert mine.options.keep_months == 3
    assert client.post(address, given).status_code == 302  # nothing new to confirm


def test_a_visitor_can_see_and_have_erased_what_is_kept(
    runner: Runner, other: Site, alice: User, organization: Organization, client_of: ClientOf
) -> None:
    mine = SiteFactory(organization=organization, domains=["site.example"])
    runner.core.sites.refresh()
    for site, path in ((mine, "/mine"), (other, "/others")):
        put(site, view(path, id="a"), {"name": "identify", "url": "https://site.example/", "uid": "u 1/ü"},
            ip="203.0.113.1")
        put(site, view("/stranger", id="b"), ip="203.0.113.2")
    drained(runner)
    client, address = client_of(alice), f"/o/bakery/traffic/{mine.script_id}/settings/visitor"

    page = client.get(f"{address}/", {"uid": "u 1/ü"}).content.decode()
    assert "Events: 2, in visits: 1" in page
    assert "Nothing is kept under this id" in client.get(f"{address}/", {"uid": "u2"}).content.decode()
    told = json.loads(client.get(f"{address}.json", {"uid": "u 1/ü"}).content)
    assert sorted(event["path"] for event in told["events"]) == ["/", "/mine"]
    assert len(told["visits"]) == 1

    client.post(f"{address}/", {"uid": "u 1/ü", "confirmation": "u 1"})
    assert not StoreJob.objects.exists()
    client.post(f"{address}/", {"uid": "u 1/ü", "confirmation": "u 1/ü"})
    runner.jobs.look()
    runner.jobs.run_waiting()

    job = StoreJob.objects.get()
    assert (job.error, job.params, job.result) == ("", {}, {"events": 2, "sessions": 1})
    with tenant(organization.id):
        assert list(Event.objects.values_list("path", flat=True)) == ["/stranger"]
    with every_tenant():
        assert Event.objects.filter(site=other).count() == 3
    assert "Events: 2, visits: 1" in client.get(f"{address}/").content.decode()
