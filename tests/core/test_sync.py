"""The sync runner: page by page, through every failure, and never a row twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core import sync, tasks
from apps.core.bucket import Pace
from apps.core.connections import services
from apps.core.models import Connection, OutboxEvent
from apps.core.providers import ProviderError
from apps.core.sync import End
from apps.core.tenancy import every_tenant, tenant
from tests.core import teahouse
from tests.core.teahouse import Fake, stored


@pytest.fixture(autouse=True)
def _teahouse(db: None) -> Iterator[None]:
    with teahouse.opened():
        teahouse.make_table()
        yield


@pytest.fixture
def account(organization: Organization) -> Connection:
    with tenant(organization.id):
        return services.connection_create(kind="teahouse", provider="fake", name="Orders", values={})


def run(account: Connection) -> End:
    with tenant(account.organization_id):
        return sync.run(account.id)


def reread(account: Connection) -> Connection:
    with every_tenant():
        return Connection.objects.get(pk=account.pk)


def wait(account: Connection) -> float:
    """Seconds until the next attempt."""
    at = reread(account).next_attempt_at
    assert at is not None
    return (at - timezone.now()).total_seconds()


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def fine() -> None:
    """Nothing happens."""


def test_all_pages_arrive_once_and_the_card_says_so(account: Connection) -> None:
    assert services.status_in_words(account) == "Waiting for its first sync"

    assert run(account) is End.DONE

    row = reread(account)
    assert stored() == teahouse.ORDERS
    assert Fake.calls == [{}, {"after": 10}, {"after": 20}]
    assert (row.status, row.cursor, row.error_count, row.last_error) == ("ok", {"after": 25}, 0, "")
    assert {key: row.progress[key] for key in ("pages", "items", "total", "running")} == {
        "pages": 3, "items": 25, "total": 25, "running": False,
    }
    assert row.last_synced_at is not None
    assert services.status_in_words(row) == "Working"
    assert wait(row) == pytest.approx(Fake.every.total_seconds(), abs=2)


def test_the_next_run_goes_on_behind_the_last(account: Connection) -> None:
    run(account)
    run(account)

    assert stored() == teahouse.ORDERS
    assert Fake.calls[-1] == {"after": 25}


def test_too_many_requests_end_the_run_until_the_vendor_said(account: Connection) -> None:
    Fake.script[:] = [fine, failing(ProviderError("Too many requests.", retry_after=90))]

    assert run(account) is End.LATER

    row = reread(account)
    assert (row.status, row.cursor, row.last_error) == ("new", {"after": 10}, "Too many requests.")
    assert wait(row) == pytest.approx(90, abs=2)
    assert run(account) is End.DONE
    assert stored() == teahouse.ORDERS


def test_a_vendor_that_says_to_wait_for_ever_is_asked_again_within_a_day(account: Connection) -> None:
    Fake.script[:] = [failing(ProviderError("Wait.", retry_after=10**9))]

    run(account)

    assert wait(account) == pytest.approx(86400, abs=2)


def test_failures_back_off_and_the_third_in_a_row_needs_attention_once(account: Connection) -> None:
    waits, statuses = [], []
    for _ in range(5):
        Fake.script[:] = [failing(ProviderError("502 Bad Gateway"))]
        assert run(account) is End.LATER
        waits.append(wait(account))
        statuses.append(reread(account).status)

    assert statuses == ["new", "new", "error", "error", "error"]
    assert all(0.79 * base <= got <= 1.21 * base for got, base in zip(waits, [30, 60, 120, 240, 480], strict=True))
    with every_tenant():
        told = OutboxEvent.objects.filter(name="core.connection_broke")
        assert [event.payload["reason"] for event in told] == ["502 Bad Gateway"]
    assert run(account) is End.DONE
    assert (reread(account).status, reread(account).error_count) == ("ok", 0)


def test_expired_credentials_wait_for_a_person(account: Connection) -> None:
    with tenant(account.organization_id):
        account.secrets = {"token": "expired"}
        account.save()

    assert run(account) is End.FAILED

    row = reread(account)
    assert (row.status, row.last_error, row.next_attempt_at) == ("error", "The token has expired.", None)
    with every_tenant():
        assert sync.claim_due() == []
    assert services.status_in_words(row) == "Needs attention"


def test_a_bug_of_ours_is_said_plainly_and_tried_again(account: Connection) -> None:
    Fake.script[:] = [fine, failing(KeyError("oops"))]

    assert run(account) is End.LATER

    row = reread(account)
    assert row.last_error == "Something went wrong on our side (KeyError). It is tried again."
    assert row.progress["running"] is False
    assert run(account) is End.DONE
    assert stored() == teahouse.ORDERS


def test_a_page_that_cannot_be_stored_leaves_nothing_behind(
    account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = teahouse.store, 0

    def store(connection: Connection, items: Any) -> int:
        nonlocal calls
        calls += 1
        count = real(connection, items)
        if calls == 2:
            raise RuntimeError("the disk is full")
        return count

    monkeypatch.setattr(sync.kinds["teahouse"], "store", store)
    assert run(account) is End.LATER
    assert (stored(), reread(account).cursor) == (teahouse.ORDERS[:10], {"after": 10})
    assert run(account) is End.DONE
    assert stored() == teahouse.ORDERS


def test_pausing_stops_a_run_at_its_next_page(account: Connection) -> None:
    def pause() -> None:
        services.connection_pause(account)

    Fake.script[:] = [fine, pause]

    assert run(account) is End.PAUSED

    row = reread(account)
    assert (stored(), row.status, row.next_attempt_at) == (teahouse.ORDERS[:10], "paused", None)
    assert run(account) is End.PAUSED
    with tenant(account.organization_id):
        services.connection_resume(row)
    assert run(account) is End.DONE
    assert stored() == teahouse.ORDERS


def test_a_connection_removed_during_its_run_ends_it(account: Connection) -> None:
    Fake.script[:] = [fine, lambda: services.connection_remove(account)]

    assert run(account) is End.PAUSED

    assert stored() == teahouse.ORDERS[:10]
    with every_tenant():
        assert not Connection.objects.filter(pk=account.pk).exists()


def test_a_vendor_slower_than_patience_is_left_for_later(
    account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fake, "pace", Pace(per_second=0.01, burst=1))
    monkeypatch.setattr(sync, "LONGEST_PAUSE_SECONDS", 0.1)

    assert run(account) is End.LATER

    row = reread(account)
    assert (row.cursor, row.status, row.last_error) == ({"after": 10}, "new", "")


def test_the_schedule_claims_what_is_due_once_a_lease(
    account: Connection, other_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr("apps.core.background.enqueue", lambda task, *args: sent.append(args))
    with tenant(other_organization.id):
        other = services.connection_create(kind="teahouse", provider="fake", name="Other", values={})
        services.connection_pause(other)

    assert tasks.sync_due() == 1
    assert tasks.sync_due() == 0

    assert sent == [(account.organization_id, account.id)]
    with every_tenant():
        Connection.objects.filter(pk=account.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert tasks.sync_due() == 1, "a worker that died with it is made up for"
    assert tasks.sync_connection(*sent[0]) == "done"
    assert stored() == teahouse.ORDERS


def test_resync_from_scratch_forgets_the_cursor(account: Connection) -> None:
    run(account)
    with tenant(account.organization_id):
        services.connection_resync(account, from_scratch=True)

    assert reread(account).cursor == {}
    assert wait(account) <= 0


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_connection_do_not_overlap() -> None:
    org = Organization.objects.create(name="One", slug="one")
    with tenant(org.id):
        account = services.connection_create(kind="teahouse", provider="fake", name="Orders", values={})
    inside, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        go_on.wait(5)

    Fake.script[:] = [hold]
    ends: list[End] = []

    def work() -> None:
        ends.append(run(account))
        database.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(5)
    assert run(account) is End.BUSY
    go_on.set()
    thread.join(10)

    assert (ends, stored()) == ([End.DONE], teahouse.ORDERS)
    teahouse.drop_table()
