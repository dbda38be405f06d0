"""What the pipeline does with each event: known again, repaired, joined, left out, or told why not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.accounts.models import Organization
from apps.analytics.enums import Dimension, Drop, EventFlag, Origin, StoreGrain
from apps.analytics.models import DailySalt, DeadLetter, Event, Identity, Rollup, Session, Site, SiteDayDrop
from apps.analytics.pipeline.folding import fold_closed_periods
from apps.analytics.pipeline.ledger import Ledger
from apps.analytics.pipeline.loading import process_events
from apps.analytics.services.goals import goal_create
from apps.core.models import OutboxEvent
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import HOUR, MINUTE, PHONE, Sender, figures, total, view
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 18, 11, tzinfo=UTC)
URL = "https://site.example/"


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def events(site: Site) -> list[Event]:
    with every_tenant():
        return list(Event.objects.filter(site=site).order_by("time", "id"))


def drops(site: Site) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    with every_tenant():
        for row in SiteDayDrop.objects.filter(site=site):
            found[(row.reason, row.detail)] += row.count
    return dict(found)


def change(site: Site, **settings: Any) -> None:
    site.settings = settings
    with every_tenant():
        site.save()


def test_the_same_event_id_counts_once_within_a_batch_after_it_and_after_a_restart(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(id="a"), view(id="a"), view(id="b"))
    sender.send(NOON + MINUTE, view(id="a"))
    sender.core.duplicates.clear()
    sender.send(NOON + 5 * 24 * HOUR, view(id="b"))

    assert (len(events(site)), total(site, "pageviews")) == (2, 2)
    assert drops(site) == {(Drop.DUPLICATE, ""): 3}


def test_an_order_counts_once_whoever_tells_of_it_and_whenever(sender: Sender, site: Site) -> None:
    bought = {"name": "purchase", "url": URL, "order_id": 77, "revenue": {"amount": "19.90", "currency": "EUR"}}
    sender.send(NOON, {**bought, "id": "browser"})
    sender.send(NOON + MINUTE, {**bought, "id": "server"}, origin=Origin.SERVER, ip="", ua="")
    sender.core.duplicates.clear()
    sender.send(NOON + timedelta(days=40), bought)

    assert (total(site, "orders"), total(site, "revenue")) == (1, Decimal("19.9"))


def test_events_without_an_id_are_all_different(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(), view())
    sender.send(NOON, view())

    assert total(site, "pageviews") == 3


@pytest.mark.parametrize(("ts", "sent", "expected", "repaired"), [
    (NOON - MINUTE, None, NOON - MINUTE, False),
    (NOON - timedelta(days=365) - MINUTE, NOON - timedelta(days=365), NOON - MINUTE, False),  # a clock a year behind
    (NOON + timedelta(days=365), NOON + timedelta(days=365), NOON, False),
    (NOON - timedelta(days=365), None, NOON, True),
    (NOON - timedelta(days=7, minutes=1), None, NOON, True),
    (NOON - timedelta(days=7), None, NOON - timedelta(days=7), False),
    (NOON + 4 * MINUTE, None, NOON, False),
    (NOON + 6 * MINUTE, None, NOON, True),
    (None, NOON, NOON, False),
])
def test_the_senders_clock_is_repaired_or_not_believed(
    sender: Sender, site: Site, ts: datetime | None, sent: datetime | None, expected: datetime, repaired: bool
) -> None:
    times = {key: ms(value) for key, value in (("ts", ts), ("sent", sent)) if value}
    sender.send(NOON, view(**times))

    [event] = events(site)
    assert event.time == expected
    assert event.received_at == NOON
    assert bool(event.flags & EventFlag.CLOCK_REPAIRED) is repaired


def test_robots_spam_and_strange_hosts_are_counted_and_left_out(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(), ua="Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)")
    sender.send(NOON, view(), ua="")
    sender.send(NOON, view(ref="https://x.0-0.fr/page"))
    sender.send(NOON, view(host="elsewhere.example"))
    change(site, only_known_hosts=True)
    sender.core.sites.refresh()
    sender.send(NOON, view(host="elsewhere.example"), view(host="www.site.example"), view(host="shop.site.example"))

    assert {(event.host, bool(event.flags & EventFlag.UNKNOWN_HOST)) for event in events(site)} == {
        ("elsewhere.example", True), ("shop.site.example", False), ("site.example", False),
    }
    assert drops(site) == {
        (Drop.BOT, "gptbot"): 1, (Drop.BOT, "no user agent"): 1, (Drop.SPAM, "x.0-0.fr"): 1,
        (Drop.HOSTNAME, "elsewhere.example"): 1,
    }


def test_an_endless_user_agent_is_digested(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(), ua=PHONE + " " + "x" * 8192)

    assert len(events(site)) == 1
    assert total(site, "visitors", Dimension.OS, "iOS") == 1


def test_what_postgresql_cannot_store_is_cleaned(sender: Sender, site: Site) -> None:
    sender.send(NOON, {
        "name": "si\x00gn\tup", "url": "https://site.example/a%00b\\c?x=1", "title": "T\x00i\ttle\\", "uid": "u\x00",
        "props": {"k\x00": "v\x00\\u0000 \n"},
    })

    [event] = events(site)
    assert (event.name, event.path, event.title, event.uid, event.props) == (
        "signup", "/ab\\c", "Title\\", "u", {"k": "v\\u0000 "},
    )


def test_poison_is_told_of_and_does_not_stop_the_others(sender: Sender, site: Site) -> None:
    ledger = Ledger(sender.core.connection, "test")
    outcome = sender.digest(
        sender.envelope(NOON, raw=b"{broken"),
        sender.envelope(NOON, view(id="good"), {"name": 7, "url": URL}, {"no": "name"}),
    )
    ledger.write(outcome, 0, ms(NOON))

    assert total(site, "pageviews") == 1
    letters = list(DeadLetter.objects.order_by("id"))
    assert [(row.site_id, row.reason) for row in letters] == [
        (site.id, "unreadable"), (site.id, "TypeError"), (site.id, "KeyError"),
    ]
    assert orjson.loads(bytes(letters[2].raw))["events"] == [{"no": "name"}]
    assert drops(site)[(Drop.POISON, "")] == 2


def test_the_first_event_is_told_of_once(sender: Sender, site: Site) -> None:
    ledger = Ledger(sender.core.connection, "test")
    for minutes in (0, 1, 2):
        ledger.write(sender.view(NOON + minutes * MINUTE), 0, ms(NOON))

    with every_tenant():
        site.refresh_from_db()
        told = list(OutboxEvent.objects.filter(name="analytics.first_event_seen"))
    assert (site.detected_at, site.last_event_at) == (NOON, NOON + 2 * MINUTE)
    assert [row.payload["site_id"] for row in told] == [site.id]


def test_a_servers_event_joins_the_browser_its_user_was_seen_in(sender: Sender, site: Site) -> None:
    sender.send(NOON, view("/", "https://www.google.com/"))
    sender.send(NOON + MINUTE, {"name": "identify", "url": URL, "uid": "u1", "traits": {"plan": "pro"}})
    bought = {"name": "purchase", "uid": "u1", "order_id": "7", "revenue": {"amount": "50", "currency": "EUR"}}
    sender.send(NOON + 2 * MINUTE, bought, origin=Origin.SERVER, ip="", ua="")

    with every_tenant():
        [visit] = Session.objects.filter(site=site)
        [known] = Identity.objects.filter(site=site)
    assert (visit.channel, visit.uid, visit.events, visit.revenue, visit.is_bounce) == (
        "organic_search", "u1", 3, Decimal(50), False,
    )
    assert (known.visitor, known.traits) == (visit.visitor, {"plan": "pro"})
    assert total(site, "revenue", Dimension.CHANNEL, "organic_search") == 50
    assert total(site, "visitors") == 1


def test_other_currencies_are_kept_apart(sender: Sender, site: Site) -> None:
    for number, currency in enumerate(("EUR", "USD", "USD")):
        money = {"amount": "10.01", "currency": currency}
        sender.send(NOON, {"name": "purchase", "url": URL, "order_id": number, "revenue": money})
    sender.send(NOON, {"name": "begin_checkout", "url": URL, "revenue": {"amount": "999", "currency": "EUR"}})

    assert (total(site, "revenue"), total(site, "orders"), total(site, "conversions")) == (Decimal("10.01"), 3, 3)
    assert total(site, "revenue", Dimension.CURRENCY, "USD") == Decimal("20.02")


def test_an_owners_own_conversions_count(sender: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        goal_create(actor=None, site=site, name="Joined", kind="event", value="signup", is_conversion=True)
    sender.send(NOON, {"name": "signup", "url": f"{URL}join"}, {"name": "click", "url": URL})

    assert total(site, "conversions") == 1
    assert total(site, "conversions", Dimension.CONVERSION_PAGE, "/join") == 1


def test_tests_are_stored_and_not_counted(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(), test=True, ua="HeadlessChrome")

    assert [bool(event.flags & EventFlag.TEST) for event in events(site)] == [True]
    assert figures(site) == {}


@pytest.mark.parametrize(("options", "kept", "visitors"), [
    ({}, None, 2), ({"ip_retention_days": 30}, "203.0.113.7", 2), ({"truncate_ip": True}, None, 1),
    ({"truncate_ip": True, "ip_retention_days": 1}, "203.0.113.0", 1),
])
def test_addresses_are_kept_only_as_long_as_the_owner_says(
    sender: Sender, site: Site, options: dict[str, Any], kept: str | None, visitors: int
) -> None:
    change(site, **options)
    sender.view(NOON, ip="203.0.113.7")
    sender.view(NOON, ip="203.0.113.8")

    assert kept in {event.ip for event in events(site)}
    assert total(site, "visitors") == visitors


def test_salts_of_today_are_shared_and_those_of_the_past_are_not_kept(sender: Sender, site: Site) -> None:
    now = datetime.now(UTC)
    sender.view(now)
    sender.core.salts._known.clear()
    sender.core.enricher.reset()
    sender.core.memory.clear()
    sender.view(now + timedelta(seconds=1))
    sender.view(now - timedelta(days=60))

    assert {row.visitor for row in events(site)[1:]} == {events(site)[1].visitor}
    assert DailySalt.objects.count() == 2  # the day's and the one before it, which was tried
    assert total(site, "sessions") == 2


def test_two_organizations_never_see_each_others_rows(
    sender: Sender, site: Site, other_organization: Organization
) -> None:
    other = SiteFactory(organization=other_organization, domains=["garage.example"])
    sender.digest(
        sender.envelope(NOON, view(id="same")),
        sender.envelope(NOON, view(id="same", host="garage.example"), site=other),
    )

    for own, foreign in ((site, other), (other, site)):
        with tenant(own.organization_id):
            assert [row.site_id for row in Event.objects.all()] == [own.id]
            assert {row.organization_id for row in Rollup.objects.all()} == {own.organization_id}
            assert Session.objects.filter(site=foreign).count() == 0
    # New York's day began at five, Berlin's at eleven in the evening before.
    assert [bucket.hour for bucket, _value in figures(other)] == [5]
    assert [bucket.hour for bucket, _value in figures(site)] == [23]


def test_history_takes_the_same_way_and_months_are_folded_with_what_comes_late(sender: Sender, site: Site) -> None:
    begin = datetime(2026, 3, 30, 12, tzinfo=UTC)
    rows = [sender.envelope(begin + timedelta(days=day), view(), ip=f"203.0.113.{day}") for day in range(40)]
    assert process_events(sender.core, rows, batch=7) == 40
    with every_tenant():
        assert not Rollup.objects.filter(site=site, grain=1).exists()

    assert fold_closed_periods(sender.core.connection, [site.id]) == 3 + 6
    sender.core.sites.refresh()
    process_events(sender.core, [sender.envelope(begin, view(), ip="198.51.100.1")])

    with every_tenant():
        months = Rollup.objects.filter(site=site, grain=4, dim=0).order_by("bucket")
        assert [row.visitors for row in months] == [3, 30, 8]
        assert [row.pageviews for row in months] == [3, 30, 8]
        weeks = Rollup.objects.filter(site=site, grain=5, dim=0).order_by("bucket")
        assert [row.pageviews for row in weeks] == [8, 7, 7, 7, 7, 5]


def test_a_site_that_is_gone_is_let_go(sender: Sender, site: Site) -> None:
    sender.digest(sender.envelope(NOON, view(), site=Site(id=10**9)), sender.envelope(NOON, view()))

    assert total(site, "pageviews") == 1


def test_the_minutes_of_an_hour_add_up_to_it(sender: Sender, site: Site) -> None:
    sender.view(NOON + 10 * MINUTE, "/", ip="198.51.100.1")
    sender.view(NOON + 12 * MINUTE, "/shop", ip="198.51.100.1")
    earlier = int((NOON + 5 * MINUTE).timestamp() * 1000)
    sender.send(NOON + 13 * MINUTE, view("/ad", ts=earlier), ip="198.51.100.1")  # the visit began before it was known
    sender.view(NOON + 20 * MINUTE, "/", ip="198.51.100.2")

    minutes = {bucket: row for (bucket, _), row in figures(site, grain=StoreGrain.MINUTE).items()}
    (hour,) = figures(site, grain=StoreGrain.HOUR).values()

    assert {at: row["sessions"] for at, row in minutes.items() if "sessions" in row} == {
        NOON + 5 * MINUTE: 1, NOON + 20 * MINUTE: 1,
    }
    for measure in ("sessions", "pageviews", "events", "bounces", "duration_s"):
        assert sum(row.get(measure, 0) for row in minutes.values()) == hour[measure]
