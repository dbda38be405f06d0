"""The cards of the monitoring pages: figures, courses, destinations, errors, and the sentence that sums them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.analytics.models import Destination, Site
from apps.analytics.selectors import errors, flows
from apps.analytics.selectors.deliveries import destinations_listed, state_of
from apps.analytics.selectors.flows import Flow, Span
from apps.analytics.views.destination_table import WORDS, ago
from apps.metrics.words import NOTHING, say, say_percent

BEHIND_SECONDS, LATE_SECONDS = 15, 60


def columns(first: str, *others: str) -> list[dict[str, Any]]:
    """The heads of a small table: words, then numbers."""
    return [{"key": "c0", "label": first},
            *({"key": f"c{n}", "label": label, "align": "end"} for n, label in enumerate(others, 1))]


def span_tabs(shown: Span) -> list[dict[str, Any]]:
    """The choice of how far back to look."""
    words = {"60m": _("60 minutes"), "24h": _("24 hours"), "7d": _("7 days")}
    return [{"label": words[key], "href": f"?span={key}", "active": key == shown.key} for key in flows.SPANS]


def say_ms(value: float | None) -> str:
    """180 ms · 2.1 s · 3 min."""
    if value is None:
        return NOTHING
    if value < 1000:
        return pgettext("duration", "%(ms)s ms") % {"ms": round(value)}
    if value < 60_000:
        return pgettext("duration", "%(s)s s") % {"s": say(round(value / 1000, 1), "ratio")}
    return pgettext("duration", "%(m)s min") % {"m": round(value / 60_000)}


def facts(organization: Any, sites: Sequence[Site], span: Span, now: datetime) -> dict[str, Any]:
    """Everything an organization sees of its own events."""
    ids = [site.id for site in sites]
    course = flows.course(ids, span, now)
    whole = flows.together(list(course.values()))
    usual = whole if span.key == "24h" else flows.together(list(flows.course(ids, flows.SPANS["24h"], now).values()))
    waiting = errors.waiting(ids, now)
    waiting_errors = errors.errors_open(ids)
    destinations = _destinations(organization, ids, now)
    return {
        "has_sites": bool(sites),
        "verdict": verdict(
            waiting.seconds, usual.waited(0.5), waiting_errors.counting, destinations["broken"],
            came=bool(whole.received),
        ),
        "cards": _cards(whole, waiting.requests),
        "volume": volume_chart(course, span, organization.tz),
        "delays": delay_chart(course, span, organization.tz),
        "destinations": destinations,
        "reasons": _left_out(whole),
        "reason_columns": columns(_("Reason"), _("Events"), _("Share")),
        "open_errors": waiting_errors,
    }


def verdict(seconds: float, usual_ms: float | None, failed: int, broken: int, *, came: bool) -> dict[str, Any]:
    """The state of things in a sentence: calm when all is well."""
    normal = say_ms(usual_ms) if usual_ms is not None else ""
    if seconds >= BEHIND_SECONDS:
        late = say_ms(seconds * 1000)
        text = (_("Counting is %(late)s behind; normal is %(normal)s.") % {"late": late, "normal": normal} if normal
                else _("Counting is %(late)s behind.") % {"late": late})
        text += " " + _("Nothing is lost: what was accepted is safe and will be counted.")
        tone = "bad" if seconds >= LATE_SECONDS else "attention"
        return {"tone": tone, "icon": "clock", "text": text}
    if failed:
        return {"tone": "attention", "icon": "triangle-alert", "text": ngettext(
            "%(n)s event could not be counted. It is kept, and can be taken in again.",
            "%(n)s events could not be counted. They are kept, and can be taken in again.", failed) % {"n": failed}}
    if broken:
        return {"tone": "attention", "icon": "unplug", "text": ngettext(
            "%(n)s destination does not take events.", "%(n)s destinations do not take events.", broken
        ) % {"n": broken}}
    if not came:
        return {"tone": "info", "icon": "info", "text": _("Nothing has come from your sites in this time.")}
    text = _("All is well: everything that arrives is counted.")
    if normal:
        text += " " + _("Half of it within %(normal)s.") % {"normal": normal}
    return {"tone": "good", "icon": "circle-check", "text": text}


def _cards(whole: Flow, waiting: int) -> list[dict[str, Any]]:
    rows = (
        ("received", _("Received"), whole.received, _("Everything your sites sent, also what was left out.")),
        ("counted", _("Counted"), whole.stored, _("What became part of your figures.")),
        ("left_out", _("Left out"), whole.left_out,
         _("Robots, repeats, spam, foreign hosts and what was refused. The reasons stand below.")),
        ("failed", _("Could not be counted"), whole.failed, _("Kept, and can be taken in again.")),
        ("waiting", _("Waiting now"), waiting, _("Requests that were accepted and are not counted yet.")),
    )
    cards = [{"label": label, "value": say(value, "count"), "definition": text, "state": "ok"}
             for _key, label, value, text in rows]
    for share, label in ((0.5, _("Half counted within")), (0.95, _("95 of 100 counted within")),
                         (0.99, _("99 of 100 counted within"))):
        cards.append({
            "label": label, "value": say_ms(whole.waited(share)), "state": "ok",
            "definition": _("From the answer “accepted” to the figure, over every event of the period. Worked out from "
                            "counts of how long each waited; exact to the width of a bucket."),
        })
    return cards


def times_of(starts: Sequence[datetime], zone: Any) -> list[str]:
    """Buckets on the organization's clock, as charts take them."""
    return [start.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes") for start in starts]


def lines_chart(
    starts: Sequence[datetime], span: Span, zone: Any, lines: Sequence[tuple[str, Any, list[Any]]], unit: str = "count"
) -> dict[str, Any]:
    """A chart of several lines; `lines` are key, name and values."""
    return {
        "kind": "line", "unit": unit, "grain": span.grain.name.lower(), "times": times_of(starts, zone), "open": True,
        "series": [{"key": key, "name": str(name), "values": values} for key, name, values in lines],
        "is_empty": all(value is None for _key, _name, values in lines for value in values),
    }


def volume_chart(course: dict[datetime, Flow], span: Span, zone: Any) -> dict[str, Any]:
    """Received, counted, left out and failed."""
    flows_ = list(course.values())
    return lines_chart(list(course), span, zone, [
        ("received", _("Received"), [flow.received for flow in flows_]),
        ("counted", _("Counted"), [flow.stored for flow in flows_]),
        ("left_out", _("Left out"), [flow.left_out for flow in flows_]),
        ("failed", _("Could not be counted"), [flow.failed for flow in flows_]),
    ])


def delay_chart(course: dict[datetime, Flow], span: Span, zone: Any) -> dict[str, Any]:
    """How long what arrived waited, in seconds."""
    return lines_chart(list(course), span, zone, [
        (f"p{round(share * 100)}", label, [_seconds(flow.waited(share)) for flow in course.values()])
        for share, label in ((0.5, _("Half")), (0.95, _("95 %")), (0.99, _("99 %")))
    ], unit="ratio")


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 3)


def _left_out(whole: Flow) -> list[dict[str, Any]]:
    labels = {
        "duplicates": _("Sent twice"), "bots": _("Robots"), "spam": _("Spam"), "hostnames": _("Hosts you refuse"),
        "invalid": _("Not valid"), "limited": _("Too many at once"),
    }
    return [
        {"cells": [{"text": labels[name]}, {"text": say(getattr(whole, name), "count")},
                   {"text": say_percent(getattr(whole, name) / whole.received)}]}
        for name in flows.LEFT_OUT if getattr(whole, name)
    ]


def _destinations(organization: Any, ids: Sequence[int], now: datetime) -> dict[str, Any]:
    midnight = now.astimezone(organization.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    rows, broken = [], 0
    mine = Destination.objects.filter(site_id__in=list(ids))
    listed = destinations_listed(mine, midnight, now + timedelta(minutes=1))
    for row in listed:
        key, tone = state_of(row.destination, now)
        broken += tone == "bad"
        figures, rate = row.figures, row.figures.success_rate
        rows.append({"cells": [
            {"text": row.destination.name, "sub": row.destination.site.name},
            {"status": str(WORDS[key]), "tone": tone},
            {"text": say(figures.sent, "count")}, {"text": NOTHING if rate is None else say_percent(rate)},
            {"text": say(figures.failed, "count")}, {"text": say_ms(figures.average_ms)},
            {"text": say_ms(figures.quantile_ms(0.95))}, {"text": say(row.waiting, "count")},
            {"text": ago(row.destination.last_ok_at)},
        ]})
    return {"rows": rows, "broken": broken, "columns": [
        {"key": "name", "label": _("Destination")}, {"key": "state", "label": _("Status")},
        *({"key": key, "label": label, "align": "end"} for key, label in (
            ("sent", _("Sent today")), ("rate", _("Succeeded")), ("failed", _("Failed attempts")),
            ("average", _("Average")), ("p95", _("95 % within")), ("waiting", _("Waiting")),
            ("last", _("Last success")))),
    ]}
