"""What a sync brings is what Google has: whole, once, also when it is killed, limited, or begun anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database

from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site, SiteSearch
from apps.analytics.providers.searches import plan
from apps.analytics.providers.searches.base import Question
from apps.analytics.providers.searches.imagined import told
from apps.analytics.selectors.searches import SearchState, search_known
from apps.analytics.services.searches import property_choose, search_disconnect, search_forget, search_properties
from apps.core import oauth, sync
from apps.core.models import Connection
from apps.core.sync import End
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.searches.conftest import connected, read_all, stored
from tests.analytics.searches.google import ADDRESS, DOMAIN, SHOP, SINCE, TODAY, Google, error
from tests.core import oauth_server

pytestmark = pytest.mark.django_db
LAST, FINAL = date(2026, 11, 19), date(2026, 11, 18)
OTHER = "https://www.shop.example/"


class Killed(BaseException):
    """The process is gone."""


def reread(row: SiteSearch) -> SiteSearch:
    with every_tenant():
        return SiteSearch.objects.select_related("connection").get(pk=row.pk)


def expected(today: date = TODAY) -> dict[tuple[int, str, str], tuple[int, int]]:
    """Everything Google has of the shop, worked out without a sync."""
    found: dict[tuple[int, str, str], tuple[int, int]] = {}
    countries = {"deu": "DE", "aut": "AT", "zzz": ""}
    for dim, by in ((0, ()), (1, ("query",)), (2, ("page",)), (3, ("country",)), (4, ("device",))):
        for row in told(SHOP, Question(DOMAIN, SINCE, today, ("date", *by)), today, 100_000).rows:
            value = row.keys[1] if by else ""
            value = countries[value] if dim == 3 else value.lower() if dim == 4 else value
            found[dim, row.keys[0], value] = (row.clicks, row.impressions)
    return found


def without_places(site: Site) -> dict[tuple[int, str, str], tuple[int, int]]:
    return {key: row[:2] for key, row in stored(site).items()}


def test_everything_comes_and_nothing_twice(google: Google, shop: Site, other_organization: Any) -> None:
    row = connected(shop)

    assert read_all(row) is End.DONE

    assert without_places(shop) == expected()
    row = reread(row)
    assert (row.property, row.first_day, row.last_day, row.final_day) == (DOMAIN, SINCE, LAST, FINAL)
    assert (row.connection.status, row.connection.cursor["done"]) == ("ok", "2026-11-18")
    days = (LAST - SINCE).days + 1
    assert len(google.questions) == 1 + 2 + 2 * days  # totals, countries and devices by four weeks, two a day
    with tenant(other_organization.pk):
        assert not SearchFigure.objects.exists()


def test_the_newest_days_come_first(google: Google, shop: Site) -> None:
    read_all(connected(shop))

    asked = [question.first for question in google.questions if question.by == ("query",)]
    assert asked[0] == LAST
    assert asked == sorted(asked, reverse=True)


def test_the_next_run_reads_only_what_may_have_changed(google: Google, shop: Site, time_machine: Any) -> None:
    row = connected(shop)
    read_all(row)
    google.questions.clear()
    google.today = TODAY + timedelta(days=1)
    time_machine.shift(86_400)

    assert read_all(row) is End.DONE

    assert {question.first for question in google.questions} >= {date(2026, 11, 19), date(2026, 11, 20)}
    assert min(question.first for question in google.questions) == date(2026, 11, 19)
    assert without_places(shop) == expected(google.today)
    row = reread(row)
    assert (row.first_day, row.last_day, row.final_day) == (SINCE, date(2026, 11, 20), LAST)


def test_a_run_that_is_killed_goes_on_where_it_was(
    google: Google, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connected(shop)
    vendor, seen = sync.kinds["search_console"].get("google_search_console"), []
    ask = vendor.ask  # type: ignore[attr-defined]

    def dies(self: Any, question: Question) -> Any:
        seen.append(question)
        if len(seen) in {3, 10, 11, 20}:
            raise Killed
        return ask(self, question)

    monkeypatch.setattr(vendor, "ask", dies)
    for _ in range(4):
        with pytest.raises(Killed):
            read_all(row)
        with tenant(shop.organization_id):
            Connection.objects.filter(pk=row.connection_id).update(next_attempt_at=None)

    assert read_all(row) is End.DONE
    assert without_places(shop) == expected()
    asked = [(question.by, question.first, question.start) for question in google.questions]
    assert len(asked) == len(set(asked))  # nothing that was stored is asked for again


def test_a_page_that_was_not_stored_is_asked_for_again(
    google: Google, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connected(shop)
    manager, failed = type(SearchFigure.objects), []
    insert = manager.bulk_create  # type: ignore[attr-defined]

    def dies(self: Any, *args: Any, **options: Any) -> Any:
        found = insert(self, *args, **options)
        if len(google.questions) == 9 and not failed:
            failed.append(True)
            raise Killed  # after the rows, before the cursor
        return found

    monkeypatch.setattr(manager, "bulk_create", dies)
    with pytest.raises(Killed):
        read_all(row)

    assert read_all(row) is End.DONE
    assert without_places(shop) == expected()


def test_answers_in_pages_are_put_together(google: Google, shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.analytics.providers.searches.base.PAGE_ROWS", 3)
    google.page_rows = 3

    read_all(connected(shop))

    found = {key: row for key, row in without_places(shop).items() if key[0] != SearchDimension.TOTAL}
    assert found == {key: row for key, row in expected().items() if key[0] != SearchDimension.TOTAL}
    assert {question.start for question in google.questions} >= {0, 3, 6}


def test_a_long_tail_is_cut_and_the_totals_are_whole(
    google: Google, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.analytics.providers.searches.base.PAGE_ROWS", 2)
    monkeypatch.setitem(plan.MOST_ROWS, "query", 4)
    google.page_rows = 2

    read_all(connected(shop))

    found, whole = without_places(shop), expected()
    terms = [key for key in found if key[0] == SearchDimension.QUERY]
    assert {sum(day == key[1] for key in terms) for day in {key[1] for key in terms}} == {4}
    assert max(sum(day == key[1] for key in whole if key[0] == 1) for day in {key[1] for key in whole}) > 4
    totals = {key: row for key, row in found.items() if key[0] == SearchDimension.TOTAL}
    assert totals == {key: row for key, row in whole.items() if key[0] == SearchDimension.TOTAL}


def test_limits_are_waited_for_and_nothing_is_lost(google: Google, shop: Site) -> None:
    row = connected(shop)
    google.troubles = [error(403, "Quota exceeded.", "quotaExceeded"), error(503, "Backend Error", "backendError")]

    with tenant(shop.organization_id):
        assert sync.run(row.connection_id) is End.LATER
        waiting = Connection.objects.get(pk=row.connection_id)
        assert "asks to wait" in waiting.last_error
        assert 890 < (waiting.next_attempt_at - waiting.created_at).total_seconds() < 930
        assert sync.run(row.connection_id) is End.LATER
    assert read_all(row) is End.DONE

    assert without_places(shop) == expected()
    assert reread(row).connection.last_error == ""


@pytest.mark.django_db(transaction=True)
def test_a_token_that_ends_on_the_way_is_refreshed_once(
    google: Google, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = sync.kinds["search_console"].get("google_search_console")
    with oauth_server.running() as accounts:
        monkeypatch.setattr(vendor, "token_url", f"{accounts.url}/token")
        accounts.refresh["refresh-1"] = 1
        row = connected(shop)
        with tenant(shop.organization_id):
            secrets = {"access_token": "ended", "refresh_token": "refresh-1"}
            Connection.objects.filter(pk=row.connection_id).update(secrets=secrets)
        google.tokens = accounts.access

        assert read_all(row) is End.DONE
        assert len(accounts.requests) == 1
        assert without_places(shop) == expected()

        accounts.revoke_everything()
        assert read_all(row) is End.FAILED
    broken = reread(row).connection
    assert (broken.status, broken.next_attempt_at) == ("error", None)
    assert "no longer gives access" in broken.last_error


def test_a_property_that_may_not_be_read_needs_a_person(google: Google, shop: Site) -> None:
    row = connected(shop, ADDRESS)

    assert read_all(row) is End.FAILED

    broken = reread(row).connection
    assert broken.status == "error"
    assert "sufficient permission" in broken.last_error
    assert stored(shop) == {}


def test_another_property_replaces_the_first(google: Google, shop: Site) -> None:
    row = connected(shop)
    read_all(row)
    other = SHOP.__class__("https://www.shop.example", ("only this",), since=date(2026, 11, 17), shown_a_day=50)
    google.figures[OTHER] = other
    with tenant(shop.organization_id):
        offered = search_properties(reread(row))
        property_choose(actor=None, row=reread(row), url=OTHER, offered=offered)
        assert search_known(shop).state is SearchState.OK  # the figures of the first stay until others are there

    read_all(row)

    assert {value for dim, _day, value in stored(shop) if dim == SearchDimension.QUERY} == {"only this"}
    row = reread(row)
    assert (row.property, row.first_day) == (OTHER, date(2026, 11, 17))


@pytest.mark.django_db(transaction=True)
def test_a_property_that_is_changed_during_a_run_is_read_by_the_next(google: Google, shop: Site) -> None:
    row = connected(shop)
    google.figures[OTHER] = SHOP.__class__("https://www.shop.example", ("only this",), since=date(2026, 11, 17))

    def change(question: Question) -> None:
        if len(google.questions) == 5:
            with tenant(shop.organization_id):
                Connection.objects.filter(pk=row.connection_id).update(config={"property": OTHER})
            database.close()

    google.before = change
    assert read_all(row) is End.DONE

    assert {value for dim, _day, value in stored(shop) if dim == SearchDimension.QUERY} == {"only this"}


def test_properties_that_fit_come_first_and_the_unverified_last(google: Google, shop: Site) -> None:
    google.properties = {"sc-domain:another.example": "siteOwner", **google.properties}
    with tenant(shop.organization_id):
        found = search_properties(reread(connected(shop, "")))

    assert [one.url for one in found] == [OTHER, DOMAIN, "sc-domain:another.example", ADDRESS]


def test_figures_stay_when_the_account_goes_and_go_when_asked(google: Google, shop: Site) -> None:
    row = connected(shop)
    read_all(row)
    before = stored(shop)
    with tenant(shop.organization_id):
        search_disconnect(actor=None, row=reread(row))
        assert not Connection.objects.exists()
    assert stored(shop) == before

    again = connected(shop)
    assert again.pk == row.pk
    read_all(again)
    assert stored(shop) == before

    with tenant(shop.organization_id):
        search_forget(actor=None, row=reread(row))
    assert stored(shop) == {}
    assert reread(row).last_day is None
    read_all(again)
    assert stored(shop) == before


def test_terms_go_after_two_years_and_totals_stay(google: Google, shop: Site) -> None:
    old = date(2024, 1, 15)
    row = connected(shop)
    read_all(row)
    with tenant(shop.organization_id):
        for dim in SearchDimension:
            SearchFigure.objects.create(
                site=shop, day=old, dim=dim, value="old", clicks=1, impressions=2, places=3.0
            )
    google.today = TODAY + timedelta(days=1)

    read_all(row)

    assert {key[0] for key in stored(shop) if key[2] == "old"} == {
        SearchDimension.TOTAL, SearchDimension.COUNTRY, SearchDimension.DEVICE,
    }


def test_an_account_that_was_never_signed_in_to_is_not_asked(google: Google, shop: Site) -> None:
    row = connected(shop, token="")
    with tenant(shop.organization_id):
        assert Connection.objects.get(pk=row.connection_id).next_attempt_at is None
        assert search_known(shop).state is SearchState.UNSIGNED
    assert oauth.SESSION_KEY  # signing in sets the time
