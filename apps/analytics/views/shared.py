"""A site's page for whoever has a link to it: the same figures, to look only. The link is the right; there is no
other, and it says how much of the figures it opens."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from apps.analytics.models import SharedLink, Site
from apps.analytics.services.sharing import shared_link_seen
from apps.analytics.views import filters, panels, shared_door, speed
from apps.analytics.views.site_page import CARDS, SitePage
from apps.core.tenancy import tenant
from apps.metrics import frame as frames
from apps.metrics import ranges
from apps.metrics.contracts import Filter, QueryTooSlow

MONEY = frozenset({"analytics.revenue"})
# What the panels show may be filtered by; companies and goals are nobody else's business.
OPEN = frozenset(tab.by for panel in panels.PANELS for tab in panel.tabs)
THEMES = ("light", "dark", "system")


class SharedPage(SitePage):
    """`/shared/<token>/`."""

    action = ""
    link: SharedLink

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Everything happens in the scope and zone of the link's organization; what ended is not there."""
        found = SharedLink.by_token(kwargs["token"])
        if found is None:
            raise Http404
        self.link = found
        with tenant(found.organization_id), timezone.override(found.organization.tz):
            refused = shared_door.too_often(request, found)
            return shared_door.guarded(refused or View.dispatch(self, request, *args, **kwargs), found)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:  # type: ignore[override]
        """The page or one panel of it; the question for the password before anything else."""
        if not shared_door.is_unlocked(request, self.link):
            return self._question()
        shared_link_seen(self.link)
        facts = {"site": self.site, "link": self.link, "state": "ok", **self._frame_facts()}
        try:
            if panel := self._wanted_panel():
                return render(request, "analytics/panel.html", facts | {"panel": panel})
            if self._target == "panel-speed":
                return render(request, "analytics/speed.html", facts | {"speed": self._speed_counted()})
            facts |= self._figures()
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/shared.html", facts)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """The password."""
        wait = shared_door.tries_left(request, self.link)
        if wait:
            return self._question(_("Too many tries. Wait a few minutes and try again."), 429)
        if not shared_door.is_right(self.link, request.POST.get("password", "")):
            return self._question(_("That is not the password of this page."), 422)
        return shared_door.unlocked(redirect(request.get_full_path()), self.link, request.path)

    @cached_property
    def site(self) -> Site:
        """The link's."""
        return self.link.site

    @property
    def organization(self) -> Any:
        """The link's."""
        return self.link.organization

    @cached_property
    def path(self) -> str:
        """This page without parameters."""
        return self.request.path

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """What the visitor adds; it can only narrow what the link has fixed."""
        if not self.link.may_filter:
            return ()
        found, self.unreadable = filters.parse(self.request.GET)
        return tuple(item for item in found if item.dimension in OPEN)

    @cached_property
    def fixed(self) -> tuple[Filter, ...]:
        """What the link has fixed."""
        query = self.request.GET.copy()
        query.setlist("f", self.link.filters)
        return filters.parse(query)[0]

    @cached_property
    def frame(self) -> frames.Frame:
        """The link's site, in its period, under its filters and the visitor's."""
        params: Any = self.request.GET
        if self.link.period:
            params = {"range": self.link.period, "grain": params.get("grain", "")}
        period = ranges.parse_kindly(params, self.organization.tz)
        both = (*self.fixed, *(item for item in self.filters if item not in self.fixed))
        return frames.Frame(
            period, (self.organization.id,), self.organization.currency, frames.SYSTEM, (self.site.id,), both
        )

    def _frame_facts(self) -> dict[str, Any]:
        params = self.request.GET
        return {
            "range": self.frame.period,
            "period_fixed": bool(self.link.period),
            "shared_by": self.organization.name,
            "chips": filters.chips(params, self.filters),
            "fixed_chips": filters.chips(params, self.fixed),
            "unreadable_filter": self.unreadable,
            "clear_href": self.path + filters.address(params, ()),
            **embedding(self.request),
        }

    @cached_property
    def _measure(self) -> str:
        wanted = f"analytics.{self.request.GET.get('show', 'visitors')}"
        hidden = () if self.link.shows_money else MONEY
        return wanted if wanted in CARDS and wanted not in hidden else CARDS[0]

    def _figures(self) -> dict[str, Any]:
        found = super()._figures()
        if not self.link.shows_money and "cards" in found:
            found["cards"] = [card for key, card in zip(CARDS, found["cards"], strict=True) if key not in MONEY]
        return found

    def _speed(self) -> dict[str, Any]:
        """Under filters it is counted event by event: the card asks for it when somebody scrolls there."""
        if not self.frame.filters:
            return self._speed_counted()
        return {"state": "loading", "href": self.path + filters.address(self.request.GET, self.filters)}

    def _speed_counted(self) -> dict[str, Any]:
        return speed.facts(self.site, self.frame)

    def _panel(self, key: str) -> dict[str, Any]:
        """As owners see it, but its links know only the visitor's own filters and lead nowhere else."""
        panel, params = panels.BY_KEY[key], self.request.GET
        found = panels.drawn(panel, self.frame, params, self.path)
        by = panel.tab(params.get(key, "")).by
        for row in found["rows"]:
            narrowed = filters.with_value(self.filters, by, row["title"])
            row["href"] = self.path + filters.address(params, narrowed) if self.link.may_filter else ""
        for tab, item in zip(panel.tabs, found["tabs"], strict=True):
            item["href"] = self.path + filters.address(params, self.filters, **{key: tab.by})
        return found | {"more_href": ""}

    def _question(self, problem: str = "", status: int = 200) -> HttpResponse:
        facts = {"link": self.link, "problem": problem, "shared_by": self.organization.name, **embedding(self.request)}
        return render(self.request, "analytics/shared_password.html", facts, status=status)


def embedding(request: HttpRequest) -> dict[str, Any]:
    """How it is to look in another page's frame: `?embed=1&theme=dark&background=transparent`."""
    theme = request.GET.get("theme", "")
    return {
        "embedded": request.GET.get("embed") == "1",
        "theme_fixed": theme if theme in THEMES else "",
        "transparent": request.GET.get("background") == "transparent",
    }


def embed_script(request: HttpRequest) -> HttpResponse:
    """`/shared/embed.js`: what a page that shows a link in a frame loads, under an address that stays."""
    return shared_door.script()
