"""An organization's settings."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from PIL import Image

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import AuditEntry, Membership, Organization, User
from apps.accounts.services.organizations import free_slug, organization_create, organization_erase
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant

GENERAL = {
    "name": "Alice's Bakery", "slug": "bakery", "industry": "retail", "country": "DE",
    "time_zone": "Europe/Berlin", "currency": "EUR",
}


def _png(size: tuple[int, int] = (800, 400)) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, "#336699").save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue(), content_type="image/png")


def test_saving_changes_audits_only_what_changed(client_of, alice: User, organization: Organization) -> None:
    response = client_of(alice).post("/o/bakery/settings/", {**GENERAL, "name": "Brot & Butter", "currency": "CHF"})

    organization.refresh_from_db()
    assert response.url == "/o/bakery/settings/"
    assert (organization.name, organization.currency, organization.industry) == ("Brot & Butter", "CHF", "retail")
    with tenant(organization.id):
        entry = AuditEntry.objects.get()
        events = list(OutboxEvent.objects.values_list("name", flat=True))
    assert entry.before == {"name": "Alice's Bakery", "currency": "EUR", "industry": ""}
    assert entry.after == {"name": "Brot & Butter", "currency": "CHF", "industry": "retail"}
    assert entry.ip == "127.0.0.1"
    assert events == ["accounts.currency_changed"]


def test_a_new_time_zone_is_told(client_of, alice: User, organization: Organization) -> None:
    client_of(alice).post("/o/bakery/settings/", {**GENERAL, "time_zone": "america/new york"})
    client_of(alice).post("/o/bakery/settings/", {**GENERAL, "time_zone": "America/New York"})

    with tenant(organization.id):
        event = OutboxEvent.objects.get(name="accounts.time_zone_changed")
    assert (event.payload["before"], event.payload["after"]) == ("Europe/Berlin", "America/New_York")


def test_an_old_address_leads_to_the_new_one_for_members_only(client_of, alice, charlie, organization) -> None:
    browser = client_of(alice)
    assert browser.post("/o/bakery/settings/", {**GENERAL, "slug": "Brot"}).url == "/o/brot/settings/"

    assert browser.get("/o/bakery/settings/team/?a=b").url == "/o/brot/settings/team/?a=b"
    assert browser.post("/o/bakery/settings/team/").status_code == 307
    assert client_of(charlie).get("/o/bakery/settings/").status_code == 404
    assert free_slug("Bakery") == "bakery-2"


def test_another_may_not_take_an_old_address_but_its_owner_may_return(client_of, alice, charlie, organization) -> None:
    browser = client_of(alice)
    browser.post("/o/bakery/settings/", {**GENERAL, "slug": "brot"})

    taken = client_of(charlie).post("/o/garage/settings/", {**GENERAL, "name": "G", "slug": "bakery"})
    assert taken.status_code == 422
    assert "This address is taken" in taken.content.decode()
    assert browser.post("/o/brot/settings/", GENERAL).url == "/o/bakery/settings/"
    assert browser.get("/o/brot/settings/").url == "/o/bakery/settings/"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("time_zone", "Berlin", "Please choose a zone from the list"),
        ("currency", "XXX", "Select a valid choice"),
        ("country", "ZZ", "Select a valid choice"),
        ("name", "", "This field is required"),
        ("slug", "a b", "valid"),
    ],
)
def test_nonsense_is_said_at_the_field(client_of, alice, organization, field: str, value: str, words: str) -> None:
    response = client_of(alice).post("/o/bakery/settings/", {**GENERAL, field: value})

    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_manager_reads_but_does_not_change(client_of, bob: User, organization: Organization) -> None:
    assert client_of(bob).post("/o/bakery/settings/", {**GENERAL, "name": "Mine"}).status_code == 403


def test_a_logo_is_drawn_anew_small_and_served(client_of, alice: User, organization: Organization, client) -> None:
    client_of(alice).post("/o/bakery/settings/brand/", {"logo": _png(), "accent": ""})

    organization.refresh_from_db()
    response = client.get(organization.logo.url)
    picture = Image.open(BytesIO(b"".join(response.streaming_content)))
    assert (picture.format, picture.size) == ("PNG", (512, 256))
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_removing_the_logo(client_of, alice, organization, django_capture_on_commit_callbacks, client) -> None:
    client_of(alice).post("/o/bakery/settings/brand/", {"logo": _png(), "accent": ""})
    organization.refresh_from_db()
    url = organization.logo.url
    with django_capture_on_commit_callbacks(execute=True):
        client_of(alice).post("/o/bakery/settings/brand/", {"remove_logo": "on", "accent": ""})

    organization.refresh_from_db()
    assert not organization.logo
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (SimpleUploadedFile("x.png", b"<svg onload=alert(1)>"), "Please choose a picture"),
        (SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100), "picture"),
        (SimpleUploadedFile("x.png", b"0" * (2 * 1024 * 1024 + 1)), "larger than 2 MB"),
    ],
)
def test_what_is_no_picture_is_refused(client_of, alice, organization, upload, words: str) -> None:
    upload.seek(0)
    response = client_of(alice).post("/o/bakery/settings/brand/", {"logo": upload, "accent": ""})

    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_picture_with_too_many_pixels_is_refused(client_of, alice, organization) -> None:
    response = client_of(alice).post("/o/bakery/settings/brand/", {"logo": _png((4001, 10)), "accent": ""})

    assert "larger than 4,000 pixels" in response.content.decode()


def test_the_accent_becomes_a_stylesheet(client_of, alice: User, organization: Organization) -> None:
    browser = client_of(alice)
    browser.post("/o/bakery/settings/brand/", {"accent": "#FFDD00"})

    css = browser.get("/o/bakery/accent.css")
    assert css.headers["Content-Type"] == "text/css"
    assert "--accent: #ffdd00" in css.content.decode()  # readable on dark as it is
    assert css.content.decode().count("--accent:") == 3
    assert "--accent: #ffdd00" not in css.content.decode().split("\n")[0]
    assert "accent.css?v=ffdd00" in browser.get("/o/bakery/settings/").content.decode()


def test_creating_makes_its_maker_the_owner(charlie: User) -> None:
    found = organization_create(user=charlie, name="Über Café", time_zone="Europe/Vienna", currency="EUR", country="AT")

    charlie.refresh_from_db()
    assert found.slug == "uber-cafe"
    assert charlie.last_organization == found
    with tenant(found.id):
        assert Membership.objects.get().role == Role.OWNER
        assert OutboxEvent.objects.get().name == "accounts.organization_created"


def test_an_agency_with_clients_stays_one(client_of, agency) -> None:
    same = {**GENERAL, "name": "S", "slug": "studio-north"}
    response = client_of(agency.owner).post("/o/studio-north/settings/", same)

    assert response.status_code == 422
    assert "Let your clients go first" in response.content.decode()
    agency.organization.refresh_from_db()
    assert agency.organization.kind == OrganizationKind.AGENCY


def test_erasing_takes_everything_and_only_this_organization(
    alice, charlie, organization, other_organization, client_of
) -> None:
    client_of(alice).post("/o/bakery/settings/", {**GENERAL, "name": "X"})
    client_of(charlie).post("/o/garage/settings/", {**GENERAL, "slug": "garage", "name": "Y"})

    organization_erase(organization=Organization.objects.get(slug="bakery"))

    assert not Organization.objects.filter(slug="bakery").exists()
    with tenant(other_organization.id):
        assert AuditEntry.objects.count() == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.all().delete()
