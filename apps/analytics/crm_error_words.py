"""Why a company is not in a CRM, in words. Kept is a key, and after a colon what belongs to it; an entry from before
that was so holds the words themselves."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.models import CrmEntry
from apps.core.providers import find_vendor

_WHY: dict[str, Any] = {
    "refused": _("%(vendor)s refused: %(reason)s"),
    "gone": _("The record was deleted in %(vendor)s. Send it again to make a new one."),
    "duplicate": _("A duplicate rule in %(vendor)s says that this account is there already, under another address."),
    "name": _("%(vendor)s refuses this name."),
    "unlisted": _("It is not listed as a company of its own any more."),
    "taken": _(
        "The record found there belongs to %(company)s already. Merge the two companies, or correct the domain of one."
    ),
    "unsaid": _("%(vendor)s did not say what became of it."),
    "unsaid-yet": _("%(vendor)s did not say what became of it. It is tried again."),
    "waits": _("It waits until %(vendor)s can be asked again."),
}


def why(entry: CrmEntry) -> str:
    """The reason, for whoever reads it now; empty while there is none."""
    key, _colon, detail = entry.error.partition(":")
    if key not in _WHY:
        return entry.error
    connection = entry.connection
    if key == "waits" and connection.last_error:
        return connection.last_error
    vendor = find_vendor(connection.kind, connection.provider)
    name = vendor.label if vendor else connection.name
    return str(_WHY[key] % {"vendor": name, "reason": detail, "company": detail})
