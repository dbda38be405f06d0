"""Events of companies. A CRM takes a hot company over by subscribing to `CompanyBecameHot`."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.company_became_hot", aggregate="company_id", label=_("Company became hot"))
@dataclass(frozen=True, slots=True)
class CompanyBecameHot:
    """A visiting company has reached the score from which its owner calls it hot."""

    organization_id: int
    company_id: int
    name: str
    domain: str
    score: int


@dataclass(frozen=True, slots=True)
class CompanyFact:
    """What a look-up says of an address: whose it is. `kind` is a NetworkKind, empty where the service does not say."""

    name: str = ""
    domain: str = ""
    kind: str = ""
    country: str = ""
    city: str = ""
    industry: str = ""
    size: str = ""
    network: int = 0
    is_own: bool = True  # of the address itself; False: only of the network it lies in
