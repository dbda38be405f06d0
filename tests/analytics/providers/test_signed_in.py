"""Google Ads is signed in to: its token is refreshed when it ends, and once more when it is refused all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Organization, User
from apps.analytics.delivery import signed_in
from apps.analytics.models import Destination
from apps.analytics.providers.base import destinations
from apps.core.models import Connection
from apps.core.oauth import AccessWithdrawn
from apps.core.providers import ProviderError
from apps.core.tenancy import tenant
from tests.analytics.providers.bench import BY_KEY, event, open_bench, payload
from tests.analytics.providers.judges import google
from tests.analytics.providers.servers import Answer, Asked, recorded
from tests.core import oauth_server
from tests.core.oauth_server import AuthorizationServer
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
BENCH = BY_KEY["google_ads"]


@pytest.fixture
def accounts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthorizationServer]:
    settings.OAUTH_CLIENTS = {"google_ads": oauth_server.CLIENT}
    with oauth_server.running() as found:
        monkeypatch.setattr(BENCH.vendor, "token_url", f"{found.url}/token")
        yield found


@pytest.fixture
def connection(organization: Organization, accounts: AuthorizationServer) -> Iterator[Connection]:
    """An account whose access token ended."""
    accounts.refresh["refresh-1"] = 1
    secrets = {"access_token": "old", "refresh_token": "refresh-1", "expires_at": 1.0}
    with tenant(organization.pk):
        yield Connection.objects.create(
            organization=organization, kind="destination", provider="google_ads", name="Ads", config=BENCH.config,
            secrets=secrets,
        )


def judge_of(accounts: AuthorizationServer) -> Any:
    """Google, which knows the tokens that were given out."""

    def judge(asked: Asked) -> Answer:
        token = asked.headers["authorization"].removeprefix("Bearer ")
        if token not in accounts.access:
            return recorded("google_ads", "bad_token")
        return google(Asked(asked.method, asked.path, asked.query,
                            {**asked.headers, "authorization": "Bearer t0ken-of-this/account+1"}, asked.raw))

    return judge


def test_a_token_that_ended_is_refreshed_first(
    accounts: AuthorizationServer, connection: Connection, settings: Any
) -> None:
    with open_bench(BENCH, settings) as (_, server):
        server.judge = judge_of(accounts)
        vendor = destinations.open(connection)

        report = signed_in.send(connection, vendor, [payload(vendor, event())])

    assert report.results[0].ok
    assert len(server.asked) == 1
    assert Connection.objects.get().secrets["access_token"] in accounts.access


def test_a_token_that_is_refused_is_refreshed_once(
    accounts: AuthorizationServer, connection: Connection, settings: Any
) -> None:
    connection.secrets = {"access_token": "revoked", "refresh_token": "refresh-1"}
    connection.save()
    with open_bench(BENCH, settings) as (_, server):
        server.judge = judge_of(accounts)
        vendor = destinations.open(connection)

        assert signed_in.send(connection, vendor, [payload(vendor, event())]).results[0].ok
        assert len(server.asked) == 2


def test_withdrawn_access_needs_a_person(accounts: AuthorizationServer, connection: Connection, settings: Any) -> None:
    accounts.revoke_everything()
    with open_bench(BENCH, settings) as (_, server):
        vendor = destinations.open(connection)

        with pytest.raises(AccessWithdrawn):
            signed_in.send(connection, vendor, [payload(vendor, event())])

        assert server.asked == []


def test_before_the_first_sign_in(connection: Connection, settings: Any) -> None:
    connection.secrets = {}
    with open_bench(BENCH, settings) as (_, server):
        vendor = destinations.open(connection)
        with pytest.raises(ProviderError, match="Sign in with Google first") as failed:
            signed_in.send(connection, vendor, [payload(vendor, event())])

        assert failed.value.permanent
        assert server.asked == []


def test_the_destinations_page_leads_to_google_and_back(
    accounts: AuthorizationServer, organization: Organization, alice: User, client_of: Any, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = SiteFactory(organization=organization)
    browser = client_of(alice)
    base = reverse("analytics:destinations", args=[organization.slug, site.script_id])
    monkeypatch.setattr(BENCH.vendor, "authorize_url", f"{accounts.url}/authorize")
    with open_bench(BENCH, settings) as (_, server):
        server.judge = judge_of(accounts)
        answers = {"name": "Ads", **BENCH.config}
        browser.post(f"{base}new/google_ads/", answers)
        with tenant(organization.pk):
            row = Destination.objects.get()
        page = browser.get(f"{base}{row.pk}/").content.decode()
        assert "Sign in to Google Ads" in page
        assert "Sign in with Google first" in page

        there = browser.post(
            f"/o/{organization.slug}/settings/connections/{row.connection_id}/sign-in/", {"next": f"{base}{row.pk}/"}
        )["Location"]
        back = browser.get("/connect/oauth/callback/", accounts.allow(str(there)))

        assert back["Location"] == f"{base}{row.pk}/"
        tried = browser.post(f"{base}{row.pk}/try/", {"event": "purchase"}).content.decode()

    with tenant(organization.pk):
        account = Connection.objects.get()
    assert (account.status, account.account) == ("ok", "123-456-7890")
    assert account.config == BENCH.config
    assert "Taken." in tried
    assert account.secrets["access_token"] not in tried
