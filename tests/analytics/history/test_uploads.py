"""Uploads in pieces: every byte once and in order, whoever may, as much as there is room for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, User
from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.services import import_upload as uploads
from apps.analytics.services.import_files import import_files_sweep
from apps.analytics.services.imports import import_look
from apps.core.models import OutboxEvent
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.history.test_imports import log
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory

FACTS = {"kind": "log", "name": "access.log", "changed": "1700000000000"}


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path / "not made yet")
    return SiteFactory(domains=["site.example"])


@pytest.fixture
def browser(shop: Site, client_of: Callable[[User], Client]) -> Client:
    return client_of(member(shop, Role.OWNER))


def member(site: Site, role: Role) -> User:
    user = UserFactory()
    MembershipFactory(organization=site.organization, user=user, role=role)
    return user


def begin(browser: Client, site: Site, size: int, **changes: str) -> Any:
    path = f"/o/{site.organization.slug}/traffic/{site.script_id}/history/upload/"
    return browser.post(path, FACTS | {"size": str(size)} | changes)


def add(browser: Client, begun: Any, at: int, piece: bytes) -> Any:
    return browser.post(f"{begun['pieces']}?at={at}", piece, content_type="application/octet-stream")


def the_import(site: Site) -> Import:
    with every_tenant():
        return Import.objects.get(site=site)


def test_pieces_become_the_file(shop: Site, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.analytics.views.import_upload.PIECE_BYTES", 400)
    whole = log()
    begun = begin(browser, shop, len(whole)).json()
    told = []
    for at in range(0, len(whole), 400):
        state = the_import(shop).state
        told.append((state, add(browser, begun, at, whole[at : at + 400]).json()["at"]))
    row = the_import(shop)

    assert (begun["at"], begun["piece"]) == (0, 400)
    assert told[0] == (ImportState.UPLOADING, 400)
    assert told[-1] == (ImportState.UPLOADING, len(whole))
    assert (row.state, row.size, Path(row.file.path).read_bytes()) == (ImportState.CHECKING, len(whole), whole)
    assert begun["page"] == f"/o/{shop.organization.slug}/traffic/{shop.script_id}/history/{row.pk}/"
    with every_tenant():
        assert [event.payload["import_id"] for event in OutboxEvent.objects.filter(name="analytics.import_uploaded")] \
            == [row.pk]
        assert AuditEntry.objects.filter(action="import.uploaded").count() == 1
    with tenant(shop.organization_id):
        assert import_look(row=row) == ImportState.READY


@pytest.mark.parametrize(("at", "piece"), [
    (0, b"56789"),  # its answer was lost, so it comes again
    (9, b"9"),
    (5, b"567890"),  # more than was said
    (5, b""),
])
def test_a_piece_that_does_not_fit_on_says_where_to_go_on(shop: Site, browser: Client, at: int, piece: bytes) -> None:
    begun = begin(browser, shop, 10).json()
    add(browser, begun, 0, b"01234")
    odd = add(browser, begun, at, piece)

    assert (odd.status_code, odd.json()) == (409, {"at": 5})
    assert add(browser, begun, 5, b"56789").json() == {"at": 10}
    assert Path(the_import(shop).file.path).read_bytes() == b"0123456789"


def test_what_was_written_and_not_committed_is_written_over(shop: Site, browser: Client) -> None:
    begun = begin(browser, shop, 10).json()
    add(browser, begun, 0, b"01234")
    with Path(the_import(shop).file.path).open("ab") as half:
        half.write(b"xxxxxxxxxxxx")
    add(browser, begun, 5, b"56789")

    assert Path(the_import(shop).file.path).read_bytes() == b"0123456789"


def test_an_upload_that_broke_off_goes_on_with_the_same_file_of_the_same_person(
    shop: Site, browser: Client, client_of: Callable[[User], Client]
) -> None:
    begun = begin(browser, shop, 10).json()
    add(browser, begun, 0, b"0123")
    again, other = begin(browser, shop, 10).json(), begin(browser, shop, 10, changed="1700000000001").json()
    colleague = begin(client_of(member(shop, Role.ADMIN)), shop, 10).json()

    assert (again["at"], again["pieces"]) == (4, begun["pieces"])
    assert (other["at"], colleague["at"]) == (0, 0)
    assert len({begun["pieces"], other["pieces"], colleague["pieces"]}) == 3


def test_nobody_adds_to_what_is_whole_or_another_s(
    shop: Site, browser: Client, client_of: Callable[[User], Client]
) -> None:
    begun = begin(browser, shop, 5).json()
    strange = SiteFactory(organization=OrganizationFactory())
    owner, viewer = client_of(member(strange, Role.OWNER)), client_of(member(shop, Role.VIEWER))
    moved = begun["pieces"].replace(shop.script_id, strange.script_id).replace(
        f"/{shop.organization.slug}/", f"/{strange.organization.slug}/"
    )

    assert add(owner, begun, 0, b"01234").status_code == 404
    assert add(owner, {"pieces": moved}, 0, b"01234").status_code == 404
    assert add(viewer, begun, 0, b"01234").status_code == 403
    assert add(Client(), begun, 0, b"01234").status_code == 302
    assert add(browser, begun, 0, b"01234").status_code == 200
    done = add(browser, begun, 5, b"5")
    assert (done.status_code, "moved on" in done.json()["error"]) == (422, True)


def test_a_piece_needs_the_token_of_the_page(shop: Site) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member(shop, Role.OWNER), backend="django.contrib.auth.backends.ModelBackend")
    token = "a" * 32
    strict.cookies["csrftoken"] = token
    headers = {"X-CSRFToken": token}
    path = f"/o/{shop.organization.slug}/traffic/{shop.script_id}/history/upload/"
    begun = strict.post(path, FACTS | {"size": "5"}, headers=headers).json()
    send = {"data": b"01234", "content_type": "application/octet-stream"}

    assert strict.post(f"{begun['pieces']}?at=0", **send).status_code == 403
    assert strict.post(f"{begun['pieces']}?at=0", headers=headers, **send).json() == {"at": 5}


@pytest.mark.parametrize(("facts", "words"), [
    ({"size": "0"}, "This file is empty."),
    ({"size": str(2048 * 1024**2 + 1)}, "This file is larger than 2.0\xa0GB. Pack it with gzip, or split it."),
    ({"size": "9" * 30}, "This file is larger than 2.0\xa0GB. Pack it with gzip, or split it."),
    ({"kind": "diary"}, "Select a valid choice. diary is not one of the available choices."),
    ({"name": ""}, "This field is required."),
])
def test_what_cannot_be_taken_is_told_before_anything_is_sent(
    shop: Site, browser: Client, facts: dict[str, str], words: str
) -> None:
    answer = begin(browser, shop, **({"size": 10} | facts))  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()) == (422, {"error": words})
    with every_tenant():
        assert Import.objects.count() == 0


def test_an_organization_has_a_share_of_the_disk(shop: Site, settings: Any) -> None:
    settings.IMPORT_MOST_MB = 1
    facts = {"actor": None, "kind": ImportKind.ACCESS_LOG, "changed": 1}
    with tenant(shop.organization_id):
        for number in range(5):
            uploads.upload_begin(site=SiteFactory(organization=shop.organization), name=f"{number}", size=1024**2,
                                 **facts)
        with pytest.raises(ValidationError, match="Too many files are waiting"):
            uploads.upload_begin(site=shop, name="6", size=1, **facts)
    other = SiteFactory(organization=OrganizationFactory())
    with tenant(other.organization_id):
        assert uploads.upload_begin(site=other, name="1", size=1024**2, **facts).state == ImportState.UPLOADING


def test_some_of_the_disk_stays_free(shop: Site, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin(browser, shop, 10).json()
    free = shutil.disk_usage("/")._replace(free=uploads.SPARE_BYTES + 4)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _folder: free)

    assert add(browser, begun, 0, b"0123").status_code == 200
    assert "no room left" in add(browser, begun, 4, b"45678").json()["error"]
    assert "no room left" in begin(browser, shop, 5, name="b.log").json()["error"]
    assert the_import(shop).size == 4


def test_what_was_never_sent_to_its_end_goes(
    shop: Site, browser: Client, django_capture_on_commit_callbacks: Any
) -> None:
    begin(browser, shop, 10, name="old.log")
    old = the_import(shop)
    begin(browser, shop, 10, name="new.log")
    with tenant(shop.organization_id), django_capture_on_commit_callbacks(execute=True):
        Import.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2, minutes=1))
        gone = import_files_sweep(shop.organization)

    assert (gone, the_import(shop).name, Path(old.file.path).exists()) == (1, "new.log", False)


def test_the_page_says_how_much_is_here(shop: Site, browser: Client) -> None:
    begun = begin(browser, shop, 3000).json()
    add(browser, begun, 0, b"0" * 1024)
    item = browser.get(begun["page"]).context["item"]

    assert item["uploading"] == {"share": 34, "text": "1.0\xa0KB of 2.9\xa0KB"}
    assert (item["moving"], item["may_remove"], item["may_start"], item["notes"]) == (True, True, False, [])
