"""Funnels of a site: the steps with what is lost between them, the same by a dimension, and the builder."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.contracts.journeys import FEWEST_STEPS, MOST_STEPS, StepSpec
from apps.analytics.enums import TextMatch
from apps.analytics.forms_journeys import STEP_KINDS, FunnelForm, steps_in
from apps.analytics.models import Funnel
from apps.analytics.selectors import funnel_figures, goals
from apps.analytics.selectors.journeys import Base
from apps.analytics.services.funnels import funnel_create, funnel_delete, funnel_update
from apps.analytics.views import funnel_rows
from apps.analytics.views.base import SiteView
from apps.analytics.views.labels import DIMENSIONS
from apps.analytics.views.segments import FilteredView
from apps.metrics import read
from apps.metrics.contracts import QueryTooSlow

ROWS = 6


class FunnelPage(FilteredView):
    """`…/funnels/` and `…/funnels/<id>/`: the first funnel, or the one in the address."""

    title = _lazy("Funnels")
    question = _lazy("Where on the way do you lose your visitors?")

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int | None = None) -> HttpResponse:
        """The steps; or, for htmx, the table by a dimension alone."""
        facts = self.page_facts() | {"funnel": self.funnel, "state": "ok", **self._around()}
        if self.funnel is None:
            return render(request, "analytics/funnels.html", facts | {"state": "empty"})
        try:
            if request.headers.get("HX-Target", "").endswith("funnel-by"):
                return render(request, "analytics/funnel_by.html", facts | self._by())
            facts |= self._figures()
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/funnels.html", facts)

    @cached_property
    def funnels(self) -> list[Funnel]:
        """All of the site's."""
        return goals.funnels_of_site(self.site)

    @cached_property
    def funnel(self) -> Funnel | None:
        """The one shown; 404 for a number that is none of the site's."""
        if "pk" in self.kwargs:
            return get_object_or_404(Funnel.objects, pk=self.kwargs["pk"], site=self.site)
        return self.funnels[0] if self.funnels else None

    @cached_property
    def steps(self) -> list[StepSpec]:
        """Its steps."""
        return goals.steps_of(self.funnel) if self.funnel else []

    def _around(self) -> dict[str, Any]:
        here = [self.organization.slug, self.site.script_id]
        shown = self.funnel.pk if self.funnel else None
        return {
            "funnel_tabs": [
                {"label": row.name, "href": self.here("analytics:funnel", row.pk), "active": row.pk == shown}
                for row in self.funnels
            ],
            "may_edit": self.may("funnel.edit", self.site),
            "new_href": reverse("analytics:funnel-new", args=here),
            "edit_href": reverse("analytics:funnel-edit", args=[*here, shown]) if shown else "",
        }

    def _figures(self) -> dict[str, Any]:
        period, funnel = self.frame.period, self.funnel
        query = self.frame.query((), period.window)
        found = funnel_figures.funnel_compared(query, period.comparison_so_far, self.steps, funnel.window)  # type: ignore[union-attr]
        return {
            "steps": funnel_rows.rows(self.steps, found, period.compare_label),
            "summary": funnel_rows.summary(found.now, self.steps),
            "recognised": found.now.base is Base.RECOGNISED,
            "recognised_share": funnel_rows.percent(found.now.recognised_share),
            "nobody": not found.now.steps[0].visitors,
            "window_words": funnel.get_window_display(),  # type: ignore[union-attr]
            "by_href": self.here("analytics:funnel", funnel.pk),  # type: ignore[union-attr]
        }

    def _by(self) -> dict[str, Any]:
        by = self.request.GET.get("by", "")
        by = by if by in funnel_figures.BY else funnel_figures.BY[0]
        found = read.breakdown(["analytics.sessions"], self.frame, by=by, limit=ROWS)
        values = [line.value for line in found.lines if line.value]
        query = self.frame.query((), self.frame.period.window)
        rows = funnel_figures.funnel_by(query, self.steps, self.funnel.window, by, values)  # type: ignore[union-attr]
        return {
            "by_tabs": [
                {"label": DIMENSIONS[key].label, "active": key == by, "id": f"funnel-by-{key}",
                 "href": self.here("analytics:funnel", self.funnel.pk, by=key)}  # type: ignore[union-attr]
                for key in funnel_figures.BY
            ],
            "by_columns": funnel_rows.columns(DIMENSIONS[by].label, self.steps),
            "by_rows": funnel_rows.by_rows(by, rows),
        }


class FunnelView(SiteView):
    """The builder."""

    action = "funnel.edit"

    def page(self, form: FunnelForm, steps: list[StepSpec], status: int = 200, **more: Any) -> HttpResponse:
        """Name, time and steps; two empty ones at first, up to ten."""
        here = [self.organization.slug, self.site.script_id]
        blank = max(FEWEST_STEPS - len(steps), 1 if len(steps) < MOST_STEPS else 0)
        shown = [*steps, *[StepSpec()] * (blank if not steps or "more" in self.request.POST else max(0, blank - 1))]
        facts = {
            "site": self.site, "form": form, "steps": list(enumerate(shown[:MOST_STEPS])), "kinds": STEP_KINDS,
            "goals": [(str(goal.pk), goal.name) for goal in goals.goals_of_site(self.site) if goals.can_be_step(goal)],
            "matches": TextMatch.choices, "most": MOST_STEPS, "may_add": len(shown) < MOST_STEPS,
            "back_href": reverse("analytics:site-funnels", args=here), **more,
        }
        return render(self.request, "analytics/funnel_form.html", facts, status=status)

    def shown(self, funnel: Funnel) -> HttpResponse:
        """To the funnel."""
        return redirect("analytics:funnel", self.organization.slug, self.site.script_id, funnel.pk)


class FunnelNew(FunnelView):
    """`…/funnels/new/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The empty builder."""
        return self.page(FunnelForm(), [])

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Another step, or save."""
        form, steps = FunnelForm(request.POST), steps_in(request.POST)
        if "more" in request.POST:
            return self.page(FunnelForm(initial=request.POST.dict()), steps)
        if form.is_valid():
            try:
                facts = {"name": form.cleaned_data["name"], "window": form.cleaned_data["window"], "steps": steps}
                return self.shown(funnel_create(actor=request.user, site=self.site, **facts))
            except ValidationError as error:
                form.add_all(error)
        return self.page(form, steps, status=422)


class OneFunnel(FunnelView):
    """What is done to one funnel."""

    @cached_property
    def funnel(self) -> Funnel:
        """The one in the address; 404 for another site's."""
        return get_object_or_404(Funnel.objects, pk=self.kwargs["pk"], site=self.site)


class FunnelEdit(OneFunnel):
    """`…/funnels/<id>/edit/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """The builder, filled."""
        form = FunnelForm(initial={"name": self.funnel.name, "window": self.funnel.window})
        return self._page(form, [StepSpec.from_json(step) for step in self.funnel.steps])

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Another step, or save."""
        form, steps = FunnelForm(request.POST), steps_in(request.POST)
        if "more" in request.POST:
            return self._page(FunnelForm(initial=request.POST.dict()), steps)
        if form.is_valid():
            try:
                facts = {"name": form.cleaned_data["name"], "window": form.cleaned_data["window"], "steps": steps}
                return self.shown(funnel_update(actor=request.user, funnel=self.funnel, **facts))
            except ValidationError as error:
                form.add_all(error)
        return self._page(form, steps, status=422)

    def _page(self, form: FunnelForm, steps: list[StepSpec], status: int = 200) -> HttpResponse:
        here = [self.organization.slug, self.site.script_id, self.funnel.pk]
        return self.page(form, steps, status, funnel=self.funnel,
                         delete_href=reverse("analytics:funnel-delete", args=here))


class FunnelDelete(OneFunnel):
    """`…/funnels/<id>/delete/`."""

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Delete it."""
        funnel_delete(actor=request.user, funnel=self.funnel)
        messages.success(request, _("The funnel is deleted."))
        return redirect("analytics:site-funnels", slug, script_id)
