"""What is said about Google's figures: how far they reach, what they leave out, what to do when they do not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from babel.dates import format_date
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.analytics.providers.searches.base import search_consoles
from apps.analytics.selectors.searches import Known
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider
from apps.core.providers import find_vendor
from apps.metrics.frame import Frame
from apps.metrics.range_words import dates_label
from apps.metrics.words import locale, say_percent

CSV_HEADS = (
    gettext_lazy("Clicks"), gettext_lazy("Shown"), gettext_lazy("Click-through rate"), gettext_lazy("Position"),
    gettext_lazy("Clicks before"), gettext_lazy("Shown before"), gettext_lazy("Position before"),
)


@dataclass(frozen=True)
class Offer:
    """A service that can be connected; `is_ready` whether this installation is registered with it."""

    key: str
    label: Any
    icon: str
    help: Any
    by_sign_in: bool
    is_ready: bool


def offers() -> list[Offer]:
    """Services to connect; the stand-in only where the demo or development runs."""
    found = []
    for vendor in search_consoles:
        if vendor.key == "fake" and not (settings.DEMO or settings.DEBUG):
            continue
        by_sign_in = issubclass(vendor, OAuthProvider)
        is_ready = vendor.is_set_up() if issubclass(vendor, OAuthProvider) else True
        found.append(Offer(vendor.key, vendor.label, vendor.icon, vendor.help, by_sign_in, is_ready))
    return sorted(found, key=lambda offer: (not offer.is_ready, not offer.by_sign_in))


def trouble(known: Known) -> dict[str, Any] | None:
    """Why no figures come in at present, in the words of the connection; None while all is well."""
    connection = known.connection
    if connection is None:
        return None
    if connection.status == Connection.Status.PAUSED:
        return {"reason": _("The connection is paused, so nothing is fetched."), "is_paused": True}
    if not connection.last_error:
        return None
    vendor = find_vendor(connection.kind, connection.provider)
    by_sign_in = vendor is not None and issubclass(vendor, OAuthProvider)
    return {"reason": connection.last_error, "is_broken": known.is_broken, "by_sign_in": by_sign_in}


def until(known: Known) -> str:
    """Up to which day there are figures."""
    last = known.row.last_day if known.row else None
    return _("Until %(day)s, as Google counts") % {"day": _day(last)} if last else ""


def source(known: Known) -> str:
    """Whose figures they are, by name; those of the stand-in say so."""
    connection = known.connection
    vendor = find_vendor(connection.kind, connection.provider) if connection else None
    return str(vendor.label) if vendor else _("Search Console")


def notes(known: Known, frame: Frame | None) -> list[str]:
    """Whole sentences that go with the figures shown."""
    row = known.row
    if row is None or row.last_day is None:
        return []
    found = []
    if frame is not None:
        days = dates_label(frame.period.start, frame.period.end)
        found.append(_("Covers %(days)s, as Google counts, in days of Pacific time.") % {"days": days})
    else:
        words = _("Google's figures reach until %(day)s; they come two to three days late.")
        found.append(words % {"day": _day(row.last_day)})
    if text := _unfinished(row.final_day, row.last_day, frame):
        found.append(text)
    if known.read_back_to is not None:
        words = _("The past is still being read: terms and pages are there back to %(day)s.")
        found.append(words % {"day": _day(known.read_back_to)})
    if row.connection is None:
        found.append(_("No account is connected any more, so nothing is added to these figures."))
    return found


def unnamed(share: float | None) -> str:
    """How much of the clicks the table of terms leaves out."""
    if share is None or share >= 0.995:
        return ""
    words = _(
        "Google tells the words of searches behind %(share)s of the clicks. Rare ones it keeps to itself, so the terms "
        "add up to less than the totals."
    )
    return words % {"share": say_percent(share)}


def unnamed_of_page(share: float | None) -> str:
    """How much of one page's clicks the table of its terms leaves out."""
    if share is None or share >= 0.995:
        return ""
    words = _(
        "Google tells the words of searches behind %(share)s of this page's clicks. Rare ones it keeps to itself, so "
        "the terms add up to less than the page."
    )
    return words % {"share": say_percent(share)}


def waiting(seconds: float | None) -> str:
    """When it makes sense to ask again; "" where waiting does not help."""
    if seconds is None:
        return ""
    minutes = max(1, ceil(seconds / 60))
    return ngettext("Try again in a minute.", "Try again in %(minutes)s minutes.", minutes) % {"minutes": minutes}


def _unfinished(final: date | None, last: date, frame: Frame | None) -> str:
    if final is None or final >= last or frame is None or frame.period.end <= final:
        return ""
    first = max(final + timedelta(days=1), frame.period.start)
    days = (frame.period.end - first).days + 1
    words = ngettext(
        "Google is still counting the last day; its figures may rise.",
        "Google is still counting the last %(days)s days; their figures may rise.", days,
    )
    return words % {"days": days}


def _day(day: date | None) -> str:
    return format_date(day, "d MMM yyyy", locale=locale()) if day else ""
