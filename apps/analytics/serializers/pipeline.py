"""How the counting is doing, as the API speaks of it."""

from __future__ import annotations

from rest_framework import serializers


class PipelineOut(serializers.Serializer):
    """How far the counting is behind what has been accepted."""

    ok = serializers.BooleanField()
    words = serializers.CharField()
    delay_seconds = serializers.FloatField()
