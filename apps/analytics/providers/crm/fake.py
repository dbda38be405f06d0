"""A CRM inside Mainstay, for the demo, development and tests: its records live in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.crm.base import SEND_HOT, Crm, CrmRecord, Outcome, ShownField, crms
from apps.core.providers import ProviderError, ProviderField

KEEP_SECONDS = 7 * 86_400


@crms.register
class FakeCrm(Crm):
    """Takes every company but those it is told to refuse."""

    key = "fake"
    label = _("Demo CRM")
    icon = "contact"
    help = _("Nothing leaves this installation.")
    fields = (
        ProviderField("box", _("Box"), required=False, help=_("Connections of one box share their records.")),
        ProviderField("refuse", _("Refuse"), required=False, help=_("A word: companies with it in their name are"
                                                                   " refused.")),
        ProviderField("token", _("Token"), kind="secret", required=False),
        SEND_HOT,
    )
    most: ClassVar[int] = 50

    def check(self) -> str:
        """Works unless the token says it does not."""
        self._refuse()
        return _t("Demo account")

    def fields_of(self, record: CrmRecord) -> list[ShownField]:
        """As HubSpot has them."""
        return [
            ShownField(_("Name"), "name", record.name, "new"), ShownField(_("Domain"), "domain", record.domain, "new"),
            ShownField(_("Score"), "score", str(record.score)),
        ]

    def find(self, records: Sequence[CrmRecord]) -> dict[str, str]:
        """By key, domain or name."""
        self._refuse()
        stored, found = self._stored(), {}
        for record in records:
            for number, row in stored.items():
                same_domain = record.domain and row["domain"] == record.domain
                same_name = not record.domain and row["name"].casefold() == record.name.casefold()
                if row["key"] == record.key or same_domain or same_name:
                    found[record.key] = number
                    break
        return found

    def write(self, records: Sequence[CrmRecord]) -> list[Outcome]:
        """Into the cache."""
        self._refuse()
        stored, found = self._stored(), []
        keys = {row["key"]: number for number, row in stored.items()}
        for record in records:
            word = str(self.config.get("refuse") or "")
            number = record.external_id or keys.get(record.key, "")
            if word and word.casefold() in record.name.casefold():
                found.append(Outcome(record.key, error="name"))
            elif record.external_id and record.external_id not in stored:
                found.append(Outcome(record.key, error="gone", gone=True))
            else:
                made = not number
                number = number or str(1000 + len(stored))
                kept = stored.get(number) or {"name": record.name, "domain": record.domain}
                stored[number] = {**kept, "key": record.key, "score": record.score}
                found.append(Outcome(record.key, number, created=made))
        cache.set(self._box, stored, KEEP_SECONDS)
        return found

    def link(self, external_id: str) -> str:
        """There is no page of it; the connection's own stands in."""
        return f"{settings.BASE_URL}/?record={external_id}"

    @property
    def _box(self) -> str:
        return f"fake-crm:{self.config.get('box') or ''}"

    def _stored(self) -> dict[str, dict[str, Any]]:
        return dict(cache.get(self._box) or {})

    def _refuse(self) -> None:
        if self.secrets.get("token") == "wrong":
            raise ProviderError(_t("The token is not accepted."), permanent=True)
        if self.secrets.get("token") == "busy":
            raise ProviderError(_t("The demo CRM asks to wait."), retry_after=60)
