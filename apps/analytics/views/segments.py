"""Saved filters: chosen in the filter bar, saved, renamed, deleted; and what every page under filters has in common."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.analytics.forms_journeys import SegmentForm
from apps.analytics.models import Segment
from apps.analytics.selectors.goals import segments_for
from apps.analytics.services.funnels import segment_create, segment_delete, segment_update
from apps.analytics.views import filters
from apps.analytics.views.base import SiteView
from apps.analytics.views.labels import DIMENSIONS
from apps.metrics import frame as frames
from apps.metrics import ranges
from apps.metrics.contracts import Filter


class FilteredView(SiteView):
    """A page of a site over a period and under filters, all in the address."""

    title: Any = ""
    question: Any = ""
    unreadable = ""

    @cached_property
    def path(self) -> str:
        """This page without parameters."""
        return self.request.path

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """The filters in the address, or those of the segment it names."""
        found, self.unreadable = asked(self)
        return found

    @cached_property
    def frame(self) -> frames.Frame:
        """Whose numbers, when, under which filters."""
        period = ranges.parse_kindly(self.request.GET, self.organization.tz)
        return frames.of_request(self.request, period, subjects=(self.site.id,), filters=self.filters)

    def page_facts(self) -> dict[str, Any]:
        """What `analytics/site_base.html` and the filter bar draw."""
        return {
            "site": self.site, "title": self.title, "question": self.question,
            "range": self.frame.period, **bar(self, self.path),
        }

    def here(self, name: str, *parts: Any, **changes: str) -> str:
        """Another page of this site, under the same period and filters."""
        path = reverse(name, args=[self.organization.slug, self.site.script_id, *parts])
        return path + filters.address(self.request.GET, self.filters, **changes)


def asked(view: Any) -> tuple[tuple[Filter, ...], str]:
    """The filters of a page. An address that names only a segment means its filters."""
    params = view.request.GET
    chosen = params.get("segment", "")
    if params.getlist("f") or not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
        return filters.parse(params)
    segment = segments_for(view.site, view.request.user).filter(pk=chosen).first()
    if segment is None:
        return (), _("a segment that is not there any more")
    query = params.copy()
    query.setlist("f", segment.filters)
    return filters.parse(query)


def bar(view: Any, path: str) -> dict[str, Any]:
    """The filter bar: chips, what can be filtered by, and the segments with the one shown marked."""
    params, shown = view.request.GET, view.filters
    site_path = reverse("analytics:site", args=[view.organization.slug, view.site.script_id])
    now = sorted(filters.written(item) for item in shown)
    segments = list(segments_for(view.site, view.request.user))
    return {
        "chips": filters.chips(params, shown),
        "unreadable_filter": view.unreadable,
        "clear_href": path + filters.address(params, (), segment=""),
        "filter_choices": [
            {"label": row.label, "href": f"{site_path}by/{row.key}/{filters.address(params, shown, segment='')}"}
            for row in DIMENSIONS.values()
        ],
        "filters_from": _filters_from(view) if shown else "",
        "segments": [_item(view, segment, path, now) for segment in segments],
        "segment_shown": next((segment.name for segment in segments if now and sorted(segment.filters) == now), ""),
        "save_href": reverse("analytics:segment-new", args=[view.organization.slug, view.site.script_id])
        + filters.address(params, shown, segment="") if now and view.may("segment.edit") else "",
    }


def _filters_from(view: Any) -> str:
    """The first day that filters reach, where the period begins before it: of earlier days there are totals only."""
    since = view.site.events_from
    if since is None:
        return ""
    day = since.astimezone(view.organization.tz).date()
    return date_format(day) if view.frame.period.start < day else ""


def _item(view: Any, segment: Segment, path: str, now: list[str]) -> dict[str, Any]:
    query = view.request.GET.copy()
    query.pop("segment", None)
    query.setlist("f", segment.filters)
    query["segment"] = str(segment.pk)
    return {
        "label": segment.name, "href": f"{path}?{query.urlencode(safe='/:|')}",
        "active": bool(now) and sorted(segment.filters) == now,
        "edit_href": reverse("analytics:segment", args=[view.organization.slug, view.site.script_id, segment.pk])
        if may_change(view, segment) else "",
    }


def may_change(view: Any, segment: Segment) -> bool:
    """One's own takes only being its maker; another's, which is shared, the right to share."""
    if segment.user_id == view.request.user.pk:
        return bool(view.may("segment.edit"))
    return segment.is_shared and bool(view.may("segment.share"))


class SegmentNew(FilteredView):
    """`…/segments/new/`: the filters of the address under a name; a sheet."""

    action = "segment.edit"

    @property
    def subject(self) -> None:
        """The right is asked for the organization; the site must be seen all the same."""
        return None

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The sheet."""
        return self._sheet(SegmentForm(may_share=self.may("segment.share")))

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Save, and go to the site under it."""
        form = SegmentForm(request.POST, may_share=self.may("segment.share"))
        if form.is_valid():
            try:
                texts = [filters.written(item) for item in self.filters]
                segment = segment_create(actor=request.user, filters=texts, **form.facts(self.site))
                messages.success(request, _("Saved. You find it under Segments."))
                return redirect(self._shown(segment))
            except ValidationError as error:
                form.add_all(error)
        return self._sheet(form, status=422)

    def _shown(self, segment: Segment) -> str:
        path = reverse("analytics:site", args=[self.organization.slug, self.site.script_id])
        return path + filters.address(self.request.GET, self.filters, segment=str(segment.pk))

    def _sheet(self, form: SegmentForm, status: int = 200) -> HttpResponse:
        facts = {"form": form, "action_href": self.request.get_full_path(), "chips": filters.chips(
            self.request.GET, self.filters), "site": self.site}
        return render(self.request, "analytics/segment_sheet.html", facts, status=status)


class SegmentEdit(SiteView):
    """`…/segments/<id>/`: rename, share or delete; a sheet."""

    action = "segment.edit"

    @property
    def subject(self) -> None:
        """The right is asked for the organization, then for the segment."""
        return None

    @cached_property
    def segment(self) -> Segment:
        """The one in the address: 404 for another person's, 403 for a shared one without the right."""
        found = segments_for(self.site, self.request.user).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        if not may_change(self, found):
            raise PermissionDenied
        return found

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """The sheet, filled."""
        facts = self.segment
        initial = {"name": facts.name, "is_shared": facts.is_shared, "everywhere": not facts.site_id}
        return self._sheet(SegmentForm(initial=initial, may_share=self.may("segment.share")))

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Rename and share, or delete (`do=delete`)."""
        back = reverse("analytics:site", args=[slug, script_id])
        if request.POST.get("do") == "delete":
            segment_delete(actor=request.user, segment=self.segment)
            messages.success(request, _("The segment is deleted."))
            return redirect(back)
        form = SegmentForm(request.POST, may_share=self.may("segment.share"))
        if form.is_valid():
            try:
                facts = form.facts(self.site)
                segment_update(
                    actor=request.user, segment=self.segment, name=facts["name"], is_shared=facts["is_shared"]
                )
                return redirect(f"{back}?segment={self.segment.pk}")
            except ValidationError as error:
                form.add_all(error)
        return self._sheet(form, status=422)

    def _sheet(self, form: SegmentForm, status: int = 200) -> HttpResponse:
        facts = {"form": form, "action_href": self.request.path, "segment": self.segment, "site": self.site}
        return render(self.request, "analytics/segment_sheet.html", facts, status=status)
