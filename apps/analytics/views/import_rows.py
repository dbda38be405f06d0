"""An import as its pages draw it: numbers, days and reasons in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.enums import ImportState
from apps.analytics.import_words import BROKEN, failure, left_out, notes
from apps.analytics.models import Import
from apps.metrics.words import say

TONES = {
    ImportState.UPLOADING: "info", ImportState.FETCHING: "info",
    ImportState.CHECKING: "info", ImportState.UNCLEAR: "attention", ImportState.READY: "attention",
    ImportState.REFUSED: "bad",
    ImportState.RUNNING: "info", ImportState.STOPPING: "info", ImportState.STOPPED: "attention",
    ImportState.DONE: "good", ImportState.FAILED: "bad", ImportState.UNDOING: "info", ImportState.UNDONE: "neutral",
}
MOVING = frozenset({
    ImportState.UPLOADING, ImportState.FETCHING, ImportState.CHECKING, ImportState.RUNNING, ImportState.STOPPING,
    ImportState.UNDOING,
})
_AGAIN = frozenset({ImportState.READY, ImportState.STOPPED, ImportState.FAILED})
_BACK = frozenset({ImportState.DONE, ImportState.STOPPED, ImportState.FAILED})
_REMOVABLE = frozenset({
    ImportState.UPLOADING, ImportState.FETCHING, ImportState.CHECKING, ImportState.UNCLEAR, ImportState.READY,
    ImportState.REFUSED, ImportState.UNDONE,
})
FIGURES: dict[str, Any] = {
    "visitors": _lazy("Visitors"), "sessions": _lazy("Visits"), "pageviews": _lazy("Page views"),
    "events": _lazy("Events"), "conversions": _lazy("Conversions"), "orders": _lazy("Orders"),
    "revenue": _lazy("Revenue"), "bounces": _lazy("Bounces"),
}


def facts(row: Import, organization: Any) -> dict[str, Any]:
    """State, progress and what may be done now; then what was found in the file and what became of it."""
    preview, has_file = row.preview, bool(row.file)
    lines = preview.get("lines", 0)
    return {
        "row": row, "tone": TONES[ImportState(row.state)], "moving": row.state in MOVING,
        "share": min(100, row.line * 100 // lines) if lines else 0,
        "progress": _("%(done)s of %(lines)s lines") % {"done": _count(row.line), "lines": _count(lines)},
        "taken": _count(row.taken), "broken": _count(row.broken), "left": _counted(row.left),
        "span": _span(preview, organization), "site_href": _site_href(row, organization),
        "preview": _preview(preview, organization) if preview.get("usable") else None,
        "faults": [
            {"line": _count(line), "words": BROKEN.get(key, key)}
            for line, key in row.faults or preview.get("faults", ())
        ],
        "failure": failure(row.error) if row.error else "", "fetching": _fetching(row, organization),
        "uploading": _uploading(row),
        "notes": notes(row.source, organization.time_zone, organization.currency) if row.source else [],
        "asks_columns": bool(preview.get("unclear")) and row.state in {ImportState.UNCLEAR, ImportState.READY},
        "has_run": bool(row.started_at) and row.state != ImportState.UNDONE,
        "may_start": row.state in _AGAIN and has_file, "may_stop": row.state == ImportState.RUNNING,
        "may_undo": row.state in _BACK, "may_remove": row.state in _REMOVABLE,
        "needs_file": row.state in _AGAIN and not has_file,
    }


def _uploading(row: Import) -> dict[str, Any] | None:
    """How much of a file is here that comes in pieces."""
    if row.state != ImportState.UPLOADING:
        return None
    parts = {"done": filesizeformat(row.size), "whole": filesizeformat(row.expected)}
    return {"share": row.size * 100 // max(row.expected, 1), "text": _("%(done)s of %(whole)s") % parts}


def _fetching(row: Import, organization: Any) -> dict[str, Any] | None:
    """How far fetching is, and why it is not going on if it is not."""
    if row.state != ImportState.FETCHING:
        return None
    first, last = date.fromisoformat(row.source["first"]), date.fromisoformat(row.source["last"])
    account = row.connection
    through = row.source.get("through")
    done = (date.fromisoformat(through) - first).days + 1 if through else 0
    text = _("up to %(day)s") % {"day": date_format(date.fromisoformat(through))} if through else ""
    waits = account is None or bool(account.last_error)
    again = account.next_attempt_at if account is not None and waits else None
    return {
        "share": min(100, done * 100 // max((last - first).days + 1, 1)), "text": text,
        "trouble": _("The account is disconnected.") if account is None else account.last_error,
        "again": date_format(again.astimezone(organization.tz), "DATETIME_FORMAT") if again else "",
    }


def _count(number: int) -> str:
    return say(number, "count")


def _counted(left: dict[str, int]) -> list[dict[str, Any]]:
    return [{**reason, "count": _count(reason["count"])} for reason in left_out(left)]


def _preview(preview: dict[str, Any], organization: Any) -> dict[str, Any]:
    return {
        "usable": _count(preview["usable"]), "lines": _count(preview["lines"]), "left": _counted(preview["left"]),
        "broken": _count(preview["broken"]) if preview["broken"] else "",
        "rows": [_shown(*cells, organization) for cells in preview["rows"]],
    }


def _shown(when: str, what: str, more: Any, organization: Any) -> dict[str, Any]:
    """One of the first rows: an event with its address, or a day with its figures."""
    if isinstance(more, str):
        name = _("Page view") if what == "pageview" else what
        return {"when": _moment(when, organization), "what": name, "text": unquote(more)}
    figures = [
        {"label": FIGURES[name], "value": say(float(value), "count")} for name, value in more if name in FIGURES
    ]
    return {"when": date_format(_day(when, organization)), "what": what or _("The whole site"), "figures": figures}


def _moment(text: str, organization: Any) -> str:
    return date_format(datetime.fromisoformat(text).astimezone(organization.tz), "SHORT_DATETIME_FORMAT")


def _day(text: str, organization: Any) -> date:
    """The day of the organization that a day, or a moment, stands for."""
    return datetime.fromisoformat(text).astimezone(organization.tz).date() if "T" in text else date.fromisoformat(text)


def _span(preview: dict[str, Any], organization: Any) -> list[str]:
    ends = (preview.get("first", ""), preview.get("last", ""))
    return [date_format(_day(end, organization)) for end in ends] if all(ends) else []


def _site_href(row: Import, organization: Any) -> str:
    """The site's page over the days of the file; empty when nothing was taken in, or not any more."""
    if not row.taken or row.state == ImportState.UNDONE or not row.preview.get("first"):
        return ""
    first, last = (_day(row.preview[end], organization).isoformat() for end in ("first", "last"))
    path = reverse("analytics:site", args=[organization.slug, row.site.script_id])
    return f"{path}?{urlencode({'range': 'custom', 'from': first, 'to': last})}"
