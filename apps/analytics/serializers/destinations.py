"""Destinations as the API speaks of them. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.analytics.enums import BreakerState, ConsentRule, WhenUnsure
from apps.analytics.models import Destination
from apps.core.providers import find_vendor


class DestinationSerializer(serializers.ModelSerializer):
    """A destination. `config` answers the vendor's questions; secret answers are write-only."""

    site = serializers.SlugRelatedField(slug_field="script_id", read_only=True)
    provider = serializers.CharField(source="connection.provider", read_only=True)
    config = serializers.SerializerMethodField()
    events = serializers.DictField(child=serializers.CharField(max_length=100, allow_blank=True), required=False)
    consent = serializers.ChoiceField(ConsentRule.choices, required=False)
    when_unsure = serializers.ChoiceField(WhenUnsure.choices, required=False)
    breaker = serializers.ChoiceField(BreakerState.choices, read_only=True)
    is_enabled = serializers.BooleanField(required=False)

    class Meta:
        model = Destination
        fields = (
            "id", "site", "provider", "name", "is_enabled", "events", "consent", "when_unsure", "config", "breaker",
            "hold_until", "failing_since", "last_ok_at", "last_error_at", "last_error", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "id", "hold_until", "failing_since", "last_ok_at", "last_error_at", "last_error", "created_at",
        )  # fmt: skip

    def get_config(self, row: Destination) -> dict[str, Any]:
        """The answers that are no secrets."""
        vendor = find_vendor("destination", row.connection.provider)
        shown = {field.name for field in vendor.fields if not field.secret} if vendor else set()
        return {key: value for key, value in row.connection.config.items() if key in shown}


class DestinationNewIn(serializers.Serializer):
    """What a new destination needs."""

    site = serializers.CharField(max_length=12, help_text="The site's script id.")
    provider = serializers.SlugField(help_text="ga4, meta, google_ads, tiktok, linkedin, webhook or slack.")
    name = serializers.CharField(max_length=120)
    values = serializers.DictField(help_text="Answers to the vendor's questions, secrets included.")
    events = serializers.DictField(child=serializers.CharField(max_length=100, allow_blank=True), required=False)
    consent = serializers.ChoiceField(ConsentRule.choices, required=False)
    when_unsure = serializers.ChoiceField(WhenUnsure.choices, required=False)


class DestinationChangeIn(serializers.Serializer):
    """What may change; what is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    values = serializers.DictField(required=False)
    events = serializers.DictField(child=serializers.CharField(max_length=100, allow_blank=True), required=False)
    consent = serializers.ChoiceField(ConsentRule.choices, required=False)
    when_unsure = serializers.ChoiceField(WhenUnsure.choices, required=False)
    is_enabled = serializers.BooleanField(required=False)


class DestinationTestIn(serializers.Serializer):
    """Which sample to send."""

    event = serializers.CharField(max_length=64, default="purchase")


class ExchangeOut(serializers.Serializer):
    """A request and its answer, secrets masked."""

    method = serializers.CharField()
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField()
    status = serializers.IntegerField()
    answer = serializers.CharField()


class DestinationTestOut(serializers.Serializer):
    """What a test showed."""

    ok = serializers.BooleanField()
    words = serializers.CharField()
    exchange = ExchangeOut(allow_null=True)


class ReplayIn(serializers.Serializer):
    """Which failed events to send again; all when left out."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=1000, required=False)


class ReplayOut(serializers.Serializer):
    """How many are on their way."""

    events = serializers.IntegerField()
