"""The first wall: managers that answer only within a scope, and rows that cannot change sides."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.db.utils import ProgrammingError

from apps.accounts.models import Organization
from apps.core.models import Connection
from apps.core.tenancy import (
    NoTenant,
    WrongTenant,
    current_org_id,
    current_scope,
    every_tenant,
    no_tenant,
    tenant,
    tenants,
)


def connect(org: Organization, name: str = "Mail") -> Connection:
    with tenant(org.id):
        row = Connection(kind="notification_transport", provider="fake", name=name)
        row.save()
    return row


def test_outside_any_scope_nothing_is_read_or_saved(organization: Organization) -> None:
    with pytest.raises(NoTenant):
        Connection.objects.count()
    with pytest.raises(NoTenant):
        Connection(organization=organization, kind="x", provider="fake", name="n").save()
    with pytest.raises(NoTenant):
        current_org_id()


def test_a_scope_shows_only_its_own_rows(organization: Organization, other_organization: Organization) -> None:
    mine, theirs = connect(organization), connect(other_organization)

    with tenant(organization.id):
        assert list(Connection.objects.all()) == [mine]
    with tenants([organization.id, other_organization.id]):
        assert set(Connection.objects.all()) == {mine, theirs}
    with tenants([]):
        assert list(Connection.objects.all()) == []
    with every_tenant():
        assert Connection.objects.count() == 2


def test_save_fills_the_organization_and_refuses_another(
    organization: Organization, other_organization: Organization
) -> None:
    row = connect(organization)

    assert row.organization_id == organization.id
    with tenant(other_organization.id), pytest.raises(WrongTenant):
        row.save()
    with tenants([organization.id, other_organization.id]), pytest.raises(NoTenant):
        Connection(kind="x", provider="fake", name="whose?").save()


def test_scopes_nest_and_end_also_after_an_error(organization: Organization) -> None:
    def enter_and_fail() -> None:
        with tenant(organization.id):
            with every_tenant():
                assert current_scope() is not None
            assert current_org_id() == organization.id
            with no_tenant():
                assert current_scope() is None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        enter_and_fail()
    assert current_scope() is None


def test_what_goes_round_save_still_meets_the_second_wall(
    organization: Organization, other_organization: Organization
) -> None:
    foreign = Connection(organization=other_organization, kind="x", provider="fake", name="smuggled")

    with tenant(organization.id), pytest.raises(ProgrammingError, match="row-level security"):
        Connection.objects.bulk_create([foreign])


@pytest.mark.django_db(transaction=True)
def test_threads_begin_without_a_scope(organization: Organization) -> None:
    seen: list[Any] = []

    def work() -> None:
        seen.append(current_scope())

    with tenant(organization.id):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == [None]


@pytest.mark.django_db(transaction=True)
async def test_async_tasks_side_by_side_keep_their_own_scope() -> None:
    orgs = [await sync_to_async(Organization.objects.create)(name=f"O{n}", slug=f"o{n}") for n in range(4)]
    for org in orgs:
        await sync_to_async(connect)(org, org.name)

    async def names(org: Organization) -> list[str]:
        found = []
        with tenant(org.id):
            for _ in range(10):
                await asyncio.sleep(0)
                found += [row.name async for row in Connection.objects.all()]
        return found

    answers = await asyncio.gather(*(names(org) for org in orgs))
    await sync_to_async(connections.close_all)()

    assert answers == [[org.name] * 10 for org in orgs]
    assert current_scope() is None
