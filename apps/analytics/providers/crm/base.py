"""Customer databases of others that companies are sent to: the kind `crm`.

A record that exists there already belongs to the people who work with it: only Mainstay's own fields are written in
it. Name, domain and place are written where a record is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.core.providers import Provider, ProviderError, ProviderField, Registry

SEND_HOT = ProviderField(
    "send_hot", _("Send hot companies by themselves"), kind="switch", required=False,
    help=_("Each company is sent when it becomes hot. Otherwise only what somebody chooses is sent."),
)


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A company as a CRM may see it. `key` is Mainstay's own name for it over there, the same for ever; `external_id`
    is the CRM's, empty while it is not known. `page` is the company's page in Mainstay."""

    key: str
    name: str
    domain: str = ""
    city: str = ""
    country: str = ""
    country_name: str = ""
    industry: str = ""
    score: int = 0
    temperature: str = "cold"
    visits: int = 0
    pageviews: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    page: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field that is sent: Mainstay's word for it, its name over there, its value. `when` says in which records:
    `new` (only in those that are made), `always`, or `there` (where the field has been set up)."""

    label: Any
    name: str
    value: str
    when: str = "always"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record. With neither `external_id` nor `error` nothing is known of it, and it is tried again.
    `error` is a key of `crm_error_words`, and after a colon what belongs to it.

    `retry`: the same may be taken later. `gone`: the record was deleted over there. `candidates`: ids of records the
    CRM thinks are the same.
    """

    key: str
    external_id: str = ""
    created: bool = False
    error: str = ""
    retry: bool = False
    gone: bool = False
    candidates: Sequence[str] = field(default=())


class Crm(Provider):
    """A vendor that keeps companies. `most` records go into one turn."""

    most: ClassVar[int] = 100

    def fields_of(self, record: CrmRecord) -> list[ShownField]:
        """What is sent of a company, without asking anybody."""
        raise ProviderError(f"{self.key} does not say what it sends", permanent=True)

    def find(self, records: Sequence[CrmRecord]) -> dict[str, str]:
        """Ids of the records that are there already, by our key: by Mainstay's mark, else by domain, else (without a
        domain) by exact name; of several the oldest. Raises ProviderError."""
        raise ProviderError(f"{self.key} cannot search", permanent=True)

    def write(self, records: Sequence[CrmRecord]) -> list[Outcome]:
        """Update those with an `external_id`, make the others; one outcome each. Doing it twice makes none twice.
        Raises ProviderError when the request as a whole was refused."""
        raise ProviderError(f"{self.key} cannot write", permanent=True)

    def link(self, external_id: str) -> str:
        """Where a person looks at the record; empty when that is not known."""
        return ""


crms: Registry[Crm] = Registry("crm", _("Customer databases (CRM)"))
