"""A stored event in the API. Nothing in it names a person: the visitor is a mark that lasts a day, the address is left
out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.analytics.enums import EventFlag
from apps.analytics.models import Event
from apps.analytics.streaming import visitor_mark


class VisitBrief(serializers.Serializer):
    """The visit an event belongs to."""

    id = serializers.CharField()
    country = serializers.CharField()
    device = serializers.CharField()
    channel = serializers.CharField()
    source = serializers.CharField()


class EventSerializer(serializers.ModelSerializer):
    """One event. Ids are text: they have more digits than a number of JavaScript holds."""

    id = serializers.CharField()
    site = serializers.CharField(source="site.script_id")
    revenue = serializers.DecimalField(18, 4, allow_null=True)
    visitor = serializers.SerializerMethodField(help_text="Tells visitors of a day apart.")
    visit = serializers.SerializerMethodField()
    goal = serializers.SerializerMethodField(help_text="Whether it reached a goal.")
    test = serializers.SerializerMethodField(help_text="Whether it was sent to try something out.")

    class Meta:
        model = Event
        fields = (
            "id", "site", "time", "received_at", "name", "host", "path", "title", "referrer", "order_id", "revenue",
            "currency", "engaged_ms", "scroll", "props", "items", "visitor", "visit", "goal", "test",
        )  # fmt: skip

    def get_visitor(self, event: Event) -> str:
        """Six signs."""
        return visitor_mark(event.visitor)

    @extend_schema_field(VisitBrief(allow_null=True))
    def get_visit(self, event: Event) -> dict[str, Any] | None:
        """None for an event without a visit, or whose visit is gone."""
        found = self.context["visits"].get(event.session_id)
        return VisitBrief(found).data if found else None

    def get_goal(self, event: Event) -> bool:
        """By the goals of the day it came."""
        return bool(event.flags & EventFlag.CONVERSION)

    def get_test(self, event: Event) -> bool:
        """Tests count in no figure."""
        return bool(event.flags & EventFlag.TEST)
