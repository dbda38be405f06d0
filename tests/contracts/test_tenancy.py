"""Every row belongs to an organization and is walled off by PostgreSQL itself, or stands on a short list."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from apps.accounts.models import Membership, Organization, User
from apps.core.models import Connection, OutboxEvent, TenantModel
from apps.core.tenancy import NoTenant, WrongTenant, every_tenant, tenant, tenants

# Tables of no organization, and why.
GLOBAL = {
    "accounts.Organization": "the tenant itself",
    "accounts.User": "a person may belong to many organizations",
    "accounts.FormerAddress": "read before anything is known of the caller; names an organization and nothing else",
    "accounts.Withdrawal": "what was deleted, kept after its organization is gone",
    "core.OutboxReceipt": "that a receiver has handled an event; its event is walled off",
    "core.StoredAnswer": "some writes belong to no organization yet; answers are encrypted and kept a day",
    "analytics.Inbox": "accepted requests the pipeline has not read yet; COPY refuses walled tables",
    "analytics.DeadLetter": "what the pipeline could not read, so whose it is may be unknown",
    "analytics.PipelineMinute": "how the pipeline is doing; no customer's data",
    "core.OpsPoint": "what the installation measured of itself; no customer's data",
    "core.Revocation": "access to be given back at a vendor, also after its organization is erased; encrypted",
    "core.Alarm": "what is wrong with the installation as a whole",
    "analytics.DailySalt": "the day's secret; one for all",
    "analytics.StoreJob": "orders to the pipeline; names a site by number",
    "notifications.SeenDevice": "a person's devices, across organizations",
    "notifications.Preference": "a person's wishes, across organizations",
    "notifications.Notification": "a person is told things; some belong to no organization. Walled where one does",
    "notifications.Delivery": "mails; some, like a sign-in code, belong to no organization. Walled where one does",
}
OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
TENANT = [model for model in OURS if issubclass(model, TenantModel)]


def label(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


@pytest.mark.parametrize("model", OURS, ids=label)
def test_every_model_belongs_to_an_organization_or_says_why_not(model: type[models.Model]) -> None:
    assert issubclass(model, TenantModel) or label(model) in GLOBAL


@pytest.mark.parametrize("model", TENANT, ids=label)
def test_tenant_models_fail_closed(model: type[models.Model]) -> None:
    with pytest.raises(NoTenant):
        model.objects.count()  # type: ignore[attr-defined]
    assert model._meta.base_manager_name == "unscoped"
    assert label(model) not in GLOBAL


@pytest.mark.parametrize("model", TENANT, ids=label)
def test_tenant_tables_have_the_wall(model: type[models.Model], db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relrowsecurity, c.relforcerowsecurity, p.polname, p.polpermissive, p.polcmd,"
            " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = %s::regclass",
            [model._meta.db_table],
        )
        rows = cursor.fetchall()

    assert [row[:5] for row in rows] == [(True, True, "tenant_wall", True, "*")]
    condition = rows[0][5]
    assert "organization_id = ANY" in condition
    assert condition.count("current_setting('mainstay.orgs'::text, true)") == 2
    assert rows[0][6] is None  # what may be read is what may be written


def test_global_tables_that_name_an_organization_have_a_wall_too(db: None) -> None:
    read_before_anything_is_known = {"accounts.FormerAddress"}
    named = [
        model
        for model in OURS
        if label(model) in set(GLOBAL) - read_before_anything_is_known
        and any(field.name == "organization" for field in model._meta.local_fields)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relrowsecurity AND relforcerowsecurity",
            [[model._meta.db_table for model in named]],
        )
        walled = {row[0] for row in cursor.fetchall()}

    assert [label(model) for model in named if model._meta.db_table not in walled] == []


def test_partitions_have_the_wall_too(db: None) -> None:
    """A partition named directly is not protected by its parent's policy."""
    tables = [model._meta.db_table for model in TENANT]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relid::regclass::text FROM unnest(%s::text[]) AS parent(name)"
            " CROSS JOIN LATERAL pg_partition_tree(parent.name::regclass) AS t JOIN pg_class c ON c.oid = t.relid"
            " WHERE t.level > 0 AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
            [tables],
        )
        assert [row[0] for row in cursor.fetchall()] == []


def test_the_role_is_bound_by_the_wall(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


def count_raw(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        return cursor.fetchone()[0]


def test_raw_sql_sees_no_foreign_row(
    organization: Organization, other_organization: Organization, alice: User, charlie: User
) -> None:
    for owner in (organization, other_organization):
        with tenant(owner.pk):
            Connection.objects.create(kind="mail", provider="fake", name="One")
            OutboxEvent.objects.create(name="x.y", aggregate="x:1", payload={})

    for model in (Membership, Connection, OutboxEvent):
        assert count_raw(model) == 0
        with tenant(organization.pk):
            assert count_raw(model) == 1
        with tenants([organization.pk, other_organization.pk]):
            assert count_raw(model) == 2
        with every_tenant():
            assert count_raw(model) == 2
        assert count_raw(model) == 0


def test_raw_sql_changes_no_foreign_row(organization: Organization, other_organization: Organization) -> None:
    with tenant(other_organization.pk):
        Connection.objects.create(kind="mail", provider="fake", name="Theirs")
    with tenant(organization.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE core_connection SET name = 'Mine'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM core_connection")
        assert cursor.rowcount == 0
    with tenant(other_organization.pk):
        assert Connection.objects.get().name == "Theirs"


def test_rows_cannot_be_planted(organization: Organization, other_organization: Organization) -> None:
    from django.db import ProgrammingError, transaction

    with tenant(organization.pk):
        with pytest.raises(WrongTenant):
            Connection(organization=other_organization, kind="a", provider="b", name="c").save()
        foreign: Any = Connection(organization=other_organization, kind="a", provider="b", name="c")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Connection.unscoped.bulk_create([foreign])
