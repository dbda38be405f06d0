"""Connecting Salesforce by signing in there: by the right door, and to the place it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.models import Connection
from apps.core.tenancy import every_tenant
from tests.analytics.crm.servers import SalesforceOffice, opened
from tests.core import oauth_server
from tests.core.oauth_server import AuthorizationServer

NEW = "/o/bakery/settings/connections/new/crm/salesforce/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def door(settings: Any) -> Iterator[AuthorizationServer]:
    """The sandbox's door; the other one is a wall."""
    settings.OAUTH_CLIENTS = {"salesforce": oauth_server.CLIENT}
    with oauth_server.running() as found:
        settings.SALESFORCE_SANDBOX_URL = found.url
        settings.SALESFORCE_LOGIN_URL = "http://127.0.0.1:9"
        yield found


def test_a_sandbox_is_connected_and_used_where_it_lives(
    door: AuthorizationServer, client_of: Callable[[User], Client], alice: User, settings: Any,
) -> None:
    settings.SALESFORCE_API_VERSION = "v62.0"
    browser = client_of(alice)
    with opened(SalesforceOffice("Mainstay_Id__c")) as office:
        give = door.token

        def with_place(form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
            status, body = give(form, authorization)
            office.token = str(body.get("access_token"))
            body.pop("expires_in", None)
            return status, body | {"instance_url": office.url, "id": "https://login.example/id/1", "signature": "x"}

        door.token = with_place  # type: ignore[method-assign]
        there = str(browser.post(NEW, {"name": "Sales", "place": "sandbox"})["Location"])
        assert there.startswith(f"{door.url}/services/oauth2/authorize?")
        assert "scope=api+refresh_token" in there
        browser.get("/connect/oauth/callback/", door.allow(there))

        with every_tenant():
            row = Connection.objects.get()
        assert (row.kind, row.status, row.account) == ("crm", "ok", office.url.removeprefix("http://"))
        assert row.config == {"place": "sandbox", "send_hot": False}
        assert row.secrets["instance_url"] == office.url
        assert "signature" not in row.secrets
        again = browser.post(f"/o/bakery/settings/connections/{row.pk}/sign-in/")
        assert str(again["Location"]).startswith(f"{door.url}/services/oauth2/authorize?")
        page = browser.get(f"/o/bakery/settings/connections/{row.pk}/").content.decode()
        assert row.secrets["access_token"] not in page
        assert "Send hot companies by themselves" in page
