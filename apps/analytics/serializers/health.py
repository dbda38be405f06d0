"""Tracking's own health as the API speaks of it. Times are milliseconds, shares fractions."""

from __future__ import annotations

from rest_framework import serializers


class FlowPointOut(serializers.Serializer):
    """What became of the events that arrived within one bucket."""

    at = serializers.DateTimeField()
    received = serializers.IntegerField()
    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    bots = serializers.IntegerField()
    spam = serializers.IntegerField()
    hostnames = serializers.IntegerField()
    invalid = serializers.IntegerField()
    limited = serializers.IntegerField()
    failed = serializers.IntegerField()
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)


class MonitoringOut(serializers.Serializer):
    """An organization's events from arrival to figure: the whole span, and bucket by bucket."""

    span = serializers.CharField()
    waiting_requests = serializers.IntegerField()
    waiting_seconds = serializers.FloatField()
    open_errors = serializers.IntegerField()
    whole = FlowPointOut()
    points = FlowPointOut(many=True)


class ErrorOut(serializers.Serializer):
    """An event that could not be counted or sent on. An id is one of its source only."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(("counting", "sending"))
    at = serializers.DateTimeField()
    site = serializers.CharField(help_text="Script id.")
    kind = serializers.CharField()
    message = serializers.CharField()
    detail = serializers.CharField()
    attempts = serializers.IntegerField()
    destination = serializers.CharField(allow_blank=True, help_text="Where it could not be sent.")
    state = serializers.ChoiceField(
        ("waiting", "asked", "replayed"), help_text="Waits for a decision, is being tried again, went well in the end."
    )


class ErrorsOut(serializers.Serializer):
    """A page of errors, newest first; `next_offset` is null on the last."""

    results = ErrorOut(many=True)
    next_offset = serializers.IntegerField(allow_null=True)


class ErrorsReplayIn(serializers.Serializer):
    """Which errors to try again: ids of events that could not be counted, of deliveries, or all."""

    ids = serializers.ListField(child=serializers.IntegerField(), max_length=1000, required=False)
    deliveries = serializers.ListField(child=serializers.IntegerField(), max_length=1000, required=False)
    all = serializers.BooleanField(default=False)

    def validate(self, attrs: dict) -> dict:
        """Some or all."""
        if not attrs["all"] and "ids" not in attrs and "deliveries" not in attrs:
            raise serializers.ValidationError({"ids": "Name ids, or set all."})
        return attrs


class ErrorsReplayOut(serializers.Serializer):
    """How many will be tried again."""

    asked = serializers.IntegerField()


class DestinationFiguresOut(serializers.Serializer):
    """What a destination took today."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    site = serializers.CharField(help_text="Script id.")
    state = serializers.CharField()
    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True)
    average_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    waiting = serializers.IntegerField()
    dead = serializers.IntegerField()
    last_success_at = serializers.DateTimeField(allow_null=True)


class QualityPartOut(serializers.Serializer):
    """One part of a score: what it counted, of how much, and the points."""

    key = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField()
    points = serializers.FloatField()
    most = serializers.FloatField()


class CountedOut(serializers.Serializer):
    """A name and how many events."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class HostOut(CountedOut):
    """An unknown host; `imitates` names the domain it seems to borrow."""

    imitates = serializers.CharField(allow_blank=True)


class GapOut(serializers.Serializer):
    """A stretch without events."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    expected = serializers.IntegerField()


class QualityOut(serializers.Serializer):
    """A site's data quality over the last seven days."""

    score = serializers.IntegerField(allow_null=True)
    first_day = serializers.DateField()
    until = serializers.DateTimeField()
    received = serializers.IntegerField()
    parts = QualityPartOut(many=True)
    unknown_hosts = HostOut(many=True)
    bots = CountedOut(many=True, help_text="By family.")
    gaps = GapOut(many=True)
