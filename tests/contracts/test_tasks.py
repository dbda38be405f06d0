"""Every task may run twice: the broker delivers at least once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.db.models import BinaryField
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.api.stored import StoredAnswer
from apps.core.models import Connection, OutboxEvent, Revocation
from apps.core.tenancy import every_tenant, tenant
from apps.notifications.contracts import Message
from apps.notifications.delivery import queue
from tests.factories.accounts import InvitationFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

current_app.loader.import_default_modules()
TASKS = sorted(name for name in current_app.tasks if name.startswith("apps."))
MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def outbox(organization: Organization, **extra: Any) -> tuple[()]:
    with tenant(organization.pk):
        OutboxEvent.objects.create(name="nobody.listens", aggregate="x:1", payload={}, **extra)
    return ()


def a_connection(organization: Organization) -> tuple[int, int]:
    with tenant(organization.pk):
        row = Connection.objects.create(
            kind="notification_transport", provider="fake", name="Fake", next_attempt_at=timezone.now()
        )
    return organization.pk, row.pk


def a_delivery(organization: Organization) -> tuple[int]:
    with tenant(organization.pk):
        message = Message(to=("a@example.com",), subject="Hello", text="Hello", html="")
        return (queue(message, organization_id=organization.pk).pk,)


def an_answer(organization: Organization) -> tuple[()]:
    StoredAnswer.objects.create(
        caller="user:1", key="k", fingerprint="f", started_at=timezone.now() - timedelta(days=2)
    )
    return ()


def nothing(organization: Organization) -> tuple[()]:
    return ()


def a_company(organization: Organization) -> tuple[()]:
    now = timezone.now()
    with tenant(organization.pk):
        apps.get_model("analytics.Company").objects.create(
            key="as:64500", name="Acme", first_seen_at=now, last_seen_at=now
        )
    return ()


def a_company_for_a_crm(organization: Organization) -> tuple[int, int]:
    a_company(organization)
    with tenant(organization.pk):
        crm = Connection.objects.create(kind="crm", provider="fake", name="CRM")
        company = apps.get_model("analytics.Company").objects.get()
        apps.get_model("analytics.CrmEntry").objects.create(company=company, connection=crm)
    return organization.pk, crm.pk


def an_address(organization: Organization) -> tuple[()]:
    site = SiteFactory(organization=organization)
    with tenant(organization.pk):
        apps.get_model("analytics.AddressLookup").objects.create(
            session_id=1, site=site, kind="isp", address="127.0.0.1", seen_at=timezone.now(),
            created_at=timezone.now() - timedelta(hours=1),
        )
    return ()


def a_watched_site(organization: Organization) -> tuple[()]:
    site = SiteFactory(organization=organization, detected_at=timezone.now() - timedelta(days=2))
    with tenant(organization.pk):
        apps.get_model("analytics.TrafficAlert").objects.create(site=site, drop_visitors=5)
    return ()


def an_upload(organization: Organization) -> tuple[int, int]:
    site = SiteFactory(organization=organization)
    with tenant(organization.pk):
        row = apps.get_model("analytics.Import").objects.create(site=site, kind="log", name="a", file="imports/gone")
    return organization.pk, row.pk


def a_revocation(organization: Organization) -> tuple[()]:
    Revocation.objects.create(kind="gone", provider="gone", secrets={"access_token": "a"})
    return ()


def a_closed_demo(org: Organization) -> tuple[Any, ...]:
    OrganizationFactory(is_demo=True, delete_after=timezone.now())
    return ()


# What each task is given to do. A new task gets its line here.
WORK: dict[str, Callable[[Organization], tuple[Any, ...]]] = {
    "apps.accounts.tasks.send_invitation": lambda org: (org.pk, InvitationFactory(organization=org).pk),
    "apps.accounts.tasks.send_invitations_left_behind": nothing,
    "apps.accounts.tasks.write_key_usage": nothing,
    "apps.analytics.tasks.check_site": lambda org: (
        org.pk, SiteFactory(organization=org, domains=["127.0.0.1"]).pk,
    ),
    "apps.analytics.tasks.look_at_import": an_upload,
    "apps.analytics.tasks.sweep_import_files": lambda org: (an_upload(org), ())[1],
    "apps.analytics.tasks.look_up_addresses": an_address,
    "apps.analytics.tasks.score_companies": a_company,
    "apps.analytics.tasks.score_companies_nightly": a_company,
    "apps.analytics.tasks.send_to_crm": a_company_for_a_crm,
    "apps.analytics.tasks.send_to_crms": lambda org: (a_company_for_a_crm(org), ())[1],
    "apps.core.tasks.clean_outbox": lambda org: outbox(
        org, created_at=timezone.now() - timedelta(days=400), dispatched_at=timezone.now() - timedelta(days=400)
    ),
    "apps.analytics.tasks.make_columns": nothing,
    "apps.analytics.tasks.score_sites": lambda org: (SiteFactory(organization=org), ())[1],
    "apps.analytics.tasks.watch_pipeline": nothing,
    "apps.analytics.tasks.watch_traffic": a_watched_site,
    "apps.core.tasks.measure_installation": nothing,
    "apps.core.tasks.forget_answers": an_answer,
    "apps.core.tasks.relay_outbox": outbox,
    "apps.core.tasks.revoke_access": a_revocation,
    "apps.core.tasks.sync_connection": a_connection,
    "apps.core.tasks.sync_due": nothing,
    "apps.demo.tasks.erase_demo": a_closed_demo,
    "apps.metrics.tasks.roll_up_hours": nothing,
    "apps.notifications.tasks.clean_deliveries": nothing,
    "apps.notifications.tasks.deliver": a_delivery,
    "apps.notifications.tasks.deliver_due": nothing,
}  # fmt: skip


def rows() -> dict[str, list[Any]]:
    with every_tenant():
        return {
            model._meta.label: sorted(
                (
                    tuple(
                        (field.name, str(getattr(row, field.attname)))
                        for field in model._meta.local_fields
                        if not isinstance(field, BinaryField)
                    )
                    for row in model._base_manager.all()
                ),
            )
            for model in MODELS
        }


def test_every_task_is_tried() -> None:
    assert sorted(WORK) == TASKS


@pytest.mark.parametrize("name", TASKS)
def test_twice_is_once(
    name: str, organization: Organization, time_machine: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.DEMO = True  # mail goes to the mailbox of the demo
    time_machine.move_to("2026-11-20 12:00:00+00:00", tick=False)
    work = WORK[name](organization)

    current_app.tasks[name].run(*work)
    first, mails = rows(), len(mailoutbox)
    current_app.tasks[name].run(*work)

    assert rows() == first
    assert len(mailoutbox) == mails
