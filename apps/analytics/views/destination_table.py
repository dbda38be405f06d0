"""How destinations and deliveries are shown: words for states, rows of tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.analytics.enums import DeliveryState
from apps.analytics.models import Delivery, Destination
from apps.analytics.providers.base import Destination as Vendor
from apps.analytics.providers.base import Exchange
from apps.analytics.selectors.deliveries import UNSURE, DestinationRow, state_of
from apps.core.oauth import OAuthProvider
from apps.core.providers import find_vendor
from apps.metrics.words import NOTHING, say_percent

PAGE = 25
WORDS = {
    "paused": gettext_lazy("Paused"),
    "held": gettext_lazy("On hold after failures"),
    "trying": gettext_lazy("Trying again"),
    "waiting": gettext_lazy("Asked to wait"),
    "failing": gettext_lazy("Last request failed"),
    "ok": gettext_lazy("Delivering"),
    "new": gettext_lazy("Nothing sent yet"),
}
TONES = {"waiting": "info", "sent": "good", "dead": "bad", "skipped": "neutral"}


def status(row: Destination) -> dict[str, str]:
    """The word and tone of a destination's state, and when it is asked again while it is on hold."""
    key, tone = state_of(row)
    again = until(row.hold_until) if key in {"held", "waiting"} else ""
    return {"key": key, "tone": tone, "label": str(WORDS[key]), "again": again}


def vendor_of(row: Destination) -> dict[str, Any]:
    """Name and icon of the vendor, whether one signs in there, and what "delivered" does not mean."""
    vendor = find_vendor("destination", row.connection.provider)
    if vendor is None:
        return {"label": row.connection.provider, "icon": "plug", "by_sign_in": False, "caveat": ""}
    return {
        "label": str(vendor.label), "icon": vendor.icon, "by_sign_in": issubclass(vendor, OAuthProvider),
        "caveat": getattr(vendor, "caveat", ""),
    }


def cards(request: HttpRequest, listed: Iterable[DestinationRow], script_id: str) -> list[dict[str, Any]]:
    """One card a destination."""
    slug = request.organization.slug  # type: ignore[attr-defined]
    return [
        {
            "row": line.destination, "vendor": vendor_of(line.destination), "status": status(line.destination),
            "facts": facts(line),
            "href": reverse("analytics:destination", args=[slug, script_id, line.destination.pk]),
            "dead": line.dead, "dead_words": _failed(line.dead), "unsure": unsure_words(line),
        }
        for line in listed
    ]


def _failed(count: int) -> str:
    return ngettext("%(count)s event failed", "%(count)s events failed", count) % {"count": count}


def facts(line: DestinationRow) -> list[dict[str, str]]:
    """The figures of today and what waits."""
    figures = line.figures
    return [
        {"label": _("Sent today"), "text": _number(figures.sent)},
        {"label": _("Success rate"), "text": _percent(figures.success_rate)},
        {"label": _("Waiting"), "text": _number(line.waiting)},
        {"label": _("Failed for good"), "text": _number(line.dead)},
        {"label": _("Left out today"), "text": _number(figures.skipped)},
        {"label": _("Average answer"), "text": _ms(figures.average_ms)},
        {"label": _("Last success"), "text": ago(line.destination.last_ok_at)},
    ]


def columns() -> list[dict[str, Any]]:
    """Heads of the deliveries."""
    return [
        {"key": "event", "label": _("Event")}, {"key": "state", "label": _("State")},
        {"key": "words", "label": _("Reason")}, {"key": "attempts", "label": _("Attempts"), "align": "end"},
        {"key": "at", "label": _("When"), "align": "end"},
    ]


def rows(
    request: HttpRequest, script_id: str, deliveries: Iterable[Delivery], *, may_edit: bool
) -> list[dict[str, Any]]:
    """One row a delivery; those that failed can be chosen by whoever may send them again."""
    slug = request.organization.slug  # type: ignore[attr-defined]
    return [
        {
            "href": reverse("analytics:delivery", args=[slug, script_id, one.destination_id, one.pk]),
            "choose": one.pk if may_edit and one.state == DeliveryState.DEAD else "",
            "cells": [
                {"text": one.name, "sub": f"→ {one.sent_as}" if one.sent_as != one.name else ""},
                {"badge": DeliveryState(one.state).label, "tone": tone(one)},
                {"text": one.words[:160] or _short_doubt(one) or "–"},
                {"text": str(one.attempts)},
                {"text": ago(one.finished_at or one.created_at)},
            ],
        }
        for one in deliveries
    ]


def tone(one: Delivery) -> str:
    """The colour of a delivery's state."""
    return "attention" if _perhaps_twice(one) else TONES[one.state]


def _perhaps_twice(one: Delivery) -> bool:
    return one.state == DeliveryState.SENT and one.is_unsure


def _short_doubt(one: Delivery) -> str:
    return _("Perhaps delivered twice: an answer was lost.") if _perhaps_twice(one) else ""


def doubt(one: Delivery, row: Destination) -> str:
    """What is not known of a delivery because an answer was lost, and what that means; empty when all is known."""
    if one.is_asked:
        return _("A request with this event has left; its answer has not been read yet.")
    if not one.is_unsure:
        return ""
    vendor = find_vendor("destination", row.connection.provider)
    once = bool(vendor and issubclass(vendor, Vendor) and vendor.counts_once(one.payload))
    name = {"vendor": vendor.label if vendor else row.connection.provider}
    if _perhaps_twice(one):
        return _("The answer to an earlier attempt was lost, so it was sent again: %(vendor)s may have counted it "
                 "twice.") % name
    if once:
        return _("The answer to an attempt was lost, so it may have arrived already. Sending it again does no harm: "
                 "%(vendor)s counts it once.") % name
    return _("The answer to an attempt was lost, so it may have arrived already. If it is sent again, %(vendor)s may "
             "count it twice.") % name


def unsure_words(line: DestinationRow) -> str:
    """How many events of those that are kept may have arrived once more than we know; empty when none."""
    words = ngettext(
        "The answer to %(count)s event was lost: it may have arrived once more than is known here.",
        "The answers to %(count)s events were lost: each may have arrived once more than is known here.", line.unsure,
    )
    return words % {"count": _number(line.unsure)} if line.unsure else ""


def state_tabs(params: QueryDict, *, unsure: bool) -> list[dict[str, Any]]:
    """All deliveries, each state, and those whose answer was lost when there are any."""
    shown = params.get("state", "")
    words = [("", _("All")), ("waiting", _("Waiting")), ("sent", _("Delivered")), ("dead", _("Failed for good")),
             ("skipped", _("Left out"))]
    if unsure or shown == UNSURE:
        words.append((UNSURE, _("Answer lost")))
    return [{"label": label, "href": f"?state={key}" if key else "?", "active": key == shown} for key, label in words]


def paged(params: QueryDict, deliveries: Any) -> tuple[list[Delivery], dict[str, str]]:
    """A page of deliveries after the id in `after`, and where the next begins."""
    after, state = params.get("after", ""), params.get("state", "")
    if after.isdigit():
        deliveries = deliveries.filter(pk__lt=int(after[:18]))
    found = list(deliveries[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    head = f"?state={state}&" if state in {*DeliveryState.values, UNSURE} else "?"
    return found[:PAGE], {
        "prev_href": head.rstrip("&") if after else "", "next_href": f"{head}after={more}" if more else "",
        "summary": "",
    }


def shown(exchange: Exchange | None) -> dict[str, str] | None:
    """A request and its answer as text, made readable."""
    if exchange is None:
        return None
    head = "\n".join([f"{exchange.method} {exchange.url}", *(f"{k}: {v}" for k, v in exchange.headers.items())])
    return {"request": f"{head}\n\n{pretty(exchange.body)}", "status": str(exchange.status or ""),
            "answer": pretty(exchange.answer)}


def pretty(text: Any) -> str:
    """JSON with line breaks; anything else as it is."""
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return str(text)
    return json.dumps(found, indent=2, ensure_ascii=False)


def until(at: datetime | None) -> str:
    """How long it is till then, in words; empty when it is over."""
    return timeuntil(at, depth=1) if at is not None and at > timezone.now() else ""


def attempts(one: Delivery) -> list[dict[str, Any]]:
    """What failed, newest first."""
    return [{**entry, "at": datetime.fromisoformat(entry["at"])} for entry in reversed(one.log)]


def _number(value: int) -> str:
    return formats.number_format(value, use_l10n=True, force_grouping=True)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else say_percent(share)


def _ms(value: float | None) -> str:
    return "–" if value is None else _("%(number)s ms") % {"number": _number(round(value))}


def ago(at: Any) -> str:
    """How long ago it was, in words."""
    if at is None:
        return _("Never")
    if (timezone.now() - at).total_seconds() < 60:
        return _("Just now")
    return _("%(time)s ago") % {"time": timesince(at, depth=1)}
