"""What the pipeline notes about events: what became of each, how long it waited, what is doubtful about it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from apps.accounts.models import Organization
from apps.analytics.collector.counters import Counters
from apps.analytics.collector.directory import KnownSite
from apps.analytics.collector.reading import read
from apps.analytics.enums import Doubt, Origin, StoreGrain
from apps.analytics.histograms import DELAY_MS
from apps.analytics.models import Event, PipelineMinute, SiteDayDoubt, SiteDayDrop, SiteFlow
from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.health import MOST_DETAILS, REST
from apps.analytics.pipeline.ledger import Ledger
from apps.analytics.selectors import flows
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import MINUTE, SECOND, Sender, view
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # noon in Berlin
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GPT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot"


def flow(site: Any, grain: StoreGrain = StoreGrain.DAY) -> dict[str, int]:
    with every_tenant():
        rows = list(SiteFlow.objects.filter(site=site, grain=grain))
    sums = Counter({name: sum(getattr(row, name) for row in rows) for name in flows.OUTCOMES})
    return {name: count for name, count in sums.items() if count}


def doubts(site: Any) -> dict[tuple[str, str], int]:
    with every_tenant():
        rows = SiteDayDoubt.objects.filter(site=site).values_list("kind", "detail", "count")
        return {(kind, detail): count for kind, detail, count in rows}


def purchase(**more: Any) -> dict[str, Any]:
    return {"name": "purchase", "url": "https://site.example/thanks", **more}


def test_everything_that_comes_is_accounted_for(sender: Sender, site: Any) -> None:
    other = SiteFactory(organization=OrganizationFactory(), domains=["other.example"])
    sender.send(NOON, view(id="a"), view("/b", id="b"), view(id="a"))
    sender.send(NOON + SECOND, view(id="c"), ua=GOOGLE)
    sender.send(NOON + SECOND, view(id="d"), view(id="e"), ua=GPT)
    sender.digest(sender.envelope(NOON, view(id="x", host="other.example"), site=other))
    sender.send(NOON + 2 * SECOND, view(id="a"))

    assert flow(site) == {"stored": 2, "duplicates": 2, "bots": 3}
    assert flow(site, StoreGrain.HOUR) == flow(site, StoreGrain.MINUTE) == flow(site)
    assert flow(other) == {"stored": 1}
    with every_tenant():
        named = {row.detail: row.count for row in SiteDayDrop.objects.filter(site=site, reason="bot")}
    assert named == {"googlebot": 1, "chatgpt-user": 2}


def test_days_and_minutes_are_those_of_the_arrival_in_the_sites_zone(sender: Sender, site: Any) -> None:
    late = datetime(2026, 11, 20, 22, 59, 30, tzinfo=UTC)  # half a minute before midnight in Berlin
    sender.send(late, view(id="a"))
    sender.send(late + MINUTE, view(id="b"), view(id="c"))

    with every_tenant():
        days = dict(SiteFlow.objects.filter(grain=StoreGrain.DAY).values_list("bucket", "stored"))
        minutes = dict(SiteFlow.objects.filter(grain=StoreGrain.MINUTE).values_list("bucket", "stored"))
    assert days == {datetime(2026, 11, 19, 23, tzinfo=UTC): 1, datetime(2026, 11, 20, 23, tzinfo=UTC): 2}
    assert minutes == {late.replace(second=0): 1, late.replace(second=0) + MINUTE: 2}


def test_how_long_events_waited_is_kept_as_a_spread(sender: Sender, site: Any) -> None:
    envelopes = [sender.envelope(NOON, *[view(id=f"e{n}-{m}") for m in range(10)]) for n in range(9)]
    slow = sender.envelope(NOON - 40 * SECOND, *[view(id=f"slow{m}") for m in range(10)])
    sender.digest(*envelopes, slow)

    span, now = flows.SPANS["60m"], NOON + MINUTE
    with tenant(site.organization_id):
        whole = flows.together(list(flows.course([site.id], span, now).values()))
    assert sum(whole.delay) == whole.stored == 100
    assert whole.waited(0.5) < 5_000
    assert 30_000 <= whole.waited(0.95) <= 60_000
    assert 30_000 <= whole.waited(0.99) <= 60_000


def test_quantiles_come_from_added_counts_not_from_averages() -> None:
    quick, slow = flows.Flow(), flows.Flow()
    quick.delay[0], slow.delay[DELAY_MS.index(10_000)] = 99, 1
    assert quick.waited(0.5) < 50
    assert slow.waited(0.5) == 15_000

    quick.add(slow)

    assert quick.waited(0.5) < 50
    assert quick.waited(0.99) == 50
    assert 10_000 < quick.waited(0.995) < 20_000
    assert flows.Flow().waited(0.5) is None


def test_history_has_no_minutes_and_has_not_waited(sender: Sender, site: Any) -> None:
    envelope = sender.envelope(NOON, view(id="old"))
    with sender.core.connection.transaction():
        sender.core.process([envelope], at_ms(NOON), history=True)

    with every_tenant():
        rows = list(SiteFlow.objects.filter(site=site).order_by("grain"))
    assert [(row.grain, row.stored, row.delay) for row in rows] == [(2, 1, []), (3, 1, [])]


def test_purchases_say_what_they_lack(sender: Sender, site: Any) -> None:
    sender.send(
        NOON, purchase(order_id="1", revenue={"amount": "9.90", "currency": "EUR"}),
        purchase(order_id="2", revenue={"amount": "9.90"}), purchase(order_id="3"),
        purchase(id="p4", revenue={"amount": "0", "currency": "EUR"}), {"name": "pageview", "id": "bare"},
    )

    found = doubts(site)
    assert found[(Doubt.PURCHASES, "")] == 4
    assert found[(Doubt.INCOMPLETE, "")] == 3
    assert {detail: count for (kind, detail), count in found.items() if kind == Doubt.MISSING} == {
        "currency": 1, "revenue": 1, "order_id": 1, "url": 1,
    }


def test_doubts_about_addresses_and_clocks(sender: Sender, site: Any) -> None:
    many = "&".join(f"p{n}=1" for n in range(41))
    sender.send(
        NOON, view("/?UTM_Source=News&utm_medium=mail"), view(f"/?{many}"), view("/user/ann@mail.example/edit"),
        view("/?to=ann%40mail.example"), view("/", ts=at_ms(NOON - timedelta(days=30)), id="skew"),
        view("/", ref="https://mail.example/?u=bob@mail.example", id="ref"),
    )

    found = doubts(site)
    assert found[(Doubt.UPPERCASE, "UTM_Source")] == 1
    assert found[(Doubt.PARAMETERS, "")] == 1
    assert (found[(Doubt.PERSONAL, "path")], found[(Doubt.PERSONAL, "query")]) == (1, 1)
    assert found[(Doubt.CLOCK, "")] == 1
    assert found[(Doubt.EVENTS, "")] == 6
    with every_tenant():
        paths = set(Event.objects.filter(site=site).values_list("path", flat=True))
        referrers = set(Event.objects.filter(site=site).values_list("referrer", flat=True))
    assert "/user/(email)/edit" in paths
    assert not [text for text in paths | referrers if "@" in text or "%40" in text]


def test_invented_hosts_cannot_fill_the_table(sender: Sender, site: Any) -> None:
    sender.send(NOON, *[view(host=f"h{n}.example", id=f"e{n}") for n in range(MOST_DETAILS + 30)])
    sender.send(NOON + SECOND, view(host="site.example"), view(host="more.example", id="m"))

    hosts = {detail: count for (kind, detail), count in doubts(site).items() if kind == Doubt.HOST}
    assert len(hosts) == MOST_DETAILS + 2
    assert hosts[REST] == 31
    assert hosts["site.example"] == 1


def test_what_the_collector_refused_is_counted_by_field(sender: Sender, site: Any, organization: Organization) -> None:
    class Known:
        def site(self, script_id: str) -> KnownSite:
            return type("Site", (), {"id": site.id, "organization_id": organization.id})()  # type: ignore[return-value]

    reading = read(orjson.dumps({"site": "s", "events": [
        {"name": "x", "url": 5}, {"url": "/"}, {"name": "ok"}, {"name": "y", "revenue": {"amount": "much"}},
    ]}), Known(), None)  # type: ignore[arg-type]
    counters = Counters()
    counters.count(202, reading.events, len(reading.rejected), 0.004)
    counters.reject(site.id, reading.by_site[site.id] + Counter(limit=2))
    report = {"minute": at_ms(NOON), "process": "collector 7", "counts": {"requests": 1},
              "rejected": {str(site.id): dict(counters._rejected[site.id])}}
    envelope = sender.envelope(NOON, raw=orjson.dumps(report), origin=Origin.COUNTERS)
    outcome = sender.digest(envelope)
    Ledger(sender.core.connection, "pipeline").write(outcome, 0.01, at_ms(NOON))

    assert flow(site) == {"invalid": 3, "limited": 2}
    with every_tenant():
        rows = {(row.reason, row.detail): row.count for row in SiteDayDrop.objects.filter(site=site)}
    assert rows == {("invalid", "url"): 1, ("invalid", "name"): 1, ("invalid", "revenue"): 1, ("limit", "limit"): 2}


def test_a_minute_of_the_pipeline_holds_spreads_of_stages_and_waiting(sender: Sender, site: Any) -> None:
    ledger = Ledger(sender.core.connection, "pipeline")
    for number in range(3):
        envelope = sender.envelope(NOON, view(id=f"e{number}"))
        with sender.core.connection.transaction():
            outcome = sender.core.process([envelope], at_ms(NOON + 2 * SECOND))
        sender.core.committed(outcome)
        ledger.write(outcome, 0.003, at_ms(NOON + 2 * SECOND))

    row = PipelineMinute.objects.get(process="pipeline")
    assert (row.counts["received"], row.counts["stored"], row.counts["batches"]) == (3, 3, 3)
    assert sum(row.histograms["delay"]) == 3
    assert sum(row.histograms["delay"][DELAY_MS.index(2000):]) == 3  # a busy machine adds its own
    assert sum(row.histograms["stage_read"]) == sum(row.histograms["stage_write"]) == 3
