"""A past fetched from Google Analytics: whole, once, in pieces, with what Google says of it; and taken in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.analytics.enums import Dimension, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.pipeline.runner import Runner
from apps.analytics.providers.past.plan import TABLES
from apps.analytics.services import import_fetch, imports
from apps.core import sync
from apps.core.models import Connection
from apps.core.oauth import SESSION_KEY
from apps.core.tenancy import tenant
from tests.analytics.conftest import figures, total
from tests.analytics.history.test_imports import undone, worked
from tests.analytics.past.conftest import FIRST, LAST, again, asked, fetched
from tests.analytics.past.google import QUOTA, TOKEN, Google, error
from tests.factories.accounts import MembershipFactory, UserFactory

DAYS = 10  # the property began two days after what is asked for


def looked(row: Import) -> Import:
    with tenant(row.organization_id):
        imports.import_look(row=again(row))
    return again(row)


@pytest.mark.django_db(transaction=True)
def test_it_is_taken_in_as_a_file_is_and_can_be_taken_back(google: Google, shop: Site, account: Connection) -> None:
    row = asked(shop, account)
    assert fetched(row, account) is sync.End.DONE
    row = looked(row)
    assert (row.state, row.preview["usable"], row.preview["broken"]) == (ImportState.READY, 200, 0)
    assert (row.preview["first"], row.preview["last"]) == ("2026-09-03", "2026-09-12")

    runner = Runner()
    runner.start()
    with tenant(shop.organization_id):
        imports.import_start(actor=None, row=row)
    worked(runner)
    assert again(row).state == ImportState.DONE
    assert figures(shop)[(datetime(2026, 9, 2, 22, tzinfo=UTC), "")] == {
        "visitors": 8, "sessions": 10, "pageviews": 30, "events": 70, "conversions": 2, "orders": 2, "bounces": 3,
        "revenue": Decimal("119.9970"), "duration_s": 612, "engaged_ms": 400_000,
    }
    assert total(shop, "sessions") == DAYS * 10
    assert total(shop, "sessions", Dimension.CHANNEL, "organic_search") == DAYS * 10
    assert total(shop, "sessions", Dimension.SOURCE) == DAYS * 10  # "(direct)" is none
    assert total(shop, "sessions", Dimension.CAMPAIGN, "autumn, 100% off") == DAYS * 5
    assert total(shop, "sessions", Dimension.CAMPAIGN) == DAYS * 5  # "(organic)" is none
    assert total(shop, "pageviews", Dimension.PAGE, '/"quoted",path') == DAYS * 15
    assert total(shop, "pageviews", Dimension.PAGE, "(other)") == DAYS * 15
    assert total(shop, "visitors", Dimension.COUNTRY) == DAYS * 8
    assert total(shop, "sessions", Dimension.CITY, "Köln") == DAYS * 10
    before = figures(shop)

    second = asked(shop, account)
    fetched(second, account)
    with tenant(shop.organization_id):
        imports.import_start(actor=None, row=looked(second))
    worked(runner)
    assert (again(second).taken, figures(shop)) == (0, before), "twice is once"
    undone(runner, again(row))
    assert figures(shop) == {}
    runner.close()


def text_of(row: Import) -> str:
    return Path(again(row).file.path).read_text()


@pytest.mark.django_db
def test_pages_and_a_kill_in_between_leave_every_row_once(
    google: Google, shop: Site, account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = asked(shop, account)
    fetched(whole, account)
    expected = text_of(whole)

    google.page_rows = 4
    row = asked(shop, account)
    seen = len(google.reports)
    original, times = import_fetch.import_piece, iter(range(1, 100))

    def killed(connection: Connection, items: Any) -> int:
        stored = original(connection, items)
        if next(times) == 20:
            raise SystemExit  # written to the file, and not committed
        return stored

    with monkeypatch.context() as patch:
        patch.setattr(import_fetch, "import_piece", killed)
        with pytest.raises(SystemExit):
            fetched(row, account)
    assert again(row).state == ImportState.FETCHING
    assert len(text_of(row).encode()) > again(row).size

    assert fetched(row, account) is sync.End.DONE
    assert text_of(row) == expected
    offsets = [body["offset"] for body in google.reports[seen:]]
    assert {"0", "4", "8"} <= set(offsets)
    assert len(google.reports) - seen > 2 * len(TABLES)


@pytest.mark.django_db
def test_a_quota_that_is_used_up_is_waited_for(google: Google, shop: Site, account: Connection) -> None:
    row = asked(shop, account)
    google.troubles = [QUOTA]
    assert fetched(row, account) is sync.End.LATER
    with tenant(shop.organization_id):
        waiting = Connection.objects.get(pk=account.pk)
    assert waiting.status != Connection.Status.ERROR
    assert waiting.next_attempt_at is not None
    assert timedelta(minutes=10) < waiting.next_attempt_at - datetime.now(UTC) < timedelta(minutes=20)

    google.left_an_hour = 100  # less than a tenth of what a property has: it is left to others
    assert fetched(row, account) is sync.End.LATER
    assert (len(google.reports), again(row).state) == (1, ImportState.FETCHING)
    google.left_an_hour = 39_000
    assert fetched(row, account) is sync.End.DONE
    assert again(row).state == ImportState.CHECKING


@pytest.mark.django_db
def test_what_google_says_of_its_figures_is_kept_and_told(
    google: Google, shop: Site, account: Connection, client_of: Callable[[User], Client]
) -> None:
    google.metadata = {
        "pagePath": {"dataLossFromOtherRow": True}, "city": {"subjectToThresholding": True},
        "countryId": {"subjectToThresholding": True},
        "date": {"samplingMetadatas": [{"samplesReadCount": "500", "samplingSpaceSize": "1000"}]},
    }
    google.zone, google.currency = "America/New_York", "USD"
    row = asked(shop, account)
    fetched(row, account)
    found = looked(row).source
    assert {name: found[name] for name in ("other", "threshold", "sampled", "zone", "currency")} == {
        "other": ["pagePath"], "threshold": ["city", "countryId"], "sampled": [""], "zone": "America/New_York",
        "currency": "USD",
    }
    assert "119.997" not in text_of(row), "dollars are no euros"
    assert google.reports[0]["currencyCode"] == "EUR"

    owner = UserFactory()
    MembershipFactory(organization=shop.organization, user=owner, role=Role.OWNER)
    page = client_of(owner).get(f"/o/bakery/traffic/{shop.script_id}/history/{row.pk}/")
    assert [note.partition(":")[2] or note for note in page.context["item"]["notes"]] == [
        " pages.", " cities, countries.", " totals.",
        "Google counted days by the time of America/New_York. They stand here as your days.",
        "Google told revenue in USD and not in EUR, so it was left out.",
    ]


@pytest.mark.django_db(transaction=True)  # it is removed by somebody else, in a thread of the server
def test_an_import_that_is_removed_is_not_fetched_on(google: Google, shop: Site, account: Connection) -> None:
    row = asked(shop, account)

    def removes(_body: dict[str, Any]) -> None:
        google.before = None
        with tenant(shop.organization_id):
            imports.import_remove(actor=None, row=row)

    google.before = removes
    fetched(row, account)
    assert len(google.reports) == 1
    with tenant(shop.organization_id):
        assert Connection.objects.get(pk=account.pk).cursor == {}
    assert fetched(row, account) is sync.End.DONE
    assert len(google.reports) == 1
    asked(shop, account)  # there is room for another


@pytest.mark.django_db
def test_days_without_figures_make_no_import(google: Google, shop: Site, account: Connection) -> None:
    row = asked(shop, account, date(2026, 8, 1), date(2026, 8, 3))
    fetched(row, account)
    assert (again(row).state, again(row).error, again(row).file.name) == (
        ImportState.REFUSED, "refused:no_figures", "")


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "last", "key"), [
    (LAST, FIRST, "100"), (FIRST, date(2026, 11, 20), "100"), (date(2014, 1, 1), LAST, "100"), (FIRST, LAST, "999"),
])
def test_what_cannot_be_asked_for(
    google: Google, shop: Site, account: Connection, first: date, last: date, key: str
) -> None:
    with pytest.raises(ValidationError):
        asked(shop, account, first, last, key)
    assert google.reports == []


@pytest.mark.django_db
def test_a_property_that_may_not_be_read_any_more_says_so(google: Google, shop: Site, account: Connection) -> None:
    row = asked(shop, account)
    google.troubles = [error(403, "User does not have sufficient permissions for this property.", "PERMISSION_DENIED")]
    assert fetched(row, account) is sync.End.FAILED
    with tenant(shop.organization_id):
        found = Connection.objects.get(pk=account.pk)
    assert (found.status, "sufficient permissions" in found.last_error) == (Connection.Status.ERROR, True)
    assert fetched(row, account) is sync.End.DONE  # signed in again, it goes on where it was


@pytest.mark.django_db
def test_the_owner_signs_in_chooses_and_fetches(
    google: Google, shop: Site, client_of: Callable[[User], Client]
) -> None:
    owner, manager = UserFactory(), UserFactory()
    MembershipFactory(organization=shop.organization, user=owner, role=Role.OWNER)
    MembershipFactory(organization=shop.organization, user=manager, role=Role.MANAGER)
    browser, path = client_of(owner), f"/o/bakery/traffic/{shop.script_id}/history/google/"
    assert browser.get(path).context["account"] is None
    assert client_of(manager).post(f"{path}account/", {"do": "sign-in"}).status_code in {403, 404}

    answer = browser.post(f"{path}account/", {"do": "sign-in"})
    assert answer.status_code == 302
    assert "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fanalytics.readonly" in answer["Location"]
    [pending] = browser.session[SESSION_KEY].values()
    assert pending["back"] == path

    with tenant(shop.organization_id):
        account = Connection.objects.create(
            kind="analytics_past", provider="google_analytics_past", name="G", secrets={"access_token": TOKEN}
        )
    form = browser.get(path).context["form"]
    assert form.fields["property"].choices == [
        ("300", "Other (Agency)"), ("200", "Blog (Bakery)"), ("100", "Shop (Bakery)")]
    refused = browser.post(path, {"property": "100", "first": "2026-09-09", "last": "2026-09-01"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["last"])
    answer = browser.post(path, {"property": "100", "first": "2026-09-01", "last": "2026-09-09"})
    with tenant(shop.organization_id):
        row = Import.objects.get()
    assert answer["Location"].endswith(f"/history/{row.pk}/")
    google.troubles = [QUOTA]
    fetched(row, account)
    state = browser.get(answer["Location"]).context["item"]["fetching"]
    assert (state["share"], state["trouble"], bool(state["again"])) == (0, "Google Analytics asks to wait.", True)

    assert browser.post(f"{path}account/", {"do": "disconnect"}).status_code == 302
    assert browser.get(path).context["account"] is None
