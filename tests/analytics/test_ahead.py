"""The batch that is made ready while the one before is being written: nothing lost, nothing doubled, nothing stale."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest

from apps.analytics.models import Event, Inbox, Session, Site
from apps.analytics.pipeline import ahead
from apps.analytics.pipeline.batch import Batch
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import CHROME, total, view
from tests.analytics.test_runner import figures_of
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
BATCH = 10


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="shop"), domains=["site.example"])


@pytest.fixture
def runner(shop: Site, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """Batches of ten, each of which makes the next one ready."""
    settings.PIPELINE_BATCH = BATCH
    monkeypatch.setattr(ahead, "WORTH_EVENTS", 1)
    found = Runner()
    found.start()
    yield found
    found.close()


def fill(site: Site, count: int, first: int = 0, path: str = "/") -> None:
    Inbox.objects.bulk_create(
        Inbox(received_at=datetime.now(UTC), site_id=site.id, events=1, ip=f"203.0.113.{number % 7}", ua=CHROME,
              body=orjson.dumps(view(path, id=f"e{number}")))
        for number in range(first, first + count)
    )


def stored() -> int:
    with every_tenant():
        return Event.objects.count()


def test_every_batch_is_stored_once(runner: Runner, shop: Site) -> None:
    fill(shop, 3 * BATCH + 5)

    assert runner.step() == BATCH
    assert (stored(), Inbox.objects.count()) == (BATCH, 2 * BATCH + 5)  # what is ready has not been taken
    assert [runner.step() for _ in range(4)] == [BATCH, BATCH, 5, 0]
    assert (stored(), Inbox.objects.count()) == (3 * BATCH + 5, 0)
    with every_tenant():
        assert Session.objects.count() == 7
    assert (total(shop, "visitors"), total(shop, "sessions"), total(shop, "pageviews")) == (7, 7, 3 * BATCH + 5)


def test_a_repeat_in_the_next_batch_is_known(runner: Runner, shop: Site) -> None:
    fill(shop, BATCH)
    fill(shop, BATCH)

    assert (runner.step(), runner.step(), stored()) == (BATCH, BATCH, BATCH)
    assert total(shop, "pageviews") == BATCH


def test_what_was_made_ready_is_let_go_when_a_site_changes(runner: Runner, shop: Site) -> None:
    fill(shop, 2 * BATCH, path="/page#part")
    runner.step()
    with every_tenant():
        assert Site.objects.filter(pk=shop.pk).update(settings={**shop.settings, "hash": True}) == 1
    runner.core.sites.refresh()

    assert runner.step() == BATCH
    with every_tenant():
        assert set(Event.objects.values_list("path", flat=True)) == {"/page", "/page#part"}


def test_a_batch_that_fails_leaves_the_next_one_in_the_inbox(
    runner: Runner, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 2 * BATCH)
    runner.step()
    monkeypatch.setattr(runner.ledger, "write", _once(runner.ledger.write))

    assert runner.step() == BATCH  # fails after everything was written; then half by half
    assert (stored(), Inbox.objects.count(), total(shop, "pageviews")) == (2 * BATCH, 0, 2 * BATCH)


def test_a_lost_connection_while_making_ready_loses_nothing(runner: Runner, shop: Site) -> None:
    fill(shop, 2 * BATCH)
    runner._aside.close()

    with pytest.raises(psycopg.OperationalError):
        runner.step()
    runner.close()
    assert (stored(), Inbox.objects.count()) == (0, 2 * BATCH)

    runner.start()
    assert [runner.step() for _ in range(3)] == [BATCH, BATCH, 0]
    assert (stored(), total(shop, "pageviews")) == (2 * BATCH, 2 * BATCH)


def test_envelopes_that_are_gone_are_not_counted(runner: Runner, shop: Site) -> None:
    fill(shop, 2 * BATCH)
    runner.step()
    Inbox.objects.order_by("id").first().delete()

    assert [runner.step() for _ in range(3)] == [0, BATCH - 1, 0]
    assert (stored(), total(shop, "pageviews")) == (2 * BATCH - 1, 2 * BATCH - 1)


def test_an_envelope_that_was_committed_late_has_its_turn(
    runner: Runner, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_IN_A_ROW", 2)
    fill(shop, 6 * BATCH)
    late = Inbox.objects.order_by("id").first()
    Inbox.objects.filter(pk=late.pk).delete()
    runner.step()
    late.save(force_insert=True)

    for _ in range(5):
        runner.step()
    assert not Inbox.objects.filter(pk=late.pk).exists()


def test_a_batch_that_is_done_is_let_go_at_once(runner: Runner, shop: Site) -> None:
    fill(shop, 4 * BATCH)
    before = batches()
    for _ in range(3):
        runner.step()

    assert batches() - before == 1  # the one that is ready


def batches() -> int:
    """How many there are in memory; the runner has switched the search for circles off."""
    return sum(isinstance(found, Batch) for found in gc.get_objects())


def test_figures_equal_those_counted_anew(runner: Runner, shop: Site) -> None:
    for number in range(6):
        fill(shop, BATCH - number, first=number * BATCH, path=f"/{number % 3}")
    while runner.step():
        pass
    before = figures_of(shop)
    rebuild_site(runner.core.connection, shop.id)
    assert figures_of(shop) == before


def _once(write: Any) -> Any:
    """A ledger that fails the first time."""
    failures = iter([True])

    def failing(*args: Any) -> None:
        write(*args)
        if next(failures, False):
            raise RuntimeError("no more room")

    return failing
