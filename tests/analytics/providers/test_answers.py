"""What each documented answer of each vendor means: for good, for this event, or for now."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analytics.providers.answers import SignInRefused
from apps.core.oauth import TokenRefused
from apps.core.providers import ProviderError
from tests.analytics.providers.bench import BY_KEY, event, open_bench, payload
from tests.analytics.providers.servers import DROP, JUDGE

FOR_GOOD, FOR_NOW = True, False


@pytest.mark.parametrize(
    ("key", "answer", "permanent", "retry_after", "words"),
    [
        ("meta", "bad_token", FOR_GOOD, None, "generate a new one in Events Manager"),
        ("meta", "expired_token", FOR_GOOD, None, "Session has expired (fbtrace_id A1b2C3d4)"),
        ("meta", "no_permission", FOR_GOOD, None, "give the token's system user access"),
        ("meta", "old_version", FOR_GOOD, None, "a later one in META_API_URL"),
        ("meta", "unknown_dataset", FOR_GOOD, None, "does not know this dataset"),
        ("meta", "too_many_calls", FOR_NOW, 60, "asks to wait"),
        ("meta", "ill", FOR_NOW, None, "temporarily unavailable"),
        ("tiktok", "bad_token", FOR_GOOD, None, "incorrect or has been revoked. (request_id 20261121110000ABCDEF)"),
        ("tiktok", "bad_token", FOR_GOOD, None, "generate a new one in Ads Manager"),
        ("tiktok", "not_your_pixel", FOR_GOOD, None, "No permission"),
        ("tiktok", "too_fast", FOR_NOW, 60, "asks to wait"),
        ("tiktok", "ill", FOR_NOW, None, "System error"),
        ("linkedin", "bad_token", FOR_GOOD, None, "make a new one"),
        ("linkedin", "no_permission", FOR_GOOD, None, "to which the conversion belongs"),
        ("linkedin", "old_version", FOR_GOOD, None, "no longer offers version 202607"),
        ("linkedin", "unknown_conversion", FOR_GOOD, None, "does not exist"),
        ("linkedin", "ill", FOR_NOW, None, "Internal Server Error"),
        ("google_ads", "bad_token", FOR_GOOD, None, "sign in again on this destination's page"),
        ("google_ads", "no_permission", FOR_GOOD, None, "does not have permission (requestId t-a8896317"),
        ("google_ads", "unknown_action", FOR_GOOD, None, "Conversion action ID is not valid"),
        ("google_ads", "terms", FOR_GOOD, None, "terms for enhanced conversions"),
        ("google_ads", "ill", FOR_NOW, None, "currently unavailable"),
        ("slack", "removed", FOR_GOOD, None, "make a new one"),
        ("slack", "archived", FOR_GOOD, None, "archived"),
        ("slack", "forbidden", FOR_GOOD, None, "administrator"),
        ("slack", "bad_token", FOR_GOOD, None, "copy it again"),
        ("slack", "workspace_gone", FOR_GOOD, None, "workspace is gone"),
        ("slack", "switched_off", FOR_GOOD, None, "make a new one"),
        ("slack", "nobody", FOR_GOOD, None, "make one for a channel"),
        ("slack", "general", FOR_GOOD, None, "make a webhook for another one"),
        ("slack", "ill", FOR_NOW, None, "trouble of its own"),
    ],
)
def test_answers_about_the_whole_request(
    key: str, answer: str, permanent: bool, retry_after: float | None, words: str, settings: Any
) -> None:
    with open_bench(BY_KEY[key], settings) as (vendor, server):
        server.answers = [answer]

        with pytest.raises(ProviderError) as failed:
            vendor.send([payload(vendor, event())])

    assert words in str(failed.value)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, retry_after)


@pytest.mark.parametrize(
    ("key", "answer", "words"),
    [
        ("meta", "bad_event", "Your server event has an invalid parameter (fbtrace_id A1b2C3d4)"),
        ("tiktok", "bad_event", "must be greater than or equal to 0"),
        ("slack", "bad_message", "invalid_payload"),
    ],
)
def test_answers_about_one_event(key: str, answer: str, words: str, settings: Any) -> None:
    with open_bench(BY_KEY[key], settings) as (vendor, server):
        server.answers = [answer]

        (result,) = vendor.send([payload(vendor, event())]).results

    assert not result.ok
    assert not result.retry
    assert words in result.words


def test_google_asks_to_sign_in_again() -> None:
    """The connection refreshes its token once when it sees this."""
    assert issubclass(SignInRefused, TokenRefused)


class TestPartialSuccess:
    def test_linkedin_answers_each_event(self, settings: Any) -> None:
        with open_bench(BY_KEY["linkedin"], settings) as (vendor, server):
            server.answers = ["in_part"]

            results = vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b", "c")]).results

        assert [(result.event_id, result.ok, result.retry) for result in results] == [
            ("a", True, False), ("b", False, False), ("c", False, True),
        ]
        assert "more than 90 days ago" in results[1].words

    def test_linkedin_with_too_few_answers_is_not_believed(self, settings: Any) -> None:
        with open_bench(BY_KEY["linkedin"], settings) as (vendor, server):
            server.answers = ["in_part"]

            with pytest.raises(ProviderError) as failed:
                vendor.send([payload(vendor, event())])

        assert not failed.value.permanent

    def test_tiktok_in_part_is_found_out_one_by_one(self, settings: Any) -> None:
        with open_bench(BY_KEY["tiktok"], settings) as (vendor, server):
            server.answers = ["in_part", JUDGE, "bad_event", JUDGE]

            results = vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b", "c")]).results

        assert [(result.event_id, result.ok) for result in results] == [("a", True), ("b", False), ("c", True)]
        assert [len(asked.body["data"]) for asked in server.asked] == [3, 1, 1, 1]

    def test_meta_that_received_fewer_is_asked_one_by_one(self, settings: Any) -> None:
        with open_bench(BY_KEY["meta"], settings) as (vendor, server):
            counts = iter((1, 1, 0))
            server.judge = lambda asked: (200, {"content-type": "application/json"}, {"events_received": next(counts)})

            results = vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b")]).results

        assert [(result.event_id, result.ok) for result in results] == [("a", True), ("b", False)]
        assert not results[1].retry
        assert results[1].words == "Meta answered that it has received no event."

    def test_a_lost_answer_in_between_concerns_that_event_alone(self, settings: Any) -> None:
        with open_bench(BY_KEY["tiktok"], settings) as (vendor, server):
            server.answers = ["in_part", JUDGE, DROP]

            results = vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b", "c")]).results

        assert [(result.event_id, result.ok, result.unsure) for result in results] == [
            ("a", True, False), ("b", False, True), ("c", False, False),
        ]

    def test_what_was_not_tried_after_a_rate_limit_is_tried_later(self, settings: Any) -> None:
        with open_bench(BY_KEY["meta"], settings) as (vendor, server):
            server.answers = ["bad_event", JUDGE, "rate_limited"]

            results = vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b", "c")]).results

        assert [(result.event_id, result.ok, result.retry) for result in results] == [
            ("a", True, False), ("b", False, True), ("c", False, True),
        ]
        assert results[1].retry_after == 7
        assert len(server.asked) == 3

    def test_a_token_that_ends_in_between_stops_everything(self, settings: Any) -> None:
        with open_bench(BY_KEY["meta"], settings) as (vendor, server):
            server.answers = ["bad_event", JUDGE, "bad_token"]

            with pytest.raises(ProviderError) as failed:
                vendor.send([payload(vendor, event(event_id=name)) for name in ("a", "b", "c")])

        assert failed.value.permanent
