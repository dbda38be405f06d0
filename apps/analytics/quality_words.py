"""The parts of a data quality score in an owner's words: what each counts, over what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext_lazy

from apps.analytics.enums import Doubt, Drop
from apps.metrics.words import say

_EVENTS = ngettext_lazy("%(count)s of %(of)s event", "%(count)s of %(of)s events", "number")


@dataclass(frozen=True, slots=True)
class PartWords:
    """`page` is where something can be done about it, `anchor` where on that page."""

    label: Any
    counts: Any
    todo: Any
    button: Any
    page: str
    anchor: str = ""
    template: Any = _EVENTS

    def said(self, count: int, of: int) -> str:
        """The numbers behind it."""
        return str(self.template % {"number": of, "count": say(count, "count"), "of": say(of, "count")})


_GUIDE = _lazy("Show the tracking code")
PARTS = {
    "accepted": PartWords(
        _lazy("Events are valid"), _lazy("Events that were refused or could not be read."),
        _lazy("The list below names the field that was wrong. It is in the code that sends the event."),
        _lazy("See the reasons"), "site-quality", "#reasons",
    ),
    "purchases": PartWords(
        _lazy("Purchases are complete"), _lazy("Purchases without an order number, a value or a currency."),
        _lazy("Send all three with each purchase: repeats are then found, and revenue is right."),
        _GUIDE, "site-install",
        template=ngettext_lazy("%(count)s of %(of)s purchase", "%(count)s of %(of)s purchases", "number"),
    ),
    "hosts": PartWords(
        _lazy("Events come from your addresses"), _lazy("Events from hosts that are not in the site's settings."),
        _lazy("Add the hosts that are yours and refuse the others."), _lazy("Look at the hosts"), "site-quality",
        "#hosts",
    ),
    "gaps": PartWords(
        _lazy("No hours are missing"), _lazy("Hours in which no visit began though ten or more usually do."),
        _lazy("Was the site down, or the tracking code gone?"), _lazy("See the gaps"), "site-quality", "#gaps",
        ngettext_lazy("%(count)s of %(of)s hour", "%(count)s of %(of)s hours", "number"),
    ),
    "duplicates": PartWords(
        _lazy("Events are sent once"), _lazy("Events that arrived a second time. They are counted once."),
        _lazy("Is the tracking code in the page twice, or a confirmation page opened again?"), _GUIDE, "site-install",
    ),
    "personal": PartWords(
        _lazy("Addresses name nobody"),
        _lazy("Page addresses with an e-mail address in them. It is taken out before anything is stored."),
        _lazy("Have forms send by POST, and links carry a number instead of an e-mail address."),
        _lazy("See where"), "site-quality", "#reasons",
    ),
    "campaigns": PartWords(
        _lazy("Campaign links can be read"),
        _lazy("Addresses with UTM parameters in capitals, which are not recognised, or with more than 40 parameters."),
        _lazy("Write utm_source and the like in small letters."), _lazy("See which"), "site-quality", "#reasons",
    ),
    "clock": PartWords(
        _lazy("Clocks are right"), _lazy("Events whose time could not be believed; they count when they arrived."),
        _lazy("A few wrong clocks are usual among visitors. Many point to a server whose clock is off."),
        _lazy("See the reasons"), "site-quality", "#reasons",
    ),
    "install": PartWords(
        _lazy("Every address sends"), _lazy("Addresses of the site from which nothing came within the week."),
        _lazy("Put the tracking code into their pages, or take them out of the settings."), _GUIDE, "site-install",
        template=ngettext_lazy("%(count)s of %(of)s address", "%(count)s of %(of)s addresses", "number"),
    ),
}


def reason_words(reason: str) -> str:
    """Why events were not counted."""
    return {
        Drop.INVALID: _("Refused: not valid"), Drop.LIMIT: _("Refused: too many at once"),
        Drop.DUPLICATE: _("Sent twice"), Drop.SPAM: _("Spam"), Drop.HOSTNAME: _("From a host you refuse"),
        Drop.POISON: _("Could not be read"),
    }.get(reason, reason)  # type: ignore[call-overload]


def field_words(kind: str, detail: str) -> str:
    """The field or place at fault."""
    known = {
        (Doubt.MISSING, "url"): _("A page view without the address of the page"),
        (Doubt.MISSING, "order_id"): _("A purchase without an order number"),
        (Doubt.MISSING, "revenue"): _("A purchase without a value"),
        (Doubt.MISSING, "currency"): _("A purchase without a currency: the organization's was taken"),
        (Doubt.PERSONAL, "path"): _("An e-mail address in the path"),
        (Doubt.PERSONAL, "query"): _("An e-mail address in the query"),
        (Doubt.PARAMETERS, ""): _("More than 40 parameters"),
        (Doubt.CLOCK, ""): _("The sender's clock was days off or in the future"),
        (Drop.INVALID, "name"): _("The event has no name, or one that is too long"),
        (Drop.INVALID, "site"): _("The key belongs to others"),
        (Drop.INVALID, "server_only"): _("ip or ua without an API key"),
        (Drop.INVALID, "not_an_object"): _("It is not an object"),
    }
    if found := known.get((kind, detail)):  # type: ignore[call-overload]
        return found
    if kind == Doubt.UPPERCASE:
        if not detail:
            return _("A campaign parameter in capitals is not recognised")
        return _("“%(name)s” in capitals is not recognised") % {"name": detail}
    return _("The field “%(name)s”") % {"name": detail} if kind == Drop.INVALID else detail
