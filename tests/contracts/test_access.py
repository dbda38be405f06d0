"""Every address × {anonymous, stranger, each role} answers what the table of rights says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Membership, Organization, User
from apps.accounts.roles import Reach, get_action
from apps.analytics.models import (
    Company,
    CrmEntry,
    Delivery,
    Destination,
    Funnel,
    Goal,
    Import,
    Segment,
    SharedLink,
    Site,
)
from apps.core.models import Connection
from apps.core.tenancy import tenant
from apps.metrics import registry
from tests.contracts.doors import Door, all_doors
from tests.factories.accounts import (
    AgencyFactory,
    ApiKeyFactory,
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)

DOORS = all_doors()
TENANT_DOORS = [door for door in DOORS if door.is_tenant]
BELOW_SITE = (("/goals/", "goal_id"), ("/funnels/", "funnel_id"), ("/segments/", "segment_id"),
              ("/sharing/", "link_id"), ("/shared-links/", "link_id"), ("/history/", "import_id"))
BACKEND = "django.contrib.auth.backends.ModelBackend"
NAMES_ROWS = {"client_id", "delivery", "entry_id", "id", "pk", "script_id", "site_id"}
MISSING = 9_999_999
# Answers 404 to people with the right too, until the organization is in the state it is about.
NEEDS_STATE = {
    "/o/{slug}/demo/remove/": "only in the demo",
    "/o/{slug}/monitoring/installation/": "only for those who run the installation",
}
# What anybody may open, and why.
PUBLIC = {
    "/": "leads to sign-in or home",
    "/api/v1/": "lists the doors",
    "/api/v1/openapi/": "describes the API",
    "/api/docs/": "describes the API to people",
    "/help/": "the guide",
    "/help/{page}/": "the guide",
    "/api/v1/auth/login/": "sign-in",
    "/api/v1/auth/refresh/": "sign-in",
    "/api/v1/auth/logout/": "sign-out",
    "/invitations/{token}/": "the token is the right",
    "/shared/{token}/": "the token is the right",
    "/shared/embed.js": "a script for pages that show a shared page in a frame",
    "/organizations/new/place/": "the usual time zone and currency of a country",
    "/media/logos/{name}": "pictures organizations show to their visitors; names cannot be guessed",
}
PUBLIC_PREFIXES = ("/accounts/", "/demo/", "/^demo/", "/offline", "/manifest", "/service-worker", "/sw.js", "/jsi18n")


@pytest.fixture
def house(db: None) -> dict[str, Any]:
    """An agency with one of everything that addresses name, and a person of every role."""
    organization = OrganizationFactory(slug="house", kind=OrganizationKind.AGENCY)
    people = {}
    for role in Role:
        people[role] = UserFactory(email=f"{role}@example.com")
        MembershipFactory(organization=organization, user=people[role], role=role)
    other = MembershipFactory(organization=organization, role=Role.VIEWER)
    client = OrganizationFactory(slug="house-client", agency=organization)
    with tenant(organization.pk):
        site = Site.objects.create(name="Shop", domains=["shop.example"])
        connection = Connection.objects.create(kind="notification_transport", provider="fake", name="Mail")
        account = Connection.objects.create(kind="destination", provider="slack", name="Slack")
        destination = Destination.objects.create(site=site, connection=account, name="Slack")
        delivery = Delivery.objects.create(destination=destination, event_id="e1", at=timezone.now())
        company = Company.objects.create(key="as:1", name="Acme", first_seen_at=timezone.now(),
                                         last_seen_at=timezone.now())
        entry = audit(None, "site.changed")
    values = {
        "slug": organization.slug,
        "member_id": other.pk,
        "invitation_id": InvitationFactory(organization=organization).pk,
        "key_id": ApiKeyFactory(organization=organization).pk,
        "client_id": client.pk,
        "entry_id": entry.pk,
        "script_id": site.script_id,
        "page": "team",
        "site_id": site.pk,
        "by": "page",
        "kind": "notification_transport",
        "provider": "smtp",
        "key": next((metric.key for metric in registry.all_metrics()), "none"),
        "destination_id": destination.pk,
        "company_id": company.pk, "crm_entry_id": _in_a_crm(company),
        **_followed(site),
        "delivery": delivery.pk,
        "pk": connection.pk,
        "id": connection.pk,
    }
    return {"organization": organization, "people": people, "values": values, "outsider": _outsider()}


def _in_a_crm(company: Company) -> int:
    with tenant(company.organization_id):
        crm = Connection.objects.create(kind="crm", provider="hubspot", name="HubSpot")
        return CrmEntry.objects.create(company=company, connection=crm).pk


def _followed(site: Site) -> dict[str, Any]:
    """One of everything that follows a site's visitors."""
    steps = [{"kind": "page", "match": "is", "value": path} for path in ("/", "/thanks")]
    with tenant(site.organization_id):
        segment = Segment.objects.create(site=site, name="Germany", filters=["country:is:DE"], is_shared=True)
        return {
            "goal_id": Goal.objects.create(site=site, name="Thanked", value="/thanks").pk,
            "funnel_id": Funnel.objects.create(site=site, name="To the thanks", steps=steps).pk,
            "segment_id": segment.pk,
            "link_id": SharedLink.objects.create(site=site, name="Partner", token_hash="0" * 64).pk,
            "import_id": Import.objects.create(site=site, kind="log", name="access.log", state="ready").pk,
        }


def _outsider() -> User:
    user = UserFactory(email="outsider@example.com")
    MembershipFactory(organization=AgencyFactory(slug="elsewhere"), user=user, role=Role.OWNER)
    return user


def browser(user: User | None = None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def ask(house: dict[str, Any]) -> Callable[..., Any]:
    """Ask at a door as somebody; whatever it changes is undone."""

    def asked(door: Door, method: str, user: User | None) -> Any:
        with transaction.atomic():
            extra = {"content_type": "application/json"} if door.is_api and method != "get" else {}
            response = getattr(browser(user), method)(address(door, house, user), **extra)
            if getattr(response, "streaming", False):
                list(response.streaming_content)
            transaction.set_rollback(True)
        return response

    return asked


def address(door: Door, house: dict[str, Any], user: User | None) -> str:
    values = dict(house["values"])
    if "/destinations/" in door.path:
        values["pk"], values["provider"] = values["destination_id"], "slack"
    if "/companies/" in door.path:
        values["pk"] = values["company_id"]
    if "/companies/crm/" in door.path or "/crm-entries/" in door.path:
        values["pk"] = values["crm_entry_id"]
    if "/notifications/" in door.path:
        values["pk"] = MISSING
    if "api-keys" in door.path or "/keys/" in door.path:
        values["pk"] = values["id"] = values["key_id"]
    named = (("/members/", "member_id"), ("/invitations/", "invitation_id"), ("/audit/", "entry_id"))
    for part, name in (*named, *BELOW_SITE):
        if part in door.path:
            values["pk"] = values[name]
    return door.at(**{name: values.get(name, MISSING) for name in door.parameters})


def test_addresses_of_organizations_say_what_right_they_need() -> None:
    silent = [door.path for door in TENANT_DOORS if set(door.methods) - set(door.rights) or not door.methods]

    assert [path for path in silent if path not in NEEDS_STATE] == []


@pytest.mark.parametrize("door", TENANT_DOORS, ids=str)
def test_strangers_and_the_unknown(door: Door, ask: Callable[..., Any], house: dict[str, Any]) -> None:
    for method in door.methods:
        anonymous = ask(door, method, None)
        if door.is_api:
            assert anonymous.status_code == 401, method
        else:
            assert (anonymous.status_code, anonymous["Location"].split("?")[0]) == (302, reverse("account_login"))
        assert ask(door, method, house["outsider"]).status_code == 404, method


@pytest.mark.parametrize("door", [door for door in TENANT_DOORS if door.path not in NEEDS_STATE], ids=str)
def test_roles(door: Door, ask: Callable[..., Any], house: dict[str, Any]) -> None:
    wrong = []
    for method, right in door.rights.items():
        for role, user in house["people"].items():
            status = ask(door, method, user).status_code
            if status not in expected(right, role, door):
                wrong.append(f"{method} as {role}: {status}, though {right} is {get_action(right).reach.get(role)}")
    assert wrong == []


def test_rows_of_another_organization_are_not_there(ask: Callable[..., Any], house: dict[str, Any]) -> None:
    """An owner who puts somebody else's ids into addresses of the own organization."""
    house["values"]["slug"] = "elsewhere"
    asked = [(door, method) for door in TENANT_DOORS if NAMES_ROWS & set(door.parameters) for method in door.methods]

    found = {f"{method} {door}": ask(door, method, house["outsider"]).status_code for door, method in asked}

    assert len(found) > 100
    assert {where: status for where, status in found.items() if status != 404} == {}


def expected(right: str, role: Role, door: Door) -> set[int]:
    reach = get_action(right).reach.get(role)
    good = {200, 201, 202, 204, 302, 304, 400, 409, 422}
    if reach is None:
        return {403}
    if len(door.parameters) == 1:
        return good
    if reach is Reach.ALL:
        return good | ({404} if door.path.endswith("/open/") else set())
    return good | {403, 404}  # not assigned to this person, not theirs


def outside() -> Iterator[Door]:
    for door in DOORS:
        if not (door.is_tenant or door.path.startswith(("/admin/", *PUBLIC_PREFIXES))):
            yield door


@pytest.mark.parametrize("door", list(outside()), ids=str)
def test_the_rest_is_for_people_who_signed_in(door: Door, db: None) -> None:
    response = browser().get(door.at(**dict.fromkeys(door.parameters, MISSING)))

    if door.path in PUBLIC:
        assert response.status_code in {200, 302, 404, 405, 410}
    elif response.status_code == 302:
        assert response["Location"].startswith((reverse("account_login"), reverse("admin:login")))
    else:
        assert response.status_code in {401, 403, 404, 405}


@pytest.mark.parametrize("door", [door for door in DOORS if door.path.startswith("/admin/")], ids=str)
def test_the_staff_area_is_for_staff(door: Door, db: None) -> None:
    path = door.at(**dict.fromkeys(door.parameters, MISSING))
    if path in {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}:
        return
    for user in (None, UserFactory()):
        response = browser(user).get(path)
        assert response.status_code in {302, 403, 404}
        if response.status_code == 302:
            assert "login" in response["Location"] or response["Location"].startswith("/admin/")


def test_a_role_taken_away_counts_at_once(organization: Organization, bob: User) -> None:
    client = browser(bob)
    assert client.get("/o/bakery/settings/").status_code == 200

    with tenant(organization.pk):
        Membership.objects.filter(user=bob).update(is_active=False)

    assert client.get("/o/bakery/settings/").status_code == 404
