"""What an owner can switch for a site."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.analytics.enums import CompanyMode, ConsentMode


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What an owner can switch for a site. Stored as JSON; unknown keys are dropped, missing ones take the default.

    Events from `refused_hosts` are left out. `ip_retention_days` 0 means that the address is used for the place and
    the visitor's daily mark and then forgotten. `keep_months` is how many whole months of visits and events are kept
    beside the running one; 0 keeps all.
    """

    consent: str = ConsentMode.COOKIELESS
    gpc: bool = False
    spa: bool = True
    hash: bool = False
    outbound: bool = True
    downloads: bool = True
    forms: bool = True
    not_found: bool = True
    scroll: bool = True
    vitals: bool = True
    test: bool = False
    truncate_ip: bool = False
    ip_retention_days: int = 0
    keep_months: int = 0
    only_known_hosts: bool = False
    companies: str = CompanyMode.NETWORKS
    refused_hosts: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> SiteSettings:
        """Read what is stored; a value of the wrong type counts as missing."""
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            value = stored.get(field.name)
            if field.name == "refused_hosts" and isinstance(value, list):
                found[field.name] = tuple(str(name) for name in value)
            elif type(value) is type(field.default) or (field.name == "consent" and value in ConsentMode.values):
                found[field.name] = value
            elif field.name == "companies" and field.name in stored:
                found[field.name] = value if value in CompanyMode.values else CompanyMode.OFF  # the careful reading
        return cls(**found)

    def kept_from(self, now: datetime) -> datetime | None:
        """The first instant (a month's beginning in UTC) whose visits and events are kept; None keeps all."""
        if self.keep_months <= 0:
            return None
        number = now.year * 12 + now.month - 1 - self.keep_months
        return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {**dataclasses.asdict(self), "consent": str(self.consent),
                "companies": str(self.companies),
                "refused_hosts": list(self.refused_hosts)}
