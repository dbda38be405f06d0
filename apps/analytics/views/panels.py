"""The panels of a site's page: which breakdowns there are, and their rows as links that filter the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.analytics.views import filters
from apps.analytics.views.labels import DIMENSIONS, ICONS, value_label
from apps.metrics import present, read
from apps.metrics.answers import Breakdown
from apps.metrics.frame import Frame

ROWS, PLACES = 8, 250
VISITORS = "analytics.visitors"


@dataclass(frozen=True)
class Tab:
    """One breakdown within a panel: by which dimension, counted in what, under which name."""

    by: str
    label: Any
    metric: str = VISITORS
    on_map: bool = False


@dataclass(frozen=True)
class Panel:
    """Breakdowns that answer one question, one shown at a time."""

    key: str
    title: Any
    tabs: tuple[Tab, ...]

    def tab(self, by: str) -> Tab:
        """The tab asked for, else the first."""
        return next((tab for tab in self.tabs if tab.by == by), self.tabs[0])


PANELS = (
    Panel("sources", _("Where they come from"), (
        Tab("channel", _("Channels")), Tab("source", _("Sources")), Tab("referrer", _("Links")),
        Tab("campaign", _("Campaigns")),
    )),
    Panel("pages", _("What they look at"), (
        Tab("page", _("Pages")), Tab("entry_page", _("Entry")), Tab("exit_page", _("Exit")),
        Tab("conversion_page", _("Conversions"), "analytics.conversions"),
    )),
    Panel("places", _("Where they are"), (
        Tab("country", _("Countries"), on_map=True), Tab("region", _("Regions")), Tab("city", _("Cities")),
        Tab("language", _("Languages")),
    )),
    Panel("devices", _("What they use"), (
        Tab("device", _("Devices")), Tab("browser", _("Browsers")), Tab("os", _("Systems")),
        Tab("screen", _("Screens")),
    )),
    Panel("events", _("What they do"), (
        Tab("event", _("Events"), "analytics.events"), Tab("property", _("Properties"), "analytics.events"),
    )),
)
BY_KEY = {panel.key: panel for panel in PANELS}


def drawn(panel: Panel, frame: Frame, params: QueryDict, path: str) -> dict[str, Any]:
    """A panel for its template: the tab the address names, with its rows."""
    tab = panel.tab(params.get(panel.key, ""))
    every = read.breakdown([tab.metric], frame, by=tab.by, limit=PLACES if tab.on_map else ROWS)
    found = replace(every, lines=every.lines[:ROWS], more=every.more or len(every.lines) > ROWS)
    return {
        "key": panel.key,
        "title": panel.title,
        "label": DIMENSIONS[tab.by].label,
        "value_label": found.metrics[0].label,
        "tabs": [_tab_link(panel, other, tab, frame, params, path) for other in panel.tabs],
        "rows": rows(found, frame, params, path),
        "map": _map(every) if tab.on_map else None,
        "state": "ok" if found.lines else "empty",
        "more_href": f"{path}by/{tab.by}/{filters.address(params, frame.filters)}" if found.more else "",
        "empty_title": _("Nothing in this period"),
        "empty_text": _("Choose a longer period, or remove a filter."),
    }


def rows(found: Breakdown, frame: Frame, params: QueryDict, path: str) -> list[dict[str, Any]]:
    """The lines of a breakdown for a share list; each links to the page narrowed to it."""
    return [
        row | {
            "label": value_label(found.by, line.value),
            "href": path + filters.address(params, filters.with_value(frame.filters, found.by, line.value)),
            "active": any(item.dimension == found.by and line.value in item.values for item in frame.filters),
            "icon": ICONS.get(line.value, "") if found.by == "device" else "",
            "flag": line.value if found.by == "country" else "",
        }
        for line, row in zip(found.lines, present.share_rows(found), strict=True)
    ]


def _tab_link(panel: Panel, tab: Tab, shown: Tab, frame: Frame, params: QueryDict, path: str) -> dict[str, Any]:
    href = path + filters.address(params, frame.filters, **{panel.key: tab.by})
    return {"id": f"tab-{panel.key}-{tab.by}", "label": tab.label, "href": href, "active": tab is shown}


def _map(found: Breakdown) -> dict[str, Any]:
    lines = [line for line in found.lines if line.value]
    return {
        "kind": "map",
        "unit": "count",
        "regions": [line.value for line in lines],
        "series": [{"name": str(found.metrics[0].label), "values": [line.values[VISITORS] for line in lines]}],
    }

