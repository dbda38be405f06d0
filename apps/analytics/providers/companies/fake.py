"""A look-up service inside Mainstay, for development and tests: it knows the addresses set aside for documentation."""

from __future__ import annotations

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import CompanyFact
from apps.analytics.providers.companies.base import CompanyLookup, company_lookups
from apps.core.providers import ProviderError, ProviderField


@company_lookups.register
class FakeLookup(CompanyLookup):
    """Answers for 192.0.2.0/24 and nothing else; out of order and out of quota on demand."""

    key = "fake"
    label = _("Demo look-up")
    icon = "building-2"
    help = _("Nothing leaves this installation. It knows the addresses set aside for examples.")
    fields = (
        ProviderField("token", _("Token"), kind="secret", required=False),
        ProviderField("used_up", _("Quota used up"), kind="switch", required=False,
                      help=_("Answer every request like an account without look-ups left.")),
    )

    def check(self) -> str:
        """Works unless the token says it does not."""
        self._refuse()
        return _t("Demo account")

    def find(self, address: str) -> CompanyFact | None:
        """One company for the example network."""
        self._refuse()
        if not address.startswith("192.0.2."):
            return None
        return CompanyFact(name="Example Works", domain="example.com", kind="business", country="DE")

    def _refuse(self) -> None:
        if self.secrets.get("token") == "wrong":
            raise ProviderError(_t("The token is not accepted."), permanent=True)
        if self.config.get("used_up"):
            raise ProviderError(_t("No look-ups are left."), retry_after=3600)
