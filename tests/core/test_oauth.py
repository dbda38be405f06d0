"""Connecting by signing in at the vendor, and tokens that stay fresh over many processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection as database

from apps.accounts.models import Organization
from apps.core import oauth, sync
from apps.core.connections import services
from apps.core.models import Connection
from apps.core.oauth import AccessWithdrawn, OAuthFailed
from apps.core.providers import ProviderError
from apps.core.sync import End
from apps.core.tenancy import every_tenant, tenant
from tests.core import oauth_server, teahouse
from tests.core.oauth_server import AuthorizationServer
from tests.core.teahouse import Guarded, stored

BACK = "http://localhost:8000/connect/oauth/callback/"


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthorizationServer]:
    settings.OAUTH_CLIENTS = {"guarded": oauth_server.CLIENT}
    with oauth_server.running() as found, teahouse.opened():
        monkeypatch.setattr(Guarded, "authorize_url", f"{found.url}/authorize")
        monkeypatch.setattr(Guarded, "token_url", f"{found.url}/token")
        monkeypatch.setattr(Guarded, "good", found.access)
        yield found


def begin(session: dict[str, Any], org: Organization, **options: Any) -> str:
    return oauth.begin(
        session, organization_id=org.id, kind="teahouse", provider=Guarded, name="Orders", redirect_uri=BACK, **options
    )


def connect(server: AuthorizationServer, org: Organization) -> Connection:
    session: dict[str, Any] = {}
    query = server.allow(begin(session, org))
    pending = oauth.claim(session, query["state"])
    with tenant(org.id):
        return services.connection_authorized(pending, oauth.exchange(pending, query["code"]))


def reread(row: Connection) -> Connection:
    with every_tenant():
        return Connection.objects.get(pk=row.pk)


def expire(row: Connection) -> Connection:
    with tenant(row.organization_id):
        row.secrets = {**row.secrets, "expires_at": time.time() - 1}
        row.save()
    return reread(row)


def test_the_way_to_the_vendor_carries_state_and_challenge(
    server: AuthorizationServer, organization: Organization
) -> None:
    session: dict[str, Any] = {}

    url = begin(session, organization)

    asked = dict(parse_qsl(urlsplit(url).query))
    assert url.startswith(f"{server.url}/authorize?")
    assert {key: asked[key] for key in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code", "client_id": "mainstay", "redirect_uri": BACK, "scope": "orders:read profile",
    }
    pending = session[oauth.SESSION_KEY][asked["state"]]
    assert 43 <= len(pending["verifier"]) <= 128
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert pending["verifier"] not in url


@pytest.mark.parametrize("client_auth", ["post", "basic"])
def test_a_code_becomes_encrypted_tokens(
    server: AuthorizationServer, organization: Organization, monkeypatch: pytest.MonkeyPatch, client_auth: str
) -> None:
    monkeypatch.setattr(Guarded, "client_auth", client_auth)

    row = reread(connect(server, organization))

    assert row.secrets["access_token"] in server.access
    assert row.secrets["expires_at"] == pytest.approx(time.time() + 3600, abs=5)
    assert (row.status, row.name, row.config) == ("new", "Orders", {})
    with every_tenant(), database.cursor() as cursor:
        cursor.execute("SELECT secrets, config::text FROM core_connection WHERE id = %s", [row.pk])
        assert not any(row.secrets["access_token"] in column for column in cursor.fetchone())


def test_a_state_is_good_once_in_its_own_session_and_for_ten_minutes(
    server: AuthorizationServer, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    session: dict[str, Any] = {}
    state = server.allow(begin(session, organization))["state"]

    with pytest.raises(OAuthFailed, match="not begun here"):
        oauth.claim({}, state)
    oauth.claim(session, state)
    with pytest.raises(OAuthFailed, match="finished already"):
        oauth.claim(session, state)
    late = server.allow(begin(session, organization))["state"]
    began = time.time()
    monkeypatch.setattr(oauth.time, "time", lambda: began + 601)
    with pytest.raises(OAuthFailed, match="took too long"):
        oauth.claim(session, late)


def test_only_a_few_sign_ins_wait_at_once(server: AuthorizationServer, organization: Organization) -> None:
    session: dict[str, Any] = {}
    for _ in range(9):
        begin(session, organization)

    assert len(session[oauth.SESSION_KEY]) == oauth.MOST_PENDING


def test_a_stolen_code_is_worth_nothing_without_the_verifier(
    server: AuthorizationServer, organization: Organization
) -> None:
    victim: dict[str, Any] = {}
    thief: dict[str, Any] = {}
    stolen = server.allow(begin(victim, organization))["code"]
    state = server.allow(begin(thief, organization))["state"]

    with pytest.raises(AccessWithdrawn):
        oauth.exchange(oauth.claim(thief, state), stolen)


def test_an_installation_without_a_client_says_so(
    server: AuthorizationServer, organization: Organization, settings: Any
) -> None:
    settings.OAUTH_CLIENTS = {}

    with pytest.raises(OAuthFailed, match="Guarded teahouse is not set up on this installation yet"):
        begin({}, organization)


def test_a_wrong_client_secret_is_permanent(
    server: AuthorizationServer, organization: Organization, settings: Any
) -> None:
    row = connect(server, organization)
    settings.OAUTH_CLIENTS = {"guarded": {"id": "mainstay", "secret": "wrong"}}

    words = "Guarded teahouse refused: invalid_client"
    with tenant(organization.id), pytest.raises(ProviderError, match=words) as refused:
        oauth.refresh(row, force=True)
    assert refused.value.permanent


def test_a_fresh_token_is_left_alone_and_a_stale_one_replaced(
    server: AuthorizationServer, organization: Organization
) -> None:
    row = connect(server, organization)
    with tenant(organization.id):
        oauth.ensure_fresh(row)
        assert len(server.requests) == 1
        row = expire(row)
        before = dict(row.secrets)
        oauth.ensure_fresh(row)

    assert row.secrets == reread(row).secrets
    assert row.secrets["access_token"] != before["access_token"]
    assert row.secrets["refresh_token"] != before["refresh_token"]
    assert row.secrets["scope"] == "orders:read profile", "what the answer leaves out stays as it was"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_token_endpoint_is_asked_again_later(
    server: AuthorizationServer, organization: Organization, status: int
) -> None:
    row = expire(connect(server, organization))
    server.broken_status = status

    with tenant(organization.id), pytest.raises(ProviderError) as busy:
        oauth.ensure_fresh(row)

    assert (busy.value.permanent, busy.value.retry_after) == (False, 7.0)
    server.broken_status = 0
    with tenant(organization.id):
        oauth.ensure_fresh(row)
    assert row.secrets["access_token"] in server.access


def test_withdrawn_access_needs_attention_and_signing_in_again_mends_it(
    server: AuthorizationServer, organization: Organization
) -> None:
    teahouse.make_table()
    row = expire(connect(server, organization))
    server.revoke_everything()

    with tenant(organization.id):
        assert sync.run(row.id) is End.FAILED
    broken = reread(row)
    assert (broken.status, broken.next_attempt_at) == ("error", None)
    assert broken.last_error == "Guarded teahouse no longer gives access. Connect it again."

    session: dict[str, Any] = {}
    query = server.allow(begin(session, organization, connection_id=row.pk))
    pending = oauth.claim(session, query["state"])
    with tenant(organization.id):
        again = services.connection_authorized(pending, oauth.exchange(pending, query["code"]))
        assert again.pk == row.pk
        assert sync.run(row.id) is End.DONE
    assert stored() == teahouse.ORDERS


def test_a_token_refused_before_its_time_is_refreshed_once(
    server: AuthorizationServer, organization: Organization
) -> None:
    teahouse.make_table()
    row = connect(server, organization)
    server.access.clear()

    with tenant(organization.id):
        assert sync.run(row.id) is End.DONE

    assert stored() == teahouse.ORDERS
    assert [form["grant_type"] for form in server.requests] == ["authorization_code", "refresh_token"]


def test_a_vendor_that_refuses_fresh_tokens_too_is_not_asked_for_ever(
    server: AuthorizationServer, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connect(server, organization)
    monkeypatch.setattr(Guarded, "good", set())

    with tenant(organization.id):
        assert sync.run(row.id) is End.FAILED

    assert len(server.requests) == 2
    assert reread(row).last_error == "The vendor did not accept the token."


@pytest.mark.django_db(transaction=True)
def test_many_processes_refresh_once(server: AuthorizationServer) -> None:
    org = Organization.objects.create(name="One", slug="one")
    row = expire(connect(server, org))
    server.slow_seconds = 0.2
    tokens: list[str] = []

    def work() -> None:
        with tenant(org.id):
            mine = Connection.objects.get(pk=row.pk)
            oauth.ensure_fresh(mine)
        tokens.append(mine.secrets["access_token"])
        database.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(tokens) == 6
    assert len(set(tokens)) == 1
    assert [form["grant_type"] for form in server.requests].count("refresh_token") == 1
    assert server.revoked == set()


@pytest.mark.django_db(transaction=True)
def test_a_refresh_inside_a_transaction_is_refused(server: AuthorizationServer) -> None:
    from django.db import transaction

    org = Organization.objects.create(name="One", slug="one")
    row = expire(connect(server, org))

    with tenant(org.id), transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        oauth.ensure_fresh(row)
