"""What can happen to a request on its way, asked of every vendor: is it told as passing, in words, and is it said
whether the event may have arrived all the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine

from apps.analytics.providers import calls, webhook
from apps.analytics.providers.base import Destination, Refused
from tests.analytics.providers.bench import BY_KEY, Bench, account, event, every_vendor, open_bench, payload
from tests.analytics.providers.servers import CUT, DRIP, DROP, HANG, HUGE, Vendor


@pytest.fixture
def opened(bench: Bench, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Destination, Vendor]]:
    """The vendor's account and server."""
    monkeypatch.setitem(calls.call.__kwdefaults__, "most_bytes", 100_000)
    with open_bench(bench, settings) as found:
        yield found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time for an answer."""
    monkeypatch.setitem(calls.call.__kwdefaults__, "seconds", 0.3)
    monkeypatch.setattr(webhook, "LIMITS", replace(webhook.LIMITS, seconds=0.3))


def refused(vendor: Destination) -> Refused:
    """Send one event and return how the request failed."""
    with pytest.raises(Refused) as found:
        vendor.send([payload(vendor, event())])
    return found.value


@every_vendor
@pytest.mark.parametrize("answer", [HANG, DRIP])
@pytest.mark.usefixtures("impatient")
def test_an_answer_that_takes_too_long(bench: Bench, opened: tuple[Destination, Vendor], answer: str) -> None:
    """No answer at all, and one that comes a little now and then."""
    vendor, server = opened
    server.answers = [answer]

    error = refused(vendor)

    assert (error.permanent, error.unanswered, len(server.asked)) == (False, True, 1)


@every_vendor
@pytest.mark.parametrize("answer", [DROP, CUT, HUGE])
def test_an_answer_that_was_not_read_to_its_end(
    bench: Bench, opened: tuple[Destination, Vendor], answer: str
) -> None:
    vendor, server = opened
    server.answers = [answer]
    if bench.key == "webhook" and answer == HUGE:
        assert [result.ok for result in vendor.send([payload(vendor, event())]).results] == [True]
        return

    error = refused(vendor)

    assert (error.permanent, error.unanswered) == (False, True)
    assert len(server.asked) == 1
    assert str(error)


@every_vendor
@pytest.mark.parametrize("address", ["http://127.0.0.1:{free}", "https://127.0.0.1:{port}", "http://nobody.invalid"])
def test_a_request_that_never_left(
    bench: Bench, opened: tuple[Destination, Vendor], address: str, settings: Any
) -> None:
    """Nobody listens, the certificate is none, the name has no address."""
    _, server = opened
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    port = server.url.rpartition(":")[2]
    elsewhere = Vendor(bench.key, bench.judge, url=address.format(free=free, port=port))
    for name in bench.settings:
        setattr(settings, name, elsewhere.url)
    settings.OUTBOUND_LOOPBACK_PORTS = frozenset({free, int(port)})

    error = refused(account(bench, elsewhere, bench.secrets))

    assert (error.permanent, error.unanswered) == (False, False)
    assert server.asked == []


@every_vendor
def test_a_redirect_is_not_followed(bench: Bench, opened: tuple[Destination, Vendor]) -> None:
    vendor, server = opened
    server.judge = lambda asked: (302, {"location": "http://169.254.169.254/latest/meta-data/"}, "")

    error = refused(vendor)

    assert not error.permanent
    assert len(server.asked) == 1


@every_vendor
@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"data": 1}', "\x00\xff"])
def test_an_answer_that_makes_no_sense(bench: Bench, opened: tuple[Destination, Vendor], body: str) -> None:
    """Success without what success looks like is none, except where the status is all there is."""
    vendor, server = opened
    server.judge = lambda asked: (200, {"content-type": "application/json"}, body)
    if bench.key in {"ga4", "webhook"} or (bench.key == "linkedin" and not body):
        assert [result.ok for result in vendor.send([payload(vendor, event())]).results] == [True]
        return

    assert not refused(vendor).permanent


@every_vendor
def test_a_rate_limit_may_name_a_moment(bench: Bench, opened: tuple[Destination, Vendor]) -> None:
    vendor, server = opened
    until = datetime.now(UTC) + timedelta(seconds=90)
    server.judge = lambda asked: (429, {"retry-after": format_datetime(until, usegmt=True)}, "")

    assert refused(vendor).retry_after == pytest.approx(90, abs=20)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120), ("0", 0), ("-5", 0), ("1.5", 1.5), ("Sat, 21 Nov 2026 12:02:00 GMT", 120),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0), ("soon", None), ("", None), ("nan", None), ("inf", None),
    ],
)
def test_retry_after(told: str, seconds: float | None) -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        assert calls.retry_after({"retry-after": told}) == seconds


def test_a_secret_at_the_end_of_what_is_shown_is_masked_whole() -> None:
    body = "x" * (calls.LONGEST_SHOWN - 4) + "s3cret-t0ken"

    assert "s3cr" not in calls.exchange_of("POST", "https://a.example/", {}, body, secrets=("s3cret-t0ken",)).body


def test_what_google_analytics_counts_once(settings: Any) -> None:
    with open_bench(BY_KEY["ga4"], settings) as (vendor, _server):
        bodies = [payload(vendor, event()).body, payload(vendor, event(name="pageview")).body]

    assert [vendor.counts_once(body) for body in bodies] == [True, False]
