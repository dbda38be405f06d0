"""Copies in ClickHouse: when they are used, when not, and that nothing is there twice, missing or left behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.analytics.columns import clickhouse_store, keeping
from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.contracts import LAYOUT, TABLES, VISITS, CopiesGone, Copy
from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.models import Session, Site
from apps.analytics.selectors import visits
from apps.analytics.selectors.measures import Asked
from apps.analytics.services import columns
from apps.core.tenancy import tenant
from apps.metrics.contracts import Filter, Operator, QueryTooSlow
from tests.analytics.columns.copied import (
    DAY,
    FIRST,
    NOON,
    asked,
    by_columns,
    erase,
    laid_out_earlier,
    made_while_a_visit_changes,
    planned,
    sessions,
    span,
)
from tests.analytics.conftest import MINUTE, PHONE, Sender
from tests.factories.accounts import OrganizationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clickhouse")]


def test_a_copy_and_open_days_answer_together(made: Sender, house_store: ClickHouseStore, site: Site) -> None:
    row = span(site)
    assert (row.store, row.visits, row.events, row.pages, row.names) == (house_store.key, 2, 2, 2, 2)
    assert row.bytes > 0
    assert by_columns(site, asked(site)) == {"sessions": 2, "visitors": 2}
    assert sessions(site) == 2
    assert [copy.name for copy in house_store.held()] == [row.name]


@pytest.mark.parametrize("change", ["late", "erased", "deleted"])
def test_whatever_changes_a_day_puts_its_copy_out_of_use(made: Sender, core: Any, site: Site, change: str) -> None:
    if change == "late":
        made.view(NOON + 2 * MINUTE, "/again", ip="198.51.100.1", ua=PHONE)
    elif change == "erased":
        erase(core, site)
    else:
        with tenant(site.organization_id):
            Session.objects.filter(site=site, device="desktop").delete()

    assert planned(site) is None
    assert sessions(site) == (1 if change == "erased" else 2)


def test_who_is_erased_is_in_no_copy(made: Sender, house_store: ClickHouseStore, core: Any, site: Site) -> None:
    erase(core, site)
    keeping.sweep(core.connection)
    assert house_store.held() == []

    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    copy = keeping.ready(core.connection, house_store)[site.id, FIRST - DAY, FIRST + DAY]
    assert house_store.sums(copy)[:2] == (1, 1)
    assert house_store._server.rows(f"SELECT count(*) FROM pages_{LAYOUT} WHERE value = '/secret-page'", 5) == [(0,)]


def test_erasures_reach_a_store_that_is_no_longer_asked(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, settings: Any
) -> None:
    settings.EVENT_STORE = "postgresql"
    assert planned(site) is None
    erase(core, site)
    keeping.sweep(core.connection)
    assert house_store.held() == []


def test_a_visit_that_changes_while_it_is_copied_keeps_the_copy_out_of_use(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not made_while_a_visit_changes(made, core, site, monkeypatch)
    assert house_store.held() == []
    assert sessions(site) == 2


@pytest.mark.parametrize("after", range(4))
def test_a_copying_that_ends_half_way_is_begun_anew(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    insert, done = ClickHouseStore._insert, []

    def killed(self: ClickHouseStore, name: str, copy: Copy, file: Path) -> None:
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(name)
        insert(self, name, copy, file)

    with monkeypatch.context() as patch:
        patch.setattr(ClickHouseStore, "_insert", killed)
        patch.setattr(ClickHouseStore, "remove", lambda self, copy: None)  # nothing is cleared away either
        with pytest.raises(KeyboardInterrupt):
            make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    assert planned(site) is None
    assert sessions(site) == 2

    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    keeping.sweep(core.connection)
    assert [copy.name for copy in house_store.held()] == [span(site).name]
    assert by_columns(site, asked(site)) == {"sessions": 2, "visitors": 2}


def lost_part(store: ClickHouseStore, copy: Copy) -> None:
    store._server.run(f"ALTER TABLE names_{LAYOUT} DROP PARTITION '{copy.name}'", 5)


def doubled(store: ClickHouseStore, copy: Copy) -> None:
    store._server.run(f"INSERT INTO visits_{LAYOUT} SELECT * FROM visits_{LAYOUT} WHERE span = '{copy.name}'", 5)


def lost_tables(store: ClickHouseStore, copy: Copy) -> None:
    for name in TABLES:
        store._server.run(f"DROP TABLE {name}_{LAYOUT} SYNC", 5)


@pytest.mark.parametrize("damage", [lost_part, doubled, lost_tables])
def test_a_copy_that_is_not_whole_is_not_believed_and_made_anew(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, settings: Any,
    damage: Callable[[ClickHouseStore, Copy], None],
) -> None:
    settings.COLUMNS_FROM_VISITS = 1
    damage(house_store, Copy(site.organization_id, site.id, span(site).name))
    with pytest.raises(CopiesGone):
        by_columns(site, asked(site))
    assert sessions(site) == 2

    assert keeping.keep(core.connection, FIRST + DAY + 2 * MINUTE * 60, 60)["made"] == 1
    assert sessions(site) == 2


def test_copies_of_an_earlier_layout_are_swept(
    made: Sender, house_store: ClickHouseStore, core: Any, site: Site, settings: Any
) -> None:
    settings.COLUMNS_FROM_VISITS = 1
    earlier = "fedcba98"
    run = house_store._server.run
    for name in TABLES:
        run(f"CREATE TABLE {name}_0 AS {name}_{LAYOUT}", 5)
        run(f"INSERT INTO {name}_0 SELECT * REPLACE ('{earlier}' AS span) FROM {name}_{LAYOUT}", 5)
    laid_out_earlier(core, site, "clickhouse-0", earlier)
    assert planned(site) is None
    assert {copy.name for copy in house_store.held()} >= {earlier}

    keeping.keep(core.connection, FIRST + DAY + 2 * MINUTE * 60, 60)
    assert [copy.name for copy in house_store.held()] == [span(site).name]
    assert planned(site) is not None
    assert span(site).store == house_store.key
    for name in TABLES:
        run(f"DROP TABLE {name}_0 SYNC", 5)


def test_a_server_that_is_gone_is_not_missed(made: Sender, core: Any, site: Site, settings: Any) -> None:
    settings.CLICKHOUSE_URL = "http://127.0.0.1:1/gone"
    assert sessions(site) == 2
    assert planned(site) is None  # it rests
    assert keeping.sweep(core.connection) == 0
    assert not span(site).stale


@pytest.mark.parametrize("error", [CopiesGone("away"), QueryTooSlow("asleep")])
def test_neither_erasing_nor_keeping_fails_with_the_server(
    made: Sender, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(ClickHouseStore, "_there", fails)
    monkeypatch.setattr(columns, "connect", lambda: nullcontext(core.connection))
    erase(core, site)
    assert keeping.sweep(core.connection) == 0
    assert columns.columns_make() == str(error)
    assert sessions(site) == 1


def test_large_files_are_sent_in_pieces(
    made: Sender, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse_store, "PIECE_BYTES", 1)
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    assert by_columns(site, asked(site)) == {"sessions": 2, "visitors": 2}


def test_strangers_find_no_copy(made: Sender, house_store: ClickHouseStore, site: Site) -> None:
    stranger, row = OrganizationFactory(), span(site)
    with tenant(stranger.id), connection.cursor() as cursor:
        assert plan(asked(site), cursor) is None
    for foreign in (Copy(stranger.id, site.id, row.name), Copy(site.organization_id, site.id + 1, row.name)):
        assert house_store.sums(foreign)[0] == 0
        assert house_store._server.rows(f"SELECT count(*) FROM {house_store.table([foreign], 'events')}", 5) == [(0,)]
    assert house_store._server.rows(f"SELECT count(*) FROM {VISITS}_{LAYOUT}", 5) == [(2,)]


def test_texts_mean_themselves(house_store: ClickHouseStore, sender: Sender, core: Any, site: Site) -> None:
    texts = ["it's", "back\\slash", "%", "_", "\\", "'; DROP TABLE visits_1; --", "%s", "GRÜN", "emoji 🙂", "a\\'b"]
    sender.digest(*(
        sender.envelope(
            NOON, {"name": "signup", "url": "https://site.example/", "props": {"plan": said}}, ip=f"198.51.100.{number}"
        )
        for number, said in enumerate(said for text in texts for said in (text, f"x{text}y", text.lower()))
    ))
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    for text in texts:
        for operator, said in (
            (Operator.CONTAINS, text), (Operator.IS, f"signup: plan = {text}"),
            (Operator.IS_NOT, f"signup: plan = {text}"),
        ):
            query = asked(site, Filter("property", operator, (said,)))
            with tenant(site.organization_id), connection.cursor() as cursor:
                there = visits.totals(query, Asked.of(["sessions", "visitors"]), cursor)
            assert there["sessions"]
            assert by_columns(site, query) == there
