"""Visits: when one ends, what joins it late, midnight, campaigns, bounces."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import Event, Session, Site
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import HOUR, MINUTE, SECOND, Sender, figures, total, view

NOON = datetime(2026, 11, 18, 11, tzinfo=UTC)  # noon in Berlin
BEFORE_MIDNIGHT = datetime(2026, 11, 18, 22, 50, tzinfo=UTC)


def sessions(site: Site) -> list[Session]:
    with every_tenant():
        return list(Session.objects.filter(site=site).order_by("started_at", "id"))


def test_thirty_minutes_of_silence_continue_a_visit_and_a_moment_more_ends_it(sender: Sender, site: Site) -> None:
    sender.view(NOON, "/a")
    sender.view(NOON + 30 * MINUTE, "/b")
    sender.view(NOON + 60 * MINUTE + SECOND / 1000, "/c")

    found = sessions(site)
    assert [(row.entry_page, row.exit_page, row.pageviews) for row in found] == [("/a", "/b", 2), ("/c", "/c", 1)]
    assert (total(site, "sessions"), total(site, "visitors"), total(site, "pageviews")) == (2, 1, 3)
    assert total(site, "duration_s") == 1800


def test_bounce_is_one_view_without_ten_seconds_of_attention(sender: Sender, site: Site) -> None:
    sender.view(NOON, ip="203.0.113.1")
    sender.view(NOON, ip="203.0.113.2")
    sender.view(NOON, ip="203.0.113.3")
    sender.view(NOON, ip="203.0.113.4")
    assert total(site, "bounces") == 4

    sender.view(NOON + MINUTE, "/b", ip="203.0.113.2")
    sender.send(NOON + MINUTE, {"name": "leave", "url": "https://site.example/", "eng": 10_000}, ip="203.0.113.3")
    sender.send(NOON + MINUTE, {"name": "signup", "url": "https://site.example/"}, ip="203.0.113.4")
    sender.send(NOON + MINUTE, {"name": "leave", "url": "https://site.example/", "eng": 9_999}, ip="203.0.113.1")

    assert total(site, "bounces") == 1
    assert total(site, "bounces", Dimension.DEVICE, "desktop") == 1
    assert total(site, "engaged_ms") == 19_999
    assert total(site, "engaged_ms", Dimension.PAGE, "/") == 19_999


def test_another_campaign_begins_another_visit_and_a_payment_provider_does_not(sender: Sender, site: Site) -> None:
    sender.view(NOON, "/", ref="https://www.google.com/")
    sender.view(NOON + MINUTE, "/thanks", ref="https://www.paypal.com/checkout")
    sender.view(NOON + 2 * MINUTE, "/?utm_source=news&utm_medium=email&utm_campaign=may")
    sender.view(NOON + 3 * MINUTE, "/?utm_source=news&utm_medium=email&utm_campaign=may")

    assert [(row.channel, row.source, row.campaign, row.pageviews) for row in sessions(site)] == [
        ("organic_search", "google", "", 2), ("email", "news", "may", 2),
    ]
    assert total(site, "visitors") == 1
    assert total(site, "visitors", Dimension.CHANNEL, "email") == 1
    assert total(site, "visitors", Dimension.CHANNEL, "organic_search") == 1
    assert total(site, "visitors", Dimension.DEVICE, "desktop") == 1


def test_midnight_keeps_the_visit_and_counts_the_visitor_on_both_days(sender: Sender, site: Site) -> None:
    sender.view(BEFORE_MIDNIGHT, "/a")
    sender.view(BEFORE_MIDNIGHT + 20 * MINUTE, "/b")  # ten past midnight in Berlin: another salt, another mark
    sender.view(BEFORE_MIDNIGHT + 12 * HOUR, "/c")  # a second visit on the second day

    assert [(row.entry_page, row.exit_page) for row in sessions(site)] == [("/a", "/b"), ("/c", "/c")]
    days = figures(site)
    first, second = datetime(2026, 11, 17, 23, tzinfo=UTC), datetime(2026, 11, 18, 23, tzinfo=UTC)
    assert days[(first, "")] == {"visitors": 1, "sessions": 1, "pageviews": 1, "events": 1, "duration_s": 1200}
    assert days[(second, "")] == {"visitors": 1, "sessions": 1, "pageviews": 2, "events": 2, "bounces": 1}
    with every_tenant():
        marks = list(Event.objects.order_by("time").values_list("visitor", flat=True))
    assert marks[0] != marks[1] == marks[2]


def test_midnight_is_bridged_also_after_a_restart(sender: Sender, site: Site) -> None:
    sender.view(BEFORE_MIDNIGHT, "/a")
    sender.core.memory.clear()
    sender.view(BEFORE_MIDNIGHT + 20 * MINUTE, "/b")
    sender.core.memory.clear()
    sender.view(BEFORE_MIDNIGHT + 12 * HOUR, "/c")

    assert [(row.entry_page, row.exit_page) for row in sessions(site)] == [("/a", "/b"), ("/c", "/c")]
    assert [row["visitors"] for row in figures(site).values()] == [1, 1]


def test_what_comes_late_joins_its_visit_and_may_move_its_beginning(sender: Sender, site: Site) -> None:
    sender.view(NOON, "/b")
    early = view("/a", ts=int((NOON - 20 * MINUTE).timestamp() * 1000), sent=int((NOON + MINUTE).timestamp() * 1000))
    sender.send(NOON + MINUTE, early)

    [visit] = sessions(site)
    assert (visit.entry_page, visit.exit_page, visit.pageviews) == ("/a", "/b", 2)
    assert figures(site, Dimension.ENTRY_PAGE) == {
        (datetime(2026, 11, 17, 23, tzinfo=UTC), "/a"): {"visitors": 1, "sessions": 1, "duration_s": 1200},
    }
    hours = figures(site, grain=StoreGrain.HOUR)
    assert hours[(NOON - HOUR, "")] == {
        "visitors": 1, "sessions": 1, "pageviews": 1, "events": 1, "duration_s": 1200,
    }
    assert hours[(NOON, "")] == {"visitors": 1, "pageviews": 1, "events": 1}


def test_an_hour_counts_a_visitor_once_and_the_day_once_more(sender: Sender, site: Site) -> None:
    for minutes in (0, 10, 59, 60, 180):
        sender.view(NOON + minutes * MINUTE)

    assert [row.get("visitors") for row in figures(site, grain=StoreGrain.HOUR).values()] == [1, 1, 1]
    assert total(site, "visitors") == 1
    assert total(site, "sessions") == 3


def test_the_day_the_clocks_go_back_has_25_hours(sender: Sender, site: Site) -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin, still summer time
    for hour in range(25):
        sender.view(start + hour * HOUR + MINUTE, ip=f"203.0.113.{hour}")

    assert [bucket for bucket, _value in sorted(figures(site, grain=StoreGrain.HOUR))] == [
        start + hour * HOUR for hour in range(25)
    ]
    assert {bucket: row["visitors"] for (bucket, _), row in figures(site).items()} == {start: 25}


def test_a_cookie_counts_only_with_consent_and_lasts_over_days(sender: Sender, site: Site) -> None:
    site.settings = {"consent": "on_consent"}
    with every_tenant():
        site.save()
    sender.send(NOON, view(), vid="abc", consent=True)
    sender.send(NOON + MINUTE, view(), vid="abc", consent=True, ip="198.51.100.1")
    sender.send(NOON + 24 * HOUR, view(), vid="abc", consent=True, ip="198.51.100.2")
    sender.send(NOON + 2 * MINUTE, view(), vid="abc", consent=False, ip="198.51.100.3")

    assert [row["visitors"] for _, row in sorted(figures(site).items())] == [2, 1]
    assert len({row.visitor for row in sessions(site)}) == 2
