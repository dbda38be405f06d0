"""Goals, funnels and segments of a site through the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import require
from apps.accounts.tenant_api.views import ChangeMixin
from apps.analytics.api.of_site import SiteRowViewSet
from apps.analytics.models import Funnel, Goal, Segment
from apps.analytics.selectors.funnel_figures import funnel_compared
from apps.analytics.selectors.goals import countings, segments_for, steps_of
from apps.analytics.serializers.journeys import (
    FunnelFiguresOut,
    FunnelSerializer,
    GoalFigureOut,
    GoalSerializer,
    SegmentSerializer,
)
from apps.analytics.services import funnels as funnel_services
from apps.analytics.services import goals as goal_services
from apps.metrics import read
from apps.metrics.api import PERIOD

SEGMENT = OpenApiParameter("segment", int, OpenApiParameter.QUERY, description="A saved set of filters, by id.")
ASKED = [*PERIOD, SEGMENT]
_FIGURES = {
    "visits": "goal_visits", "visitors": "goal_visitors", "times": "goal_times", "revenue": "goal_revenue",
    "rate": "goal_rate",
}


class _Rows(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, ChangeMixin, mixins.DestroyModelMixin,
    SiteRowViewSet,
):
    """The five doors of rows of a site."""

    ordering = "name"
    ordering_fields = ("name", "created_at")
    lookup_value_regex = "[0-9]{1,18}"


class GoalViewSet(_Rows):
    """Goals of a site."""

    model = Goal
    serializer_class = GoalSerializer
    rights = {
        "list": "site.view", "retrieve": "site.view", "figures": "site.view", "create": "goal.edit",
        "partial_update": "goal.edit", "destroy": "goal.edit",
    }

    def get_serializer_context(self) -> dict[str, Any]:
        """With the state of counting of all goals, looked up once."""
        context = super().get_serializer_context()
        if self.action == "list" and not getattr(self, "swagger_fake_view", False):
            context["countings"] = countings(self.rows())
        return context

    def perform_create(self, serializer: GoalSerializer) -> None:
        """Add it and have its past counted."""
        serializer.instance = goal_services.goal_create(
            actor=self.actor, site=self.site, **serializer.validated_data
        )

    def perform_update(self, serializer: GoalSerializer) -> None:
        """Change what was sent."""
        serializer.instance = goal_services.goal_update(
            actor=self.actor, goal=serializer.instance, **serializer.validated_data
        )

    def perform_destroy(self, instance: Goal) -> None:
        """Delete it with what was counted for it."""
        goal_services.goal_delete(actor=self.actor, goal=instance)

    @extend_schema(summary="How often goals were reached", parameters=ASKED, responses=GoalFigureOut(many=True))
    @action(detail=False, pagination_class=None, filter_backends=[])
    def figures(self, request: Request, **kwargs: Any) -> Response:
        """Every goal that was reached in the period, most visits first."""
        keys = [f"analytics.{name}" for name in _FIGURES.values()]
        found = read.breakdown(keys, self.asked(), by="goal", limit=goal_services.MOST_GOALS)
        rows = [
            {"goal": int(line.value), **{name: line.values[f"analytics.{key}"] for name, key in _FIGURES.items()}}
            for line in found.lines
        ]
        return Response(GoalFigureOut(rows, many=True).data)


class FunnelViewSet(_Rows):
    """Funnels of a site."""

    model = Funnel
    serializer_class = FunnelSerializer
    rights = {
        "list": "site.view", "retrieve": "site.view", "figures": "site.view", "create": "funnel.edit",
        "partial_update": "funnel.edit", "destroy": "funnel.edit",
    }

    def perform_create(self, serializer: FunnelSerializer) -> None:
        """Add it."""
        serializer.instance = funnel_services.funnel_create(actor=self.actor, site=self.site, **serializer.facts())

    def perform_update(self, serializer: FunnelSerializer) -> None:
        """Change what was sent."""
        serializer.instance = funnel_services.funnel_update(
            actor=self.actor, funnel=serializer.instance, **serializer.facts()
        )

    def perform_destroy(self, instance: Funnel) -> None:
        """Delete it."""
        funnel_services.funnel_delete(actor=self.actor, funnel=instance)

    @extend_schema(summary="How many take each step", parameters=ASKED, responses=FunnelFiguresOut)
    @action(detail=True)
    def figures(self, request: Request, **kwargs: Any) -> Response:
        """The steps in the period, and what they were in the one it is compared with."""
        row, frame = self.get_object(), self.asked()
        steps = steps_of(row)
        found = funnel_compared(
            frame.query((), frame.period.window), frame.period.comparison_so_far, steps, row.window
        )
        before = found.before.steps if found.before else [None] * len(steps)
        shown = [
            {"name": spec.name, "previous_visitors": earlier.visitors if earlier else None,
             **{name: getattr(step, name) for name in ("visitors", "share_of_first", "share_of_previous",
                                                       "median_seconds")}}
            for spec, step, earlier in zip(steps, found.now.steps, before, strict=True)
        ]
        facts = {"base": found.now.base.value, "recognised_share": found.now.recognised_share, "steps": shown}
        return Response(FunnelFiguresOut(facts).data)


class SegmentViewSet(_Rows):
    """Saved filters for a site: shared ones, and the caller's own."""

    model = Segment
    serializer_class = SegmentSerializer
    rights = {
        "list": "site.view", "retrieve": "site.view", "create": "segment.edit", "partial_update": "segment.edit",
        "destroy": "segment.edit",
    }

    def rows(self) -> QuerySet[Any]:
        """Those the caller may use here."""
        return segments_for(self.seen_site, self.person)

    def require_for(self, obj: Segment) -> None:
        """Reading needs no more than seeing it; changing a shared one takes the right to share, or being its maker."""
        if self.access_action == "site.view":
            return
        own = obj.user_id is not None and obj.user_id == getattr(self.person, "pk", None)
        if obj.is_shared and not own:
            require(self.request.user, "segment.share", membership=self.membership)

    def perform_create(self, serializer: SegmentSerializer) -> None:
        """Save; for everybody only with the right to share."""
        facts = dict(serializer.validated_data)
        if facts.get("is_shared"):
            require(self.request.user, "segment.share", membership=self.membership)
        site = None if facts.pop("everywhere", False) else self.seen_site
        serializer.instance = funnel_services.segment_create(actor=self.actor, site=site, **facts)

    def perform_update(self, serializer: SegmentSerializer) -> None:
        """Change what was sent."""
        facts = dict(serializer.validated_data)
        facts.pop("everywhere", None)
        if facts.get("is_shared"):
            require(self.request.user, "segment.share", membership=self.membership)
        serializer.instance = funnel_services.segment_update(actor=self.actor, segment=serializer.instance, **facts)

    def perform_destroy(self, instance: Segment) -> None:
        """Delete it."""
        funnel_services.segment_delete(actor=self.actor, segment=instance)
