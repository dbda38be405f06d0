"""The activity feed: recent events as sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.accounts.models import Organization
from apps.core import activity, outbox
from apps.core.models import OutboxEvent
from apps.core.tenancy import every_tenant, tenant
from tests.core.sample import Counted, Poured


@pytest.fixture(autouse=True)
def _lines() -> Iterator[None]:
    before = dict(activity._lines)
    activity._lines.clear()
    activity.show(
        Poured, text=lambda event: f"Cup {event.cup} was poured", icon="coffee", action="home.view",
        url=lambda event, slug: f"/o/{slug}/pots/{event.pot_id}/",
    )
    yield
    activity._lines.clear()
    activity._lines.update(before)


def pour(org: Organization, cup: int) -> OutboxEvent:
    with tenant(org.id), transaction.atomic():
        return outbox.publish(Poured(org.id, 7, cup))


def yes(action: str) -> bool:
    return True


def test_the_newest_stand_first_with_their_link(
    organization: Organization, other_organization: Organization
) -> None:
    for cup in range(3):
        pour(organization, cup)
    pour(other_organization, 99)

    with tenant(organization.id):
        found = activity.recent("bakery", yes, limit=2)
        older = activity.recent("bakery", yes, before=found[-1].id)

    assert [(entry.text, entry.url, entry.icon) for entry in found] == [
        ("Cup 2 was poured", "/o/bakery/pots/7/", "coffee"), ("Cup 1 was poured", "/o/bakery/pots/7/", "coffee"),
    ]
    assert [entry.text for entry in older] == ["Cup 0 was poured"]


def test_what_a_person_may_not_see_is_left_out(organization: Organization) -> None:
    pour(organization, 1)

    with tenant(organization.id):
        assert activity.recent("bakery", lambda action: action != "home.view") == []


def test_an_event_that_cannot_be_read_is_passed_over(organization: Organization) -> None:
    broken = pour(organization, 1)
    pour(organization, 2)
    with every_tenant():
        OutboxEvent.objects.filter(pk=broken.pk).update(payload={"nonsense": True})

    with tenant(organization.id):
        assert [entry.text for entry in activity.recent("bakery", yes)] == ["Cup 2 was poured"]


def test_an_event_type_is_shown_one_way_only() -> None:
    with pytest.raises(ValueError, match=r"sample\.poured is shown twice"):
        activity.show(Poured, text=str)
    activity.show(Counted, text=str)
