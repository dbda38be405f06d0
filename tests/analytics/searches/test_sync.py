"""What a sync brings is what Google has: whole, once, also when it is killed, limited, or begun anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site
from apps.analytics.providers.searches import plan
from apps.analytics.providers.searches.base import Question
from apps.analytics.providers.searches.imagined import told
from apps.core import sync
from apps.core.models import Connection
from apps.core.sync import End
from apps.core.tenancy import tenant
from tests.analytics.searches.conftest import connected, read_all, reread, stored
from tests.analytics.searches.google import DOMAIN, SHOP, SINCE, TODAY, Google, error
from tests.core import oauth_server

pytestmark = pytest.mark.django_db
LAST, FINAL = date(2026, 11, 19), date(2026, 11, 18)


class Killed(BaseException):
    """The process is gone."""


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


def test_a_long_run_makes_room_and_goes_on(google: Google, shop: Site, time_machine: Any) -> None:
    row = connected(shop)

    def wait(question: Question) -> None:
        if len(google.questions) == 6:
            time_machine.shift(sync.LONGEST_RUN.total_seconds() + 1)

    google.before = wait
    with tenant(shop.organization_id):
        assert sync.run(row.connection_id) is End.LATER
        assert Connection.objects.get(pk=row.connection_id).status != "error"
    assert len(google.questions) == 6
    assert read_all(row) is End.DONE

    assert without_places(shop) == expected()


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
