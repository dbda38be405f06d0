"""Which property a site's searches are read from, another one, none, and what stays when the account goes."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection as database

from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site
from apps.analytics.providers.searches.base import Question
from apps.analytics.selectors.searches import SearchState, search_known
from apps.analytics.services.searches import property_choose, search_disconnect, search_forget, search_properties
from apps.analytics.services.sites import site_delete
from apps.core.models import Connection
from apps.core.sync import End
from apps.core.tenancy import tenant
from tests.analytics.searches.conftest import connected, read_all, reread, stored
from tests.analytics.searches.google import ADDRESS, DOMAIN, SHOP, Google

pytestmark = pytest.mark.django_db
OTHER = "https://www.shop.example/"


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


def test_an_account_that_was_never_signed_in_to_is_not_asked(google: Google, shop: Site) -> None:
    row = connected(shop, token="")
    with tenant(shop.organization_id):
        assert Connection.objects.get(pk=row.connection_id).next_attempt_at is None
        assert search_known(shop).state is SearchState.UNSIGNED


def test_a_site_that_is_deleted_takes_its_account_along(google: Google, shop: Site) -> None:
    read_all(connected(shop))
    with tenant(shop.organization_id):
        mine = Connection.objects.create(kind="notification_transport", provider="fake", name="Mail")

        site_delete(actor=None, site=shop, typed_name="Shop")

        assert list(Connection.objects.all()) == [mine]
        assert not SearchFigure.objects.exists()
