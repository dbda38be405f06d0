"""Organizations and the people in them. Factories only write rows: no mail, no events, no audit."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import ApiKey, ClientAssignment, Invitation, Membership, Organization, User
from apps.core.tenancy import tenant

PASSWORD = "tea-for-two-7"


class TenantFactory(DjangoModelFactory):
    """Saves each row in the scope of its own organization, so that tests need no scope to prepare."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with tenant(kwargs["organization"].id):
            return super()._create(model_class, *args, **kwargs)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    language = "en"
    password = factory.django.Password(PASSWORD)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Business {n}")
    slug = factory.Sequence(lambda n: f"business-{n}")
    time_zone = "Europe/Berlin"
    currency = "EUR"
    country = "DE"


class AgencyFactory(OrganizationFactory):
    name = factory.Sequence(lambda n: f"Agency {n}")
    slug = factory.Sequence(lambda n: f"agency-{n}")
    kind = OrganizationKind.AGENCY


class MembershipFactory(TenantFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.VIEWER


class ClientAssignmentFactory(TenantFactory):
    class Meta:
        model = ClientAssignment

    organization = factory.SelfAttribute("membership.organization")
    membership = factory.SubFactory(MembershipFactory)
    client = factory.SubFactory(OrganizationFactory)


class InvitationFactory(TenantFactory):
    class Meta:
        model = Invitation

    organization = factory.SubFactory(OrganizationFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.com")
    role = Role.VIEWER

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        invitation = model_class(**kwargs)
        expires_at = invitation.expires_at
        invitation.renew()
        invitation.expires_at = expires_at
        with tenant(invitation.organization_id):
            invitation.save()
        return invitation


class ApiKeyFactory(TenantFactory):
    """`key.raw` is what a caller would present."""

    class Meta:
        model = ApiKey

    organization = factory.SubFactory(OrganizationFactory)
    name = "Server"
    scopes = ["read"]

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        key = model_class(**kwargs)
        key.raw = key.generate()
        with tenant(key.organization_id):
            key.save()
        return key
