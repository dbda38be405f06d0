"""How many events are accepted, that is committed, a second; beside a plain Django view that inserts a row each."""

from __future__ import annotations

import pytest

from apps.analytics.models import Inbox, Site
from tests.benchmarks import traffic
from tests.benchmarks.machine import bare_application, collector, plain_view, say, sent
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 6.0
CONNECTIONS = 64


@pytest.fixture
def site(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="bench"), script_id="benchbench00", domains=[traffic.HOST])


def stored() -> int:
    return sum(Inbox.objects.exclude(origin=2).values_list("events", flat=True))


def test_single_events(site: Site) -> None:
    plain, bare = plain_view(), bare_application(CONNECTIONS)
    requests = traffic.requests(2, site.script_id, 300_000, 1, "s")
    with collector() as port:
        told = sent(requests, port, SECONDS, CONNECTIONS)

    say("single events accepted, plain Django view", plain["per_second"], "/s")
    say("single events stored by a bare application", bare["per_second"], "/s")
    say("single events accepted, collector", told["per_second"], "/s", 30_000)
    say("  of what a bare application does", told["per_second"] / bare["per_second"] * 100, "%")
    say("  99 of 100 answered within", told["p99_ms"], "ms", 20, less=True)
    say("  times the plain view", told["per_second"] / plain["per_second"], "x")
    assert (told["failures"], stored()) == (0, told["requests"])


def test_batches_of_a_hundred(site: Site) -> None:
    plain_view()
    requests = traffic.requests(3, site.script_id, 12_000, 100, "b")
    with collector() as port:
        told = sent(requests, port, SECONDS, CONNECTIONS)

    say("events accepted in batches of 100, collector", told["per_second"] * 100, "/s", 120_000)
    say("  times the plain view", told["per_second"] * 100 / plain_view()["per_second"], "x")
    say("  99 of 100 requests answered within", told["p99_ms"], "ms")
    assert (told["failures"], stored()) == (0, told["requests"] * 100)
