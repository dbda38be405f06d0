"""What the errors of Google's reading APIs mean, in both of the forms in which Google tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from apps.analytics.providers import google_api
from apps.core.google_sign_in import GoogleSignIn
from apps.core.oauth import OAuthFailed, TokenRefused
from apps.core.providers import ProviderError
from tests.analytics.providers.servers import Answer, Vendor, running

CLIENT = {"id": "one", "secret": "of the family"}


def old_form(reason: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"code": 403, "message": message, "errors": [{"domain": "global", "reason": reason}]}}


def new_form(status: str, reason: str = "") -> dict[str, Any]:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return {"error": {"code": 403, "message": "No.", "status": status, "details": details}}


@pytest.fixture
def google() -> Iterator[Vendor]:
    with running("google", lambda asked: (200, {}, {"rows": []})) as found:
        yield found


def asked(google: Vendor, answer: Answer) -> ProviderError:
    google.judge = lambda _: answer
    with pytest.raises(ProviderError) as failed:
        google_api.read("Search Console", "POST", f"{google.url}/query", "t0ken-4711", body={"a": 1})
    assert "t0ken-4711" not in str(failed.value)
    return failed.value


def test_a_good_answer_is_its_json_and_the_token_went_along(google: Vendor) -> None:
    assert google_api.read("Search Console", "POST", f"{google.url}/query", "t0ken", body={"a": 1}) == {"rows": []}
    [request] = google.asked
    assert (request.headers["authorization"], request.body) == ("Bearer t0ken", {"a": 1})


@pytest.mark.parametrize(
    ("status", "body", "seconds"),
    [
        (403, old_form("rateLimitExceeded"), 60),
        (403, old_form("userRateLimitExceeded"), 60),
        (403, old_form("quotaExceeded"), 900),
        (429, new_form("RESOURCE_EXHAUSTED"), 900),
        (429, new_form("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), 60),
        (403, old_form("dailyLimitExceeded"), 21600),
        (429, {"error": {"code": 429}}, 60),
    ],
)  # fmt: skip
def test_limits_are_waited_for(google: Vendor, status: int, body: dict[str, Any], seconds: float) -> None:
    error = asked(google, (status, {}, body))

    assert (error.permanent, error.retry_after) == (False, seconds)


def test_what_google_says_about_waiting_goes_first(google: Vendor) -> None:
    assert asked(google, (429, {"Retry-After": "7"}, new_form("RESOURCE_EXHAUSTED"))).retry_after == 7


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, old_form("accessNotConfigured"), "not switched on"),
        (403, new_form("PERMISSION_DENIED", "SERVICE_DISABLED"), "not switched on"),
        (403, old_form("insufficientPermissions"), "tick every box"),
        (403, new_form("PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "tick every box"),
        (400, old_form("invalidParameter", "'rowLimit' is too large"), "'rowLimit' is too large"),
    ],
)  # fmt: skip
def test_what_needs_a_person(google: Vendor, status: int, body: dict[str, Any], words: str) -> None:
    error = asked(google, (status, {}, body))

    assert error.permanent
    assert words in str(error)
    assert not isinstance(error, google_api.NotAllowed)


def test_a_property_that_may_not_be_read_is_told_from_an_account_that_does_not_work(google: Vendor) -> None:
    error = asked(google, (403, {}, old_form("forbidden", "User does not have sufficient permission for site 'x'.")))

    assert isinstance(error, google_api.NotAllowed)
    assert "sufficient permission" in str(error)


def test_a_token_that_ended(google: Vendor) -> None:
    assert isinstance(asked(google, (401, {}, new_form("UNAUTHENTICATED"))), TokenRefused)


@pytest.mark.parametrize("body", [{"error": {"code": 503, "message": "backendError"}}, "<html>Bad gateway</html>"])
def test_trouble_at_google_passes(google: Vendor, body: Any) -> None:
    error = asked(google, (503, {}, body))

    assert (error.permanent, error.retry_after) == (False, None)


class Diary(GoogleSignIn):
    """Something of Google's that is signed in to."""

    key = "diary"
    label = "Diary"
    scopes: ClassVar[tuple[str, ...]] = ("https://www.googleapis.com/auth/diary.readonly",)


def test_one_client_serves_the_family_and_a_vendors_own_goes_first(settings: Any) -> None:
    settings.OAUTH_CLIENTS = {}
    assert not Diary.is_set_up()
    with pytest.raises(OAuthFailed, match="Diary is not set up"):
        Diary.client()

    settings.OAUTH_CLIENTS = {"google": CLIENT}
    assert Diary.is_set_up()
    assert Diary.client() == CLIENT

    own = {"id": "two", "secret": "its own"}
    settings.OAUTH_CLIENTS = {"google": CLIENT, "diary": own}
    assert Diary.client() == own


def test_a_box_left_unticked_on_googles_page_is_said_before_anything_is_asked() -> None:
    given = f"openid {Diary.scopes[0]}"
    assert Diary({}, {"access_token": "t", "scope": given}).access_token() == "t"
    with pytest.raises(ProviderError, match="tick every box"):
        Diary({}, {"access_token": "t", "scope": "openid"}).access_token()
    with pytest.raises(ProviderError, match="Sign in with Google first"):
        Diary({}, {}).access_token()
