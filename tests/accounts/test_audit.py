"""The audit log: complete, masked, and only ever added to."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext, override

from apps.accounts.audit import MASK, audit
from apps.accounts.audit_words import sentence
from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Organization, User
from apps.core.tenancy import every_tenant, tenant
from tests.factories.accounts import ApiKeyFactory


def _write(organization: Organization, actor: User, action: str, at: datetime | None = None, name: str = "") -> Any:
    entry = AuditEntry(organization=organization, action=action, actor=actor, actor_name=actor.email, object_name=name)
    if at:
        entry.at = at
    with tenant(organization.id):
        entry.save()
    return entry


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET action = 'x'",
        "DELETE FROM accounts_auditentry",
    ],
)
def test_the_database_refuses_change(organization: Organization, alice: User, statement: str) -> None:
    _write(organization, alice, "key.created")
    with every_tenant():
        with pytest.raises(DatabaseError, match="only be added"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert AuditEntry.objects.get().action == "key.created"


def test_erasing_one_organization_does_not_open_anothers_log(organization, other_organization, alice) -> None:
    _write(organization, alice, "key.created")
    with every_tenant(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mainstay.erasing', %s, true)", [str(other_organization.id)])
        with pytest.raises(DatabaseError, match="only be added to"):
            cursor.execute("DELETE FROM accounts_auditentry")
        transaction.set_rollback(True)


def test_secrets_are_masked_at_any_depth(organization: Organization, alice: User) -> None:
    with tenant(organization.id):
        entry = audit(
            alice, "x.y",
            after={
                "name": "n", "password": "p", "client_secret": "s", "config": {"access_token": "t", "host": "h"},
                "list": [{"private_key": "k"}], "api_key": "",
            },
        )

    assert entry.after == {
        "name": "n", "password": MASK, "client_secret": MASK, "config": {"access_token": MASK, "host": "h"},
        "list": [{"private_key": MASK}], "api_key": "",
    }


def test_what_an_api_key_did_is_the_keys(organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization, name="Shop")
    with tenant(organization.id):
        entry = audit(key, "x.y")

    assert (entry.actor_id, entry.actor_name) == (None, f"Shop ({key.prefix}…)")


def test_people_who_are_gone_keep_their_name(organization: Organization, bob: User) -> None:
    _write(organization, bob, "key.created")
    with every_tenant():
        bob.delete()

    with tenant(organization.id):
        assert AuditEntry.objects.get().actor_name == "bob@example.com"


def test_filters(client_of, organization: Organization, alice: User, bob: User) -> None:
    late = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)  # the 2nd in Berlin
    _write(organization, alice, "key.created", late, "first-thing")
    _write(organization, bob, "key.revoked", datetime(2026, 11, 3, 12, 0, tzinfo=UTC), "second-thing")
    browser = client_of(alice)

    def seen(query: str) -> tuple[bool, bool]:
        page = browser.get(f"/o/bakery/settings/audit/?{query}").content.decode()
        return "first-thing" in page, "second-thing" in page

    assert seen("") == (True, True)
    assert seen("action=key.created") == (True, False)
    assert seen(f"actor={bob.pk}") == (False, True)
    assert seen("since=2026-11-02&until=2026-11-02") == (True, False)
    assert seen("until=2026-11-01") == (False, False)
    assert seen("q=SECOND") == (False, True)
    assert seen("actor=x&since=y&cursor=zzz") == (True, True)


def test_another_organizations_log_is_not_there(client_of, organization, other_organization, alice, charlie) -> None:
    _write(other_organization, charlie, "key.created", name="foreign-thing")

    assert "foreign-thing" not in client_of(alice).get("/o/bakery/settings/audit/").content.decode()


def test_pages_follow_each_other_without_gaps(client_of, organization: Organization, alice: User) -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC)
    for number in range(60):
        _write(organization, alice, "key.created", at, f"thing-{number:02}.")
    browser = client_of(alice)

    first = browser.get("/o/bakery/settings/audit/?action=key.created")
    second = browser.get("/o/bakery/settings/audit/" + first.context["next_href"])

    names = [line["entry"].object_name for response in (first, second) for line in response.context["lines"]]
    assert names == [f"thing-{number:02}." for number in reversed(range(60))]
    assert second.context["next_href"] == ""


def test_csv_is_in_the_organizations_zone_and_harmless(client_of, organization: Organization, alice: User) -> None:
    _write(organization, alice, "key.created", datetime(2026, 11, 3, 12, 0, tzinfo=UTC), '=HYPERLINK("http://evil")')

    response = client_of(alice).get("/o/bakery/settings/audit/csv/?action=key.created")

    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows[1][:6] == [
        "2026-11-03T13:00:00+01:00", "alice@example.com", "Made an API key", "", "", '\'=HYPERLINK("http://evil")',
    ]
    with tenant(organization.id):
        assert AuditEntry.objects.filter(action="audit.exported").count() == 1


def test_the_list_costs_the_same_for_many(client_of, organization, alice, django_assert_num_queries) -> None:
    browser = client_of(alice)
    _write(organization, alice, "key.created")
    browser.get("/o/bakery/settings/audit/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/o/bakery/settings/audit/")
    for _ in range(30):
        _write(organization, alice, "key.created")

    with django_assert_num_queries(len(one)):
        browser.get("/o/bakery/settings/audit/")


@pytest.mark.parametrize(("details", "kind", "words"), [
    ({"role": "manager"}, "", "role: Manager"),
    ({"role": "viewer", "is_active": False}, "membership", "role: Viewer, active: no"),
    ({"time_zone": "Asia/Kolkata", "week_start": ""}, "organization", "time zone: Asia/Kolkata"),
    ({"kind": "agency"}, "organization", "kind: Agency"),
    ({"settings": {"may_edit": True}, "domains": ["a.example", "b.example"]}, "site",
     "settings: (may edit: yes), domains: a.example + b.example"),
    ({"note": ""}, "", "note: –"),
])
def test_details_are_told_in_words(details: dict[str, Any], kind: str, words: str) -> None:
    assert sentence(details, kind) == words


def test_details_are_told_in_the_readers_language() -> None:
    with override("de"):
        assert sentence({"role": "viewer"}) == f"{gettext('role')}: {Role.VIEWER.label}" != "role: Viewer"
