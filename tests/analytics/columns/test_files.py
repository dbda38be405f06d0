"""When files are used, when not, and that nothing erased stays in one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.analytics.columns import clickhouse_store, engine, files, keeping, making
from apps.analytics.columns.contracts import LAYOUT, TABLES, Copy
from apps.analytics.columns.file_store import FileStore
from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.models import ColumnSpan, Session, Site
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.selectors.column_figures import ColumnFigures
from apps.core.ops.probes import read_all
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Query
from tests.analytics.columns.copied import (
    DAY,
    FIRST,
    NOON,
    PHONES,
    asked,
    erase,
    laid_out_earlier,
    made_while_a_visit_changes,
    planned,
    sessions,
    span,
    two_days,
)
from tests.analytics.conftest import MINUTE, PHONE, Sender, view
from tests.factories.accounts import OrganizationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(sender: Sender, core: Any, site: Site) -> Sender:
    """Two days, one of them in files."""
    return two_days(sender, core, site)


def on_disk() -> list[Path]:
    top = files.root()
    return [path for path in top.rglob("*") if path.is_file()] if top else []


def test_files_and_open_days_answer_together(made: Sender, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    row = span(site)
    assert (row.visits, row.events, row.ready, row.stale) == (2, 2, True, False)
    assert sorted(path.name for path in on_disk()) == sorted(files.file_of(name) for name in TABLES)
    assert row.bytes == sum(path.stat().st_size for path in on_disk())
    assert sessions(site) == 2

    asked_of: list[object] = []
    monkeypatch.setattr(ColumnFigures, "totals", lambda *args: asked_of.append(args) or {"sessions": 7})
    assert (sessions(site), len(asked_of)) == (7, 1)


@pytest.mark.parametrize("change", ["late", "erased", "forgotten", "deleted"])
def test_whatever_changes_a_day_puts_its_file_out_of_use(made: Sender, core: Any, site: Site, change: str) -> None:
    if change == "late":
        made.view(NOON + 2 * MINUTE, "/again", ip="198.51.100.1", ua=PHONE)
    elif change == "erased":
        erase(core, site)
    elif change == "forgotten":
        with tenant(site.organization_id):
            Site.objects.filter(pk=site.pk).update(events_from=FIRST + DAY)
    else:
        with tenant(site.organization_id):
            Session.objects.filter(site=site, device="desktop").delete()

    assert span(site).stale
    assert planned(site) is None
    assert sessions(site) == (1 if change == "erased" else 2)


def test_open_days_change_no_file(made: Sender, site: Site) -> None:
    made.view(NOON + DAY + MINUTE, "/more", ip="198.51.100.3", ua=PHONE)

    assert not span(site).stale
    assert planned(site) is not None


def test_who_is_erased_is_in_no_file(made: Sender, core: Any, site: Site) -> None:
    assert any(b"secret-page" in path.read_bytes() for path in on_disk())
    with every_tenant():
        visitor = Session.objects.get(site=site, entry_page="/secret-page").visitor
    with core.connection.transaction():
        erase_visitor(core.connection, site.id, visitor=visitor)
    keeping.sweep(core.connection)

    assert on_disk() == []
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    assert on_disk()
    assert not any(b"secret-page" in path.read_bytes() for path in on_disk())


def test_a_user_who_is_erased_is_in_no_file(sender: Sender, core: Any, site: Site) -> None:
    sender.send(NOON, view("/account") | {"uid": "customer-77"})
    sender.view(NOON + MINUTE, "/shop", ip="198.51.100.2")
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    assert any(b"customer-77" in path.read_bytes() for path in on_disk())
    with core.connection.transaction():
        erase_visitor(core.connection, site.id, uid="customer-77")
    keeping.sweep(core.connection)

    assert on_disk() == []
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    assert span(site).visits == 1
    assert not any(b"customer-77" in path.read_bytes() for path in on_disk())


@pytest.mark.parametrize(
    ("chosen", "label", "words"),
    [
        ("postgresql", "Column files", "in files for questions under filters."),
        ("clickhouse", "Copies in ClickHouse", "in ClickHouse for questions under filters."),
        ("", "Column files", "No copies are kept: PostgreSQL answers questions under filters."),
    ],
)
def test_whoever_looks_after_it_is_told_where_copies_lie(settings: Any, chosen: str, label: str, words: str) -> None:
    settings.EVENT_STORE, settings.CLICKHOUSE_URL = chosen, "http://127.0.0.1:1/none"
    if not chosen:
        settings.COLUMNS_DIR = ""
    probe, reading = next(found for found in read_all() if found[0].key == "columns")
    assert (str(probe.label), reading.ok) == (label, True)
    assert str(reading.words).endswith(words)


def test_a_visit_that_changes_while_its_file_is_made_keeps_it_out_of_use(
    made: Sender, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not made_while_a_visit_changes(made, core, site, monkeypatch)
    assert on_disk() == []
    assert sessions(site) == 2


def test_lost_files_are_not_missed(made: Sender, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    row = span(site)
    files.remove(files.folder(Copy(row.organization_id, row.site_id, row.name)))

    assert planned(site) is None
    assert sessions(site) == 2
    monkeypatch.setattr(Path, "is_file", lambda path: True)  # it is taken away between looking and reading
    assert sessions(site) == 2


def test_files_of_an_earlier_layout_are_made_anew_and_swept(
    made: Sender, core: Any, site: Site, settings: Any
) -> None:
    settings.COLUMNS_FROM_VISITS = 1
    earlier = span(site)
    laid_out_earlier(core, site, "files", earlier.name)
    assert planned(site) is None
    assert sessions(site) == 2
    assert on_disk()

    keeping.keep(core.connection, FIRST + DAY + 2 * MINUTE * 60, 60)
    made_anew = span(site)
    assert made_anew.store == FileStore.key
    assert {path.parent.name for path in on_disk()} == {made_anew.name} != {earlier.name}
    assert planned(site) is not None


def test_whoever_changes_what_copies_hold_is_told_to_raise_the_layout() -> None:
    said = (
        making._VISITS, making._EVENTS, making._VISIT_TYPES, making._EVENT_TYPES, making._VISIT_COLUMNS,
        making._EVENT_COLUMNS, making._STEPS, making._NARROW, clickhouse_store.COLUMNS,
    )
    words = "".join(" ".join(str(one).split()) for one in said)
    found = (LAYOUT, hashlib.blake2b(words.encode(), digest_size=6).hexdigest())
    assert found == (2, "b0c82ae2042a"), "raise LAYOUT in columns/contracts.py, then write both here"


def test_strangers_find_no_files(made: Sender, site: Site) -> None:
    stranger = OrganizationFactory()
    query = asked(site)
    with tenant(stranger.id), connection.cursor() as cursor:
        assert plan(query, cursor) is None
        assert plan(Query((), query.window, (stranger.id,), (site.id,), PHONES), cursor) is None


def test_the_engine_reads_its_folder_only(made: Sender, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n")
    with engine.reading(5) as duck, pytest.raises(Exception, match=r"allowed|disabled"):
        duck.execute(f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')")


def test_what_is_kept(made: Sender, core: Any, site: Site, settings: Any) -> None:
    settings.COLUMNS_FROM_VISITS = 1
    now = FIRST + 3 * DAY
    spans = keeping.wanted(datetime(2026, 9, 20, 5, tzinfo=UTC), datetime(2026, 11, 2, 3, tzinfo=UTC))
    assert (spans[-1][0].month, spans[-1][1].month, len(spans)) == (9, 10, 1 + 31 + 1)  # October is not over for long
    assert keeping.keep(core.connection, now, 60)["made"] == 3
    assert keeping.missing(core.connection, now) == []
    assert sessions(site) == 2

    with tenant(site.organization_id):
        type(site.organization).objects.filter(pk=site.organization_id).update(time_zone="America/New_York")
    keeping.keep(core.connection, now, 60)
    with every_tenant():
        assert set(ColumnSpan.objects.values_list("zone", flat=True)) == {"America/New_York"}
    with tenant(site.organization_id):
        type(site.organization).objects.filter(pk=site.organization_id).update(time_zone="Europe/Berlin")
    later = datetime(2026, 12, 4, tzinfo=UTC)
    keeping.keep(core.connection, later, 60)
    with every_tenant():
        rows = ColumnSpan.objects.filter(site=site).order_by("start")
        kept = [(row.start.astimezone(site.organization.tz).day, row.until - row.start) for row in rows]
    assert kept == [(1, 30 * DAY), (1, DAY), (2, DAY), (3, DAY)]
    assert sessions(site) == 2

    settings.COLUMNS_FROM_VISITS = 1000
    assert keeping.keep(core.connection, later, 60)["forgotten"] == 4
    assert on_disk() == []
