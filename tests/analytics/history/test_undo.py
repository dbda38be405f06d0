"""Taking a long past back: in pieces, each of them whole, and with nothing of the rest touched."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analytics.enums import Dimension, ImportKind, ImportState, StoreGrain
from apps.analytics.models import Event, Session, Site
from apps.analytics.pipeline import day_rows, importing
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.runner import Runner
from apps.analytics.services import imports
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import CHROME, figures
from tests.analytics.history.test_imports import again, line, taken_in, worked

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = (
    (Dimension.TOTAL, StoreGrain.DAY), (Dimension.TOTAL, StoreGrain.HOUR), (Dimension.PAGE, StoreGrain.DAY),
    (Dimension.CHANNEL, StoreGrain.DAY), (Dimension.TOTAL, StoreGrain.MONTH), (Dimension.ENTRY_PAGE, StoreGrain.WEEK),
)


def log_of(who: str, days: range, path: str) -> bytes:
    """One visit a day, at the same hours for everybody, from the first of February 2025 on."""
    return "".join(
        line(f"{who}.{day}", f"{day % 28 + 1:02d}/{('Feb', 'Mar', 'Apr')[day // 28]}/2025:{hour:02d}:00:00 +0100",
             f"GET {path} HTTP/1.1", 200, "https://www.google.com/", CHROME)
        for day in days for hour in (9, 21)
    ).encode()


def counted(site: Site) -> list[dict[Any, Any]]:
    return [figures(site, dimension, grain) for dimension, grain in EVERYTHING]


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """The stretches of days that are counted again, in order; whoever counts the second is killed."""
    monkeypatch.setattr(day_rows, "PIECE", 60)
    monkeypatch.setattr(importing, "DAYS_AT_ONCE", 20)
    seen: list[tuple[Any, Any]] = []
    rebuild = importing.rebuild_days

    def watched(connection: Any, site_id: int, since: Any, until: Any) -> None:
        rebuild(connection, site_id, since, until)
        seen.append((since, until))
        if len(seen) == 2:
            raise SystemExit

    monkeypatch.setattr(importing, "rebuild_days", watched)
    return seen


def folded(runner: Runner, site: Site) -> None:
    """Count everything again, which adds months and weeks up that are over."""
    with runner.core.connection.transaction():
        rebuild_site(runner.core.connection, site.id)
    runner.core.rolled_back()


def test_it_goes_piece_by_piece_and_on_after_a_kill(
    runner: Runner, shop: Site, pieces: list[tuple[Any, Any]]
) -> None:
    taken_in(runner, shop, ImportKind.ACCESS_LOG, log_of("203.0.113", range(10, 60), "/stays"))
    folded(runner, shop)
    before = counted(shop)
    row = taken_in(runner, shop, ImportKind.ACCESS_LOG, log_of("198.51.100", range(80), "/goes"))
    assert counted(shop) != before

    with tenant(shop.organization_id):
        imports.import_undo(actor=None, row=row)
    with pytest.raises(SystemExit):
        worked(runner)
    runner.close()
    assert again(row).state == ImportState.UNDOING
    with every_tenant():
        assert Event.objects.count() == Session.objects.count() == 100, "what it brought is gone already"

    runner.start()
    worked(runner)
    assert again(row).state == ImportState.UNDONE
    assert pieces[1] == pieces[2], "the piece that was not committed is done again"
    done = [*pieces[:1], *pieces[2:]]
    assert len(done) == 5
    assert [start for start, _end in done[1:]] == [end for _start, end in done[:-1]]
    assert counted(shop) == before
    folded(runner, shop)
    assert counted(shop) == before
