"""What every vendor of the kind "destination" must do, asked of each in front of a server that judges as it does."""

from __future__ import annotations

import copy
import json
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.analytics.providers import calls, webhook
from apps.analytics.providers.base import Destination, Refused, Skip, destinations
from apps.core.http import Limits
from apps.core.providers import ProviderError
from tests.analytics.providers.bench import BY_KEY, PERSON, Bench, account, event, every_vendor, open_bench, payload
from tests.analytics.providers.servers import DROP, HANG, Vendor

Opened = tuple[Destination, Vendor]


@pytest.fixture
def opened(bench: Bench, settings: Any) -> Iterator[Opened]:
    """The vendor's account and server."""
    with open_bench(bench, settings) as found:
        yield found


def failing(vendor: Destination, **changes: Any) -> ProviderError:
    """Send one event and return how it failed."""
    with pytest.raises(ProviderError) as found:
        vendor.send([payload(vendor, event(**changes))])
    return found.value


def hidden(vendor: Destination) -> list[str]:
    """What must never be shown: the whole secrets, and what of Slack's address is secret."""
    return [str(value).partition("/services/")[2] or str(value) for value in vendor.secrets.values() if value]


def assert_nothing_leaks(vendor: Destination, *shown: Any) -> None:
    text = " ".join(repr(one) for one in shown)
    for secret in hidden(vendor):
        assert secret not in text


def test_every_vendor_is_on_the_bench() -> None:
    assert {vendor.key for vendor in destinations} == set(BY_KEY) | {"fake"}


@every_vendor
class TestSending:
    def test_a_good_event_is_taken_and_the_exchange_shows_it(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened

        report = vendor.send([payload(vendor, event())])

        assert [(result.event_id, result.ok) for result in report.results] == [("purchase-1001", True)]
        assert len(server.asked) == 1
        shown = report.exchange
        assert shown is not None
        assert shown.method == "POST"
        assert shown.body.encode() == server.asked[0].raw
        assert 200 <= shown.status < 300
        assert_nothing_leaks(vendor, report)

    def test_a_full_batch_goes_in_one_request(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened
        payloads = [payload(vendor, event(event_id=f"e{n}", order_id=f"o{n}")) for n in range(vendor.batch)]

        report = vendor.send(payloads)

        assert [result.event_id for result in report.results if result.ok] == [f"e{n}" for n in range(vendor.batch)]
        assert len(server.asked) == 1

    def test_unicode_arrives_as_it_was(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened
        prepared = payload(vendor, event())

        vendor.send([prepared])

        assert prepared.body == json.loads(json.dumps(prepared.body))
        if "Roggenbrot" in json.dumps(prepared.body):
            assert "Roggenbrot 🍞".encode() in server.asked[0].raw

    def test_one_bad_event_does_not_cost_the_others(self, bench: Bench, opened: Opened) -> None:
        if not bench.refuses_events:
            pytest.skip("takes whatever it is given, one at a time")
        vendor, _ = opened
        good = [payload(vendor, event(event_id=f"good{n}")) for n in range(2)]
        bad = payload(vendor, event(event_id="bad", value=Decimal("-1")))

        results = {result.event_id: result for result in vendor.send([good[0], bad, good[1]]).results}

        assert set(results) == {"good0", "bad", "good1"}
        assert not results["bad"].ok
        assert not results["bad"].retry
        assert str(vendor.label).split()[0] in results["bad"].words
        assert all(results[name].ok or results[name].retry for name in ("good0", "good1"))
        rest = [one for one in good if not results[one.event_id].ok]
        assert all(result.ok for result in vendor.send(rest).results) if rest else True

    def test_a_test_is_not_counted(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened

        report = vendor.send([payload(vendor, event())], test=True)

        assert [result.ok for result in report.results] == [True]
        assert report.exchange is not None
        assert bool(server.asked) is bench.sends_tests
        assert_nothing_leaks(vendor, report)
        sent = report.exchange.url + report.exchange.body
        marks = ("/debug/", "TEST1", '"validateOnly":true', '"test":true', "Test: ", "conversionEvents")
        assert any(mark in sent for mark in marks)


@every_vendor
class TestTrouble:
    def test_wrong_credentials_need_a_person(self, bench: Bench, opened: Opened) -> None:
        if not bench.tells_credentials:
            pytest.skip("does not tell a wrong credential from anything else")
        vendor = account(bench, opened[1], bench.bad_secrets)

        with pytest.raises(ProviderError) as checked:
            vendor.check()

        for error in (failing(vendor), checked.value):
            assert error.permanent
            assert_nothing_leaks(vendor, str(error), getattr(error, "exchange", None))

    @pytest.mark.parametrize("answer", ["bad_gateway", "unavailable", "proxy_page"])
    def test_illness_and_foreign_pages_pass(self, bench: Bench, opened: Opened, answer: str) -> None:
        if bench.key == "webhook" and answer == "proxy_page":
            pytest.skip("any 2xx is an answer of the receiver")
        vendor, server = opened
        server.answers = [answer]

        error = failing(vendor)

        assert isinstance(error, Refused)
        assert not error.permanent
        assert error.retry_after == (120 if answer == "unavailable" else None)
        assert error.exchange is not None
        assert error.exchange.status in {200, 502, 503}
        assert_nothing_leaks(vendor, str(error), error.exchange)

    def test_a_rate_limit_says_how_long(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened
        server.answers = ["rate_limited"]

        error = failing(vendor)

        assert not error.permanent
        assert error.retry_after == 7

    def test_a_dropped_connection_passes(self, bench: Bench, opened: Opened) -> None:
        vendor, server = opened
        server.answers = [DROP]

        error = failing(vendor)

        assert isinstance(error, Refused)
        assert not error.permanent
        assert error.exchange is not None
        assert error.exchange.status == 0
        assert_nothing_leaks(vendor, str(error), error.exchange)

    def test_a_silent_server_passes(self, bench: Bench, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        vendor, server = opened
        server.answers = [HANG]
        monkeypatch.setitem(calls.call.__kwdefaults__, "seconds", 0.15)
        monkeypatch.setattr(webhook, "LIMITS", Limits(seconds=0.15, redirects=0))

        assert not failing(vendor).permanent

    def test_nobody_listening_passes(self, bench: Bench, opened: Opened, settings: Any) -> None:
        _, server = opened
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        nobody = Vendor(bench.key, bench.judge, url=f"http://127.0.0.1:{port}")
        for name in bench.settings:
            setattr(settings, name, nobody.url)
        settings.OUTBOUND_LOOPBACK_PORTS = frozenset({port})

        assert not failing(account(bench, nobody, bench.secrets)).permanent
        assert server.asked == []


@every_vendor
class TestPreparing:
    def test_it_is_pure(self, bench: Bench) -> None:
        vendor = bench.vendor(bench.config, {})
        given = event()
        before = copy.deepcopy(given)

        once, again = payload(vendor, given), payload(vendor, given)

        assert once == again
        assert given == before
        assert json.loads(json.dumps(once.body)) == once.body

    def test_personal_data_does_not_wait_in_the_clear(self, bench: Bench) -> None:
        stored = json.dumps(payload(bench.vendor(bench.config, {}), event()).body, ensure_ascii=False).lower()

        for key in ("email", "phone", "first_name", "last_name", "street"):
            assert PERSON[key].strip().lower() not in stored
        assert "6505551212" not in stored

    def test_without_consent_nothing_of_the_person_leaves(self, bench: Bench) -> None:
        vendor = bench.vendor(bench.config, {})

        with_consent = json.dumps(payload(vendor, event()).body)
        without = json.dumps(payload(vendor, event(consent=False)).body)

        assert bool(re.search("[0-9a-f]{64}", with_consent)) is (bench.key != "slack")
        assert not re.search("[0-9a-f]{64}", without)
        assert event().ip not in without

    def test_an_anonymous_event_is_taken_or_left_out(self, bench: Bench) -> None:
        vendor = bench.vendor(bench.config, {})
        nobody = event(consent=False).anonymous()

        if vendor.takes_anonymous:
            assert payload(vendor, nobody).body
        else:
            with pytest.raises(Skip):
                payload(vendor, nobody)

    @pytest.mark.parametrize("text", ["0.01", "9.99", "1234567.89", "0.1", "99999999999.9999", "1E+3", "19.8000"])
    def test_money_is_exact(self, bench: Bench, text: str) -> None:
        if bench.key == "slack":
            pytest.skip("writes amounts for people")
        body = payload(bench.vendor(bench.config, {}), event(value=Decimal(text), items=())).body

        sent = json.loads(json.dumps(body), parse_float=Decimal, parse_int=Decimal)

        assert Decimal(text) in amounts_in(sent)

    def test_events_are_refused_when_they_are_too_old(self, bench: Bench) -> None:
        assert bench.vendor.max_age is not None
        assert bench.vendor.max_age >= timedelta(hours=24)


@every_vendor
def test_the_account_can_be_checked(bench: Bench, opened: Opened) -> None:
    vendor, server = opened

    said = vendor.check()

    assert said
    assert len(server.asked) == 1
    assert_nothing_leaks(vendor, said)


def amounts_in(sent: Any) -> set[Decimal]:
    """Every number in a body, also where it is text under a name for amounts."""
    if isinstance(sent, dict):
        found = {Decimal(value) for key, value in sent.items()
                 if key in {"amount", "value"} and isinstance(value, str)}
        return found.union(*(amounts_in(value) for value in sent.values()))
    if isinstance(sent, list):
        return set().union(*(amounts_in(value) for value in sent))
    return {sent} if isinstance(sent, Decimal) else set()

