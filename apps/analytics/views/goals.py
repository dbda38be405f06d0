"""Goals of a site: the list with figures, the form with its preview, and the end of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.enums import GoalKind
from apps.analytics.forms_journeys import GoalForm
from apps.analytics.models import Goal
from apps.analytics.selectors import goal_figures, goals
from apps.analytics.services.goals import goal_count_again, goal_create, goal_delete, goal_rule, goal_update
from apps.analytics.views import filters
from apps.analytics.views.base import SiteView
from apps.analytics.views.labels import EVENTS
from apps.analytics.views.segments import FilteredView
from apps.metrics import present, read
from apps.metrics.calendar_math import bucket_starts
from apps.metrics.contracts import Grain, QueryTooSlow

COLUMNS = ("analytics.goal_visits", "analytics.goal_rate", "analytics.goal_times", "analytics.goal_revenue")


class GoalList(FilteredView):
    """`…/goals/`."""

    title = _lazy("Goals")
    question = _lazy("How many of your visitors do what you want them to do?")

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Every goal with its figures of the period."""
        mine = goals.goals_of_site(self.site)
        facts = {"goals": [], "state": "ok" if mine else "empty", "may_edit": self.may("goal.edit", self.site),
                 "new_href": self._address("analytics:goal-new"), "rule_words": None}
        try:
            facts["goals"] = self._rows(mine) if mine else []
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/goals.html", self.page_facts() | facts)

    def _rows(self, mine: list[Goal]) -> list[dict[str, Any]]:
        found = read.breakdown(COLUMNS, self.frame, by="goal", limit=len(mine))
        lines = {line.value: line for line in found.lines}
        counting, trends = goals.countings(mine), self._trends(mine)
        rows = []
        for goal in mine:
            line = lines.get(str(goal.id))
            values = [
                present.short(line.values[metric.key] if line else None, metric, found.currency)
                for metric in found.metrics
            ]
            narrowed = filters.with_value(self.filters, "goal", str(goal.id))
            rows.append({
                "goal": goal, "words": words_of(goal), "values": values, "trend": trends[goal.id],
                "counting": counting[goal.id],
                "href": reverse("analytics:site", args=[self.organization.slug, self.site.script_id])
                + filters.address(self.request.GET, narrowed, segment=""),
                "edit_href": self._address("analytics:goal-edit", goal.pk),
                "again_href": self._address("analytics:goal-again", goal.pk),
            })
        return sorted(rows, key=lambda row: -_visits(lines.get(str(row["goal"].id))))

    def _trends(self, mine: list[Goal]) -> dict[int, list[int]]:
        if self.filters:
            return {goal.id: [] for goal in mine}
        window = replace(self.frame.period.window, grain=Grain.DAY)
        with connection.cursor() as cursor:
            found = goal_figures.trends(self.frame.query((), window), mine, cursor)
        days = [start.astimezone(UTC) for start in bucket_starts(window)]
        return {goal.id: [found[goal.id].get(day, 0) for day in days] for goal in mine}

    def _address(self, name: str, *parts: Any) -> str:
        return reverse(name, args=[self.organization.slug, self.site.script_id, *parts])


def _visits(line: Any) -> float:
    return float(line.values[COLUMNS[0]] or 0) if line else 0.0


def words_of(goal: Goal) -> str:
    """What a goal waits for, as a sentence: "Page is /thank-you"."""
    if goal.kind == GoalKind.REVENUE:
        return _("An order is worth at least %(amount)s") % {"amount": number_format(goal.amount or 0, 2)}
    kind = _("Page") if goal.kind == GoalKind.PAGE else _("Event")
    value = EVENTS.get(goal.value, goal.value) if goal.kind == GoalKind.EVENT else goal.value
    words = f"{kind} {goal.get_match_display()} {value}"
    return f"{words}, {goal.prop_name} = {goal.prop_value}" if goal.prop_name else words


class GoalView(SiteView):
    """A page about one goal or a new one."""

    action = "goal.edit"

    @cached_property
    def goal(self) -> Goal:
        """The goal in the address; 404 for another site's."""
        return get_object_or_404(Goal.objects, pk=self.kwargs["pk"], site=self.site)

    def back(self) -> HttpResponse:
        """To the list."""
        return redirect("analytics:site-goals", self.organization.slug, self.site.script_id)

    def page(self, form: GoalForm, status: int = 200, **more: Any) -> HttpResponse:
        """The form."""
        here = [self.organization.slug, self.site.script_id]
        facts = {"site": self.site, "form": form, "preview_href": reverse("analytics:goal-preview", args=here),
                 "back_href": reverse("analytics:site-goals", args=here), **more}
        return render(self.request, "analytics/goal_form.html", facts, status=status)


class GoalNew(GoalView):
    """`…/goals/new/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The form; `?kind=` and `?value=` fill it."""
        known = {name: request.GET[name] for name in ("kind", "value", "name") if name in request.GET}
        return self.page(GoalForm(initial=known))

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Add it."""
        form = GoalForm(request.POST)
        if form.is_valid():
            try:
                goal_create(actor=request.user, site=self.site, **form.facts())
                messages.success(request, _("Saved. Its past is being counted now."))
                return self.back()
            except ValidationError as error:
                form.add_all(error)
        return self.page(form, status=422)


class GoalEdit(GoalView):
    """`…/goals/<id>/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """The form, filled."""
        return self._filled(GoalForm(initial=GoalForm.initial_of(self.goal)))

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Change it."""
        form = GoalForm(request.POST)
        if form.is_valid():
            try:
                changed = goal_update(actor=request.user, goal=self.goal, **form.facts())
                anew = changed.job_id != self.goal.job_id
                messages.success(request, _("Saved. Its past is being counted now.") if anew else _("Saved."))
                return self.back()
            except ValidationError as error:
                form.add_all(error)
        return self._filled(form, status=422)

    def _filled(self, form: GoalForm, status: int = 200) -> HttpResponse:
        here = [self.organization.slug, self.site.script_id, self.goal.pk]
        return self.page(form, status, goal=self.goal, delete_href=reverse("analytics:goal-delete", args=here))


class GoalPreview(GoalView):
    """`…/goals/preview/`: how often the rule that is being typed was met lately; POST, changes nothing."""

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """A sentence with an honest count."""
        facts: dict[str, Any] = {"days": goals.PREVIEW_DAYS}
        try:
            facts["found"] = goals.preview(self.site, self._typed())
        except ValidationError:
            facts["unfinished"] = True
        except QueryTooSlow:
            facts["slow"] = True
        return render(request, "analytics/goal_preview.html", facts)

    def _typed(self) -> dict[str, Any]:
        data = self.request.POST
        try:
            amount = GoalForm.base_fields["amount"].clean(data.get("amount", ""))
        except ValidationError:
            amount = -1
        texts = {name: data.get(name, "")[:500] for name in ("kind", "match", "value", "prop_name", "prop_value")}
        return goal_rule(**texts, amount=amount)


class GoalDelete(GoalView):
    """`…/goals/<id>/delete/`."""

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Delete it with what was counted for it."""
        goal_delete(actor=request.user, goal=self.goal)
        messages.success(request, _("The goal is deleted."))
        return self.back()


class GoalAgain(GoalView):
    """`…/goals/<id>/again/`: count the past once more."""

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Ask for it."""
        goal_count_again(goal=self.goal)
        return self.back()
