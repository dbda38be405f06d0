"""Which events go to a destination under which name, and what its consent rule lets through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.enums import ConsentRule
from apps.analytics.providers.base import EVERY, Destination, Outgoing, Skip

# What the tracker sends for its own counting. Sent on only where somebody names it.
INTERNAL = frozenset({"leave", "vitals", "identify"})
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Route:
    """A destination as the pipeline needs it: no secrets, and nothing that changes while it works."""

    id: int
    organization_id: int
    vendor: Destination
    events: Mapping[str, str]
    consent: str

    def name_for(self, name: str) -> str:
        """What an event is called over there; empty when it stays here."""
        return name_over_there(self.events, name)

    def payload(self, event: Outgoing, name: str, now: datetime) -> dict[str, Any]:
        """The event as it will be sent; raises Skip with the reason, in words, why it will not."""
        max_age = self.vendor.max_age
        if max_age is not None and now - event.at > max_age:
            raise Skip(too_old(self.vendor))
        return self.vendor.prepare(allowed(event, self.consent, self.vendor), name)


def name_over_there(events: Mapping[str, str], name: str) -> str:
    """The name under which a mapping sends an event; empty when it leaves it out."""
    found = events.get(name)
    if found is None:
        found = "" if name in INTERNAL else events.get(EVERY, "")
    return name if found == EVERY else found


def allowed(event: Outgoing, rule: str, vendor: Destination) -> Outgoing:
    """What of an event may leave by a consent rule; raises Skip when nothing may."""
    if event.consent or rule == ConsentRule.ALWAYS:
        return event
    if rule == ConsentRule.ANONYMOUS and vendor.takes_anonymous:
        return event.anonymous()
    raise Skip(_("The visitor has not agreed."))


def too_old(vendor: Destination) -> str:
    """Why an event is not sent any more, in words."""
    hours = int(vendor.max_age.total_seconds() // 3600) if vendor.max_age else 0
    words = ngettext(
        "Older than the %(hours)d hour that %(vendor)s allows.",
        "Older than the %(hours)d hours that %(vendor)s allows.", hours,
    )
    return words % {"hours": hours, "vendor": vendor.label}
