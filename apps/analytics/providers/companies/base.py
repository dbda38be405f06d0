"""Services that say whose an address is: the kind `company_lookup`. Visitors' addresses are sent to them, which is
why nothing is asked unless the owner connects one and the site says so."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import CompanyFact
from apps.core.providers import Provider, ProviderError, Registry


class CompanyLookup(Provider):
    """A service that knows companies by address. `keep_days` is how long an answer may be remembered."""

    keep_days: ClassVar[int] = 30

    def find(self, address: str) -> CompanyFact | None:
        """Whose it is, None when the service does not know; raises ProviderError (`retry_after` when it asks to wait,
        permanent when the account needs a person)."""
        raise ProviderError(f"{self.key} cannot look up", permanent=True)


company_lookups: Registry[CompanyLookup] = Registry("company_lookup", _("Company recognition"))
