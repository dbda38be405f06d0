"""API keys: shown once, kept hashed, narrow."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import ApiKey, ApiKeyUsage, Membership, Organization, User
from apps.core.tenancy import tenant
from tests.factories.accounts import ApiKeyFactory


def test_authenticate_finds_the_key_by_its_secret(organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization)

    found = ApiKey.authenticate(key.raw)

    assert found == key
    assert found.organization == organization
    assert key.raw.startswith("msk_")
    assert key.raw.rsplit("_", 1)[1] not in str(vars(found))


def test_authenticate_refuses_what_is_wrong_revoked_or_expired(organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization)
    revoked = ApiKeyFactory(organization=organization, revoked_at=timezone.now())
    expired = ApiKeyFactory(organization=organization, expires_at=timezone.now() - timedelta(seconds=1))

    assert ApiKey.authenticate(key.raw[:-1] + ("a" if key.raw[-1] != "a" else "b")) is None
    assert ApiKey.authenticate(key.raw + "x") is None
    assert ApiKey.authenticate("") is None
    assert ApiKey.authenticate(revoked.raw) is None
    assert ApiKey.authenticate(expired.raw) is None


def test_authenticate_costs_one_query(organization: Organization, django_assert_num_queries) -> None:
    key = ApiKeyFactory(organization=organization)
    ApiKey.authenticate(key.raw)

    with django_assert_num_queries(1):
        assert ApiKey.authenticate(key.raw).organization.slug == "bakery"


def test_a_members_key_acts_as_the_member_is_today(organization: Organization, bob: User) -> None:
    key = ApiKeyFactory(organization=organization, user=bob)

    assert key.membership().role == Role.MANAGER

    with tenant(organization.id):
        Membership.objects.filter(user=bob).update(is_active=False)
    assert key.membership() is None


def test_scopes_open_families_of_actions(organization: Organization) -> None:
    reader = ApiKeyFactory(organization=organization, scopes=["read"])
    writer = ApiKeyFactory(organization=organization, scopes=["write"])
    tracker = ApiKeyFactory(organization=organization, scopes=["track"])

    assert reader.allows("metrics.view")
    assert not reader.allows("organization.edit")
    assert not reader.allows("team.view")
    assert writer.allows("organization.edit")
    assert not writer.allows("key.manage")
    assert not tracker.allows("metrics.view")


def test_uses_are_counted_by_day(organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization)
    day = timezone.now().replace(hour=12)

    key.record_use(at=day)
    key.record_use(3, at=day)
    key.record_use(at=day + timedelta(days=1))

    with tenant(organization.id):
        assert [row.calls for row in ApiKeyUsage.objects.order_by("day")] == [4, 1]
        assert ApiKey.objects.get(pk=key.pk).last_used_at == day + timedelta(days=1)
