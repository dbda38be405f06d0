"""Access is given back at the vendor when the last connection goes that uses it: later, again and again, and never
before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.accounts.services.organizations import organization_erase
from apps.core import oauth
from apps.core.connections.services import connection_authorized, connection_remove
from apps.core.models import Connection, Revocation
from apps.core.providers import kinds
from apps.core.revocation import GIVE_UP, revoke_due
from apps.core.tenancy import every_tenant, tenant
from tests.core import oauth_server
from tests.core.oauth_server import AuthorizationServer
from tests.factories.accounts import OrganizationFactory

pytestmark = pytest.mark.django_db
SEARCHES, PAST = ("search_console", "google_search_console"), ("analytics_past", "google_analytics_past")
START = "2026-11-20 12:00:00+00:00"


@pytest.fixture
def google(settings: Any, monkeypatch: pytest.MonkeyPatch, time_machine: Any) -> Iterator[AuthorizationServer]:
    """Google's sign-in on this machine."""
    time_machine.move_to(START, tick=False)
    settings.OAUTH_CLIENTS = {"google": oauth_server.CLIENT}
    with oauth_server.running() as found:
        for kind, key in (SEARCHES, PAST):
            for name in ("authorize", "token", "revoke"):
                monkeypatch.setattr(kinds[kind].get(key), f"{name}_url", f"{found.url}/{name}")
        yield found


def signed_in(
    google: AuthorizationServer, organization: Organization, kind: str = SEARCHES[0], key: str = SEARCHES[1],
    person: str = "1001", again: Connection | None = None,
) -> Connection:
    """A connection after the whole way through the sign-in."""
    google.person = person
    session: dict[str, Any] = {}
    url = oauth.begin(
        session, organization_id=organization.pk, kind=kind, provider=kinds[kind].get(key), name="Google",
        redirect_uri="https://here.example/back", connection_id=again.pk if again else None,
    )
    back = google.allow(url)
    pending = oauth.claim(session, back["state"])
    with tenant(organization.pk):
        return connection_authorized(pending, oauth.exchange(pending, back["code"]))


def removed(connection: Connection) -> None:
    with tenant(connection.organization_id):
        connection_remove(connection)


def asked(google: AuthorizationServer) -> int:
    return sum("token" in form for form in google.requests)


def test_the_last_connection_of_an_account_gives_its_access_back(
    google: AuthorizationServer, organization: Organization
) -> None:
    row = signed_in(google, organization)
    assert row.secrets["grant"] == "1001"
    assert "id_token" not in row.secrets

    removed(row)
    assert google.taken_back == []  # nobody waits for the vendor
    assert revoke_due() == 1

    assert (google.taken_back, google.access) == (["1001"], set())
    assert not Revocation.objects.exists()
    assert revoke_due() == 0


def test_what_the_same_account_still_does_elsewhere_goes_on(
    google: AuthorizationServer, organization: Organization, other_organization: Organization
) -> None:
    first, second = signed_in(google, organization), signed_in(google, other_organization, *PAST)

    removed(first)
    assert revoke_due() == 1
    assert (google.taken_back, asked(google)) == ([], 0)
    assert second.secrets["access_token"] in google.access

    removed(second)
    revoke_due()
    assert google.taken_back == ["1001"]


def test_other_accounts_do_not_keep_it(
    google: AuthorizationServer, organization: Organization, other_organization: Organization
) -> None:
    mine, theirs = signed_in(google, organization), signed_in(google, other_organization, person="2002")

    removed(mine)
    revoke_due()

    assert google.taken_back == ["1001"]
    assert theirs.secrets["access_token"] in google.access


def test_an_account_that_is_not_known_is_taken_to_be_the_same(
    google: AuthorizationServer, organization: Organization, other_organization: Organization
) -> None:
    mine, old = signed_in(google, organization), signed_in(google, other_organization, person="2002")
    with every_tenant():
        secrets = {name: value for name, value in old.secrets.items() if name != "grant"}
        Connection.objects.filter(pk=old.pk).update(secrets=secrets)

    removed(mine)
    assert revoke_due() == 1
    assert asked(google) == 0

    with every_tenant():
        removed(Connection.objects.get(pk=old.pk))
    revoke_due()
    assert google.taken_back == ["2002"]  # nobody else is left


def test_access_that_was_withdrawn_already_is_no_trouble(
    google: AuthorizationServer, organization: Organization
) -> None:
    row = signed_in(google, organization)
    google.revoke_everything()

    removed(row)

    assert revoke_due() == 1
    assert asked(google) == 1
    assert not Revocation.objects.exists()


def test_a_vendor_that_is_down_is_asked_again_and_again(
    google: AuthorizationServer, organization: Organization, time_machine: Any
) -> None:
    google.broken_status = 0
    removed(signed_in(google, organization))
    google.broken_status = 503
    assert (revoke_due(), revoke_due(), asked(google)) == (0, 0, 1)
    waits = []
    for _ in range(3):
        row = Revocation.objects.get()
        waits.append((row.next_attempt_at - row.created_at).total_seconds())
        time_machine.move_to(row.next_attempt_at)
        revoke_due()

    assert waits == [60, 180, 420]  # one minute, two, four
    google.broken_status = 0
    time_machine.move_to(Revocation.objects.get().next_attempt_at)
    assert revoke_due() == 1
    assert google.taken_back == ["1001"]


def test_in_the_end_it_is_given_up(google: AuthorizationServer, organization: Organization, time_machine: Any) -> None:
    removed(signed_in(google, organization))
    google.broken_status = 503
    time_machine.shift(GIVE_UP.total_seconds() + 1)

    assert revoke_due() == 1
    assert not Revocation.objects.exists()


def test_signing_in_meanwhile_keeps_the_access(
    google: AuthorizationServer, organization: Organization
) -> None:
    removed(signed_in(google, organization))
    again = signed_in(google, organization)

    revoke_due()

    assert google.taken_back == []
    assert again.secrets["access_token"] in google.access


def test_signing_in_with_another_account_gives_the_first_back(
    google: AuthorizationServer, organization: Organization
) -> None:
    row = signed_in(google, organization)
    row = signed_in(google, organization, again=row)
    assert not Revocation.objects.exists()  # the same account

    row = signed_in(google, organization, person="2002", again=row)
    revoke_due()

    assert google.taken_back == ["1001"]
    assert (row.secrets["grant"], row.secrets["access_token"] in google.access) == ("2002", True)


def test_an_organization_that_is_erased_leaves_no_access_behind(google: AuthorizationServer) -> None:
    gone = OrganizationFactory()
    signed_in(google, gone)

    organization_erase(organization=gone)
    revoke_due()

    assert google.taken_back == ["1001"]


def test_tokens_wait_encrypted(google: AuthorizationServer, organization: Organization) -> None:
    from django.db import connection as database

    row = signed_in(google, organization)
    removed(row)

    with database.cursor() as cursor:
        cursor.execute("SELECT secrets FROM core_revocation")
        assert row.secrets["refresh_token"] not in cursor.fetchone()[0]


def test_nothing_is_noted_where_nobody_signed_in(google: AuthorizationServer, organization: Organization) -> None:
    with tenant(organization.pk):
        connection_remove(Connection.objects.create(kind=SEARCHES[0], provider=SEARCHES[1], name="Google"))
        connection_remove(Connection.objects.create(
            kind="crm", provider="salesforce", name="Salesforce", secrets={"access_token": "a"}
        ))

    assert not Revocation.objects.exists()
