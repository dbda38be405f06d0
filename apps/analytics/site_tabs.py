"""The tabs above a site's pages. A feature registers its own page in a file of `places/`; none knows the others.

    site_tabs.add(SiteTab("goals", _("Goals"), "analytics:site-goals", order=20))

The page extends `analytics/site_base.html`, which draws them (`{% site_tabs %}`); its view is a `SiteView`, and gives
`site` to the template. What owners look at stands in the bar; what they set up once (`setup=True`) folds into a menu at
its end, so that the bar stays short. Period and filters go along from tab to tab.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from apps.accounts.access import can

KEPT = ("range", "from", "to", "compare", "f", "segment")


@dataclass(frozen=True, slots=True)
class SiteTab:
    """A page of a site: `url_name` takes slug and script id, `action` is what a person must be allowed to do.

    `order`: Overview is 0, what is looked at daily below 50, the rest from 50; `setup` ones are ordered among
    themselves. `shown(site)` leaves a tab out where it means nothing; it is asked on every page, so it must be cheap.
    `icon` is drawn for `setup` ones only.
    """

    key: str
    label: str | Promise
    url_name: str
    action: str = "site.view"
    order: int = 50
    shown: Callable[[Any], bool] | None = None
    setup: bool = False
    icon: str = ""


_tabs: dict[str, SiteTab] = {}


def add(tab: SiteTab) -> None:
    """Register a tab. Raises ValueError for a key that is taken."""
    if tab.key in _tabs:
        raise ValueError(f"there is a tab {tab.key} already")
    _tabs[tab.key] = tab


def drawn(request: HttpRequest, site: Any) -> dict[str, list[dict[str, Any]]]:
    """The tabs of a site that this person may open: `bar` and `setup`, each `{key, label, href, active, icon}`."""
    membership = request.membership  # type: ignore[attr-defined]
    slug = request.organization.slug  # type: ignore[attr-defined]
    query = request.GET.copy()
    for name in [name for name in query if name not in KEPT]:
        del query[name]
    kept = f"?{query.urlencode(safe='/:|')}" if query else ""
    found: dict[str, list[dict[str, Any]]] = {"bar": [], "setup": []}
    for tab in sorted(_tabs.values(), key=lambda tab: (tab.order, tab.key)):
        if not can(request.user, tab.action, site, membership=membership):
            continue
        path = reverse(tab.url_name, args=[slug, site.script_id])
        # The overview's address begins those of all others.
        active = request.path == path or (tab.order > 0 and request.path.startswith(path))
        if active or tab.shown is None or tab.shown(site):
            row = {"key": tab.key, "label": tab.label, "href": path + kept, "active": active, "icon": tab.icon}
            found["setup" if tab.setup else "bar"].append(row)
    return found
