"""Who calls: keys, tokens, and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, ApiKeyUsage, Organization, User
from apps.accounts.tenant_api.usage import write_counts
from apps.core.models import Connection
from apps.core.tenancy import tenant

Caller = Callable[..., APIClient]
MakeKey = Callable[..., str]
NARROW = "/api/v1/organizations/bakery/test/narrow/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_key_reads_its_own_organization_only(
    doors: str, api: Caller, make_key: MakeKey, organization: Organization, other_organization: Organization,
    connections: list[Connection],
) -> None:  # fmt: skip
    own, foreign = make_key(organization, "read"), make_key(other_organization, "read")

    assert len(api(key=own).get(doors).json()["results"]) == 7
    assert api(key=foreign).get(doors).status_code == 404


def test_scopes_narrow_the_key(doors: str, api: Caller, make_key: MakeKey, organization: Organization) -> None:
    body = {"name": "Mail", "kind": "mail", "provider": "fake"}

    assert api(key=make_key(organization, "read")).post(doors, body).status_code == 403
    assert api(key=make_key(organization, "write")).post(doors, body).status_code == 201
    assert api(key=make_key(organization, "track")).get(doors).status_code == 403


def test_a_members_key_can_do_no_more_than_the_member(
    doors: str, api: Caller, make_key: MakeKey, organization: Organization, bob: User
) -> None:
    key = make_key(organization, "write", user=bob)

    assert api(key=key).get(NARROW).json() == {"organization": "bakery", "actor": "bob@example.com"}
    assert api(key=key).post(doors, {"name": "x"}).status_code == 403


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}])
def test_dead_keys(
    doors: str, api: Caller, make_key: MakeKey, organization: Organization, change: dict[str, Any]
) -> None:
    assert api(key=make_key(organization, "read", **change)).get(doors).status_code == 401


def test_unknown_key(doors: str, api: Caller, organization: Organization) -> None:
    assert api(key="msk_nonsense").get(doors).status_code == 401


def test_use_is_counted(doors: str, api: Caller, make_key: MakeKey, organization: Organization) -> None:
    caller = api(key=make_key(organization, "read"))
    for _ in range(3):
        caller.get(doors)

    write_counts()

    with tenant(organization.pk):
        assert [row.calls for row in ApiKeyUsage.objects.all()] == [3]
        assert ApiKey.objects.get().last_used_at is not None
    write_counts()
    with tenant(organization.pk):
        assert ApiKeyUsage.objects.get().calls == 3


def login(caller: APIClient, user: User, **more: str) -> Any:
    user.set_password("correct horse battery")
    user.save()
    return caller.post("/api/v1/auth/login/", {"email": user.email, "password": "correct horse battery", **more})


def test_token(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    tokens = login(api(), alice).json()

    assert set(tokens) == {"access", "refresh"}
    assert len(api(token=tokens["access"]).get(doors).json()["results"]) == 7
    assert api(token=tokens["access"] + "x").get(doors).status_code == 401
    assert api(token=tokens["refresh"]).get(doors).status_code == 401


def test_wrong_password(api: Caller, alice: User) -> None:
    response = api().post("/api/v1/auth/login/", {"email": alice.email, "password": "wrong"})

    assert response.status_code == 401
    assert response.json()["type"] == "urn:mainstay:problem:not-authenticated"


def test_second_factor(api: Caller, alice: User) -> None:
    TOTP.activate(alice, SECRET)
    code = format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))

    without = login(api(), alice)
    wrong = login(api(), alice, code="000000")
    right = login(api(), alice, code=code)

    assert without.json()["type"] == "urn:mainstay:problem:second-factor-required"
    assert (without.status_code, wrong.status_code, right.status_code) == (401, 401, 200)


def test_recovery_code_works_once(api: Caller, alice: User) -> None:
    TOTP.activate(alice, SECRET)
    code = RecoveryCodes.activate(alice).get_unused_codes()[0]

    assert login(api(), alice, code=code).status_code == 200
    assert login(api(), alice, code=code).status_code == 401


def test_refresh_rotates(api: Caller, alice: User) -> None:
    tokens = login(api(), alice).json()

    fresh = api().post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]})
    spent = api().post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]})

    assert fresh.status_code == 200
    assert fresh.json()["refresh"] != tokens["refresh"]
    assert spent.status_code == 401


def test_sign_out_ends_the_refresh_token(api: Caller, alice: User) -> None:
    tokens = login(api(), alice).json()

    assert api().post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]}).status_code == 204
    assert api().post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]}).status_code == 401
    assert api().post("/api/v1/auth/logout/", {"refresh": "nonsense"}).status_code == 204


def test_a_new_password_ends_all_tokens(doors: str, api: Caller, alice: User) -> None:
    tokens = login(api(), alice).json()
    alice.set_password("another horse battery")
    alice.save()

    assert api(token=tokens["access"]).get(doors).status_code == 401
    assert api().post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]}).status_code == 401


def test_guessing_is_stopped_whoever_guesses(api: Caller, alice: User) -> None:
    tries = [
        api().post(
            "/api/v1/auth/login/", {"email": "Alice@example.com", "password": "wrong"}, REMOTE_ADDR=f"10.0.0.{n}"
        ).status_code
        for n in range(12)
    ]  # fmt: skip

    assert tries == [401] * 10 + [429] * 2
    assert login(api(), alice).status_code == 429


def test_a_route_has_its_own_limit(doors: str, api: Caller, alice: User) -> None:
    caller = api(alice)
    answers = [caller.get(NARROW) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "2"
    assert 0 < int(answers[2]["Retry-After"]) <= 61
    assert answers[2].json()["type"] == "urn:mainstay:problem:too-many-requests"


def test_failed_sign_ins_are_counted_for_their_address(doors: str, api: Caller, settings: Any, db: None) -> None:
    settings.API_RATES = {**settings.API_RATES, "ip": "2/m"}

    assert [api(key="msk_x").get(doors).status_code for _ in range(3)] == [401, 401, 429]
    assert api(key="msk_x").get(doors, REMOTE_ADDR="10.1.1.1").status_code == 401


def test_limits_let_through_without_redis(doors: str, api: Caller, alice: User, settings: Any) -> None:
    from apps.core.cache import breaker

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    breaker.reset()
    caller = api(alice)

    answers = [caller.get(NARROW) for _ in range(3)]

    breaker.reset()
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit-Limit" not in answers[0]
