"""Sites."""

from __future__ import annotations

import factory

from apps.analytics.models import Site
from tests.factories.accounts import OrganizationFactory, TenantFactory


class SiteFactory(TenantFactory):
    """An active site of a given organization."""

    class Meta:
        model = Site

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Site {n}")
    domains = factory.Sequence(lambda n: [f"site{n}.example"])
