"""Goals, funnels, segments and their figures as the API speaks of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.analytics.contracts.journeys import MOST_STEPS, StepSpec
from apps.analytics.enums import FunnelWindow, GoalKind, TextMatch
from apps.analytics.models import Funnel, Goal, Segment
from apps.analytics.selectors.goals import countings

_KINDS = (("page", "page"), ("event", "event"), ("goal", "goal"))


class GoalSerializer(serializers.ModelSerializer):
    """A goal. `counting` says whether its past is counted: waiting, done or failed."""

    kind = serializers.ChoiceField(GoalKind.choices)
    match = serializers.ChoiceField(TextMatch.choices, required=False)
    amount = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0, required=False, allow_null=True)
    counting = serializers.SerializerMethodField()

    class Meta:
        model = Goal
        fields = (
            "id", "name", "kind", "match", "value", "prop_name", "prop_value", "amount", "is_conversion", "counting",
            "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "created_at")

    def get_counting(self, goal: Goal) -> str:
        """Whether the past is counted."""
        known = self.context.get("countings") or countings([goal])
        return known[goal.id].state if goal.id in known else countings([goal])[goal.id].state


class StepField(serializers.Serializer):
    """One step of a funnel. The value of a step that is a goal is the goal's id."""

    kind = serializers.ChoiceField(_KINDS, default="page")
    match = serializers.ChoiceField(TextMatch.choices, default=TextMatch.IS)
    value = serializers.CharField(max_length=500)
    prop_name = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    prop_value = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    label = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class FunnelSerializer(serializers.ModelSerializer):
    """A funnel: two to ten steps within a time."""

    steps = StepField(many=True)
    window = serializers.ChoiceField(FunnelWindow.choices, required=False)

    class Meta:
        model = Funnel
        fields = ("id", "name", "steps", "window", "created_at")
        read_only_fields = ("id", "created_at")

    def validate_steps(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Not more than a funnel has; the service has the last word."""
        if len(steps) > MOST_STEPS:
            raise serializers.ValidationError(f"{MOST_STEPS}")
        return steps

    def facts(self) -> dict[str, Any]:
        """For the services."""
        given = dict(self.validated_data)
        if "steps" in given:
            given["steps"] = [StepSpec(**step) for step in given["steps"]]
        return given


class SegmentSerializer(serializers.ModelSerializer):
    """Saved filters; `everywhere` ones fit every site of the organization."""

    filters = serializers.ListField(child=serializers.CharField(max_length=600), min_length=1, max_length=10)
    everywhere = serializers.BooleanField(required=False, write_only=True, default=False)

    class Meta:
        model = Segment
        fields = ("id", "name", "filters", "is_shared", "everywhere", "created_at")
        read_only_fields = ("id", "created_at")


class GoalFigureOut(serializers.Serializer):
    """How often a goal was reached in the period."""

    goal = serializers.IntegerField()
    visits = serializers.IntegerField()
    visitors = serializers.IntegerField()
    times = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=24, decimal_places=4)
    rate = serializers.FloatField(allow_null=True)


class StepOut(serializers.Serializer):
    """One step's figures; `median_seconds` since the step before."""

    name = serializers.CharField()
    visitors = serializers.IntegerField()
    share_of_first = serializers.FloatField()
    share_of_previous = serializers.FloatField()
    median_seconds = serializers.FloatField(allow_null=True)
    previous_visitors = serializers.IntegerField(allow_null=True)


class FunnelFiguresOut(serializers.Serializer):
    """A funnel over a period; `base` says what is counted once (visits, or recognised visitors)."""

    base = serializers.CharField()
    recognised_share = serializers.FloatField()
    steps = StepOut(many=True)


class CohortOut(serializers.Serializer):
    """Visitors who came first in the period from `start`, and how many came in each period after it."""

    start = serializers.DateTimeField()
    size = serializers.IntegerField()
    returned = serializers.ListField(child=serializers.IntegerField())


class RetentionOut(serializers.Serializer):
    """The cohorts, and which share of the visits is of visitors who can be recognised."""

    grain = serializers.CharField()
    recognised_share = serializers.FloatField()
    cohorts = CohortOut(many=True)


class NodeOut(serializers.Serializer):
    """A page so many steps from the start; "…" stands for all that are not shown singly."""

    depth = serializers.IntegerField()
    page = serializers.CharField()
    visits = serializers.IntegerField()
    ended = serializers.IntegerField()


class LinkOut(serializers.Serializer):
    """Visits that went from one page to another."""

    depth = serializers.IntegerField()
    source = serializers.CharField()
    target = serializers.CharField()
    visits = serializers.IntegerField()


class PathsOut(serializers.Serializer):
    """Nodes by depth and the links between them."""

    direction = serializers.CharField()
    nodes = NodeOut(many=True)
    links = LinkOut(many=True)


class ProductOut(serializers.Serializer):
    """What was sold of a product; rates are of the visits that looked at it."""

    product = serializers.CharField()
    quantity = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=24, decimal_places=4)
    views = serializers.IntegerField()
    cart_rate = serializers.FloatField(allow_null=True)
    buy_rate = serializers.FloatField(allow_null=True)
    returned = serializers.IntegerField()
