"""The shape of an overview in the API."""

from __future__ import annotations

from rest_framework import serializers

from apps.analytics.models import Site
from apps.metrics.serializers import ValueOut


class SiteBrief(serializers.ModelSerializer):
    """Which site."""

    class Meta:
        model = Site
        fields = ("id", "script_id", "name", "status", "last_event_at")


class OverviewOut(serializers.Serializer):
    """The figures of a period, and the sites they are of."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="The period's end, which may lie ahead; each figure says its own.")
    figures = ValueOut(many=True)
    sites = SiteBrief(many=True)
