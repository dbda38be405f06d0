"""The second wall: PostgreSQL itself shows a session only the rows of its scope, whatever is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction

from apps.accounts.models import Organization
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.core.test_tenancy import connect

COUNT = "SELECT count(*) FROM core_connection"


def raw(sql: str = COUNT, params: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


@pytest.fixture
def both(organization: Organization, other_organization: Organization) -> tuple[Organization, Organization]:
    connect(organization)
    connect(other_organization)
    connect(other_organization, "Second")
    return organization, other_organization


def test_raw_sql_sees_what_the_scope_sees(both: tuple[Organization, Organization]) -> None:
    mine, theirs = both

    assert raw() == 0
    with tenant(mine.id):
        assert raw() == 1
    with tenant(theirs.id):
        assert raw() == 2
    with every_tenant():
        assert raw() == 3
    assert raw() == 0


def test_unscoped_manager_meets_the_wall_too(both: tuple[Organization, Organization]) -> None:
    with tenant(both[0].id):
        assert Connection.unscoped.count() == 1


def test_raw_update_and_delete_do_not_reach_over(both: tuple[Organization, Organization]) -> None:
    with tenant(both[0].id), connection.cursor() as cursor:
        cursor.execute("UPDATE core_connection SET name = 'mine now'")
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM core_connection WHERE organization_id = %s", [both[1].id])
        assert cursor.rowcount == 0


def test_a_row_cannot_be_moved_over(both: tuple[Organization, Organization]) -> None:
    with tenant(both[0].id), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Connection.objects.update(organization=both[1])


def test_a_savepoint_rolled_back_takes_its_scope_with_it(both: tuple[Organization, Organization]) -> None:
    mine, theirs = both

    @transaction.atomic
    def look_elsewhere_and_fail() -> None:
        with tenant(theirs.id):
            assert raw() == 2
        raise ZeroDivisionError

    with transaction.atomic(), tenant(mine.id):
        assert raw() == 1
        with pytest.raises(ZeroDivisionError):
            look_elsewhere_and_fail()
        assert raw() == 1
        with tenant(theirs.id):
            assert raw() == 2
        assert raw() == 1


def test_an_error_inside_a_savepoint_does_not_leave_a_foreign_scope(both: tuple[Organization, Organization]) -> None:
    mine, theirs = both
    with tenant(mine.id):
        with pytest.raises(DatabaseError), tenant(theirs.id), transaction.atomic():
            raw("SELECT 1 / 0")
        assert raw() == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_rolled_back_takes_its_scope_with_it() -> None:
    org = Organization.objects.create(name="One", slug="one")
    connect(org)

    @transaction.atomic
    def look_and_fail() -> None:
        with tenant(org.id):
            assert raw() == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        look_and_fail()

    assert raw() == 0
    with tenant(org.id):
        assert raw() == 1


@pytest.mark.django_db(transaction=True)
def test_a_reconnected_session_is_told_again() -> None:
    org = Organization.objects.create(name="One", slug="one")
    connect(org)

    with tenant(org.id):
        assert raw() == 1
        connection.close()
        assert raw() == 1
    connection.close()
    assert raw() == 0


@pytest.mark.django_db(transaction=True)
def test_connections_from_a_pool_do_not_remember_the_last_borrower() -> None:
    org = Organization.objects.create(name="One", slug="one")
    connect(org)
    options = {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 1, "max_size": 1}}}
    pooled = type(connections["default"])({**connection.settings_dict, **options}, "default")
    try:
        with tenant(org.id), pooled.cursor() as cursor:
            cursor.execute(COUNT)
            assert cursor.fetchone()[0] == 1
        pooled.close()

        with pooled.cursor() as cursor:
            cursor.execute(COUNT)
            assert cursor.fetchone()[0] == 0
    finally:
        pooled.close()
        pooled.close_pool()


@pytest.mark.django_db(transaction=True)
def test_another_thread_has_its_own_session_and_sees_nothing() -> None:
    org = Organization.objects.create(name="One", slug="one")
    connect(org)
    seen: list[int] = []

    def work() -> None:
        seen.append(raw())
        with tenant(org.id):
            seen.append(raw())
        connection.close()

    with tenant(org.id):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == [0, 1]


def test_a_server_side_cursor_keeps_the_scope_it_was_opened_in(both: tuple[Organization, Organization]) -> None:
    mine, theirs = both
    with tenant(theirs.id):
        rows: Iterator[Connection] = Connection.objects.order_by("id").iterator(chunk_size=1)
        first = next(rows)
        with tenant(mine.id):
            rest = list(rows)

    assert {first.organization_id, *(row.organization_id for row in rest)} == {theirs.id}
    assert len(rest) == 1


def test_the_application_may_not_step_over_the_wall_by_role(both: tuple[Organization, Organization]) -> None:
    assert raw("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False
    assert raw("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'core_connection'") is True
