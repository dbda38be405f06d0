"""Shared links as the API speaks of them."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from apps.analytics.enums import BREAKDOWNS, SharedPeriod
from apps.analytics.models import SharedLink
from apps.metrics.filtering import BadFilter, parse_filters


class SharedLinkSerializer(serializers.ModelSerializer):
    """A link. `url` is a key: whoever has it sees what the link opens."""

    url = serializers.SerializerMethodField()
    period = serializers.ChoiceField(SharedPeriod.choices, required=False)
    filters = serializers.ListField(child=serializers.CharField(max_length=600), required=False, max_length=10)
    embed_hosts = serializers.ListField(child=serializers.CharField(max_length=260), required=False, max_length=20)
    password = serializers.CharField(max_length=128, required=False, allow_blank=True, write_only=True)
    has_password = serializers.SerializerMethodField()

    class Meta:
        model = SharedLink
        fields = (
            "id", "name", "url", "password", "has_password", "period", "filters", "may_filter", "shows_money",
            "embed_hosts", "expires_at", "created_at", "last_used_at", "revoked_at",
        )  # fmt: skip
        read_only_fields = ("id", "created_at", "last_used_at", "revoked_at")

    def get_url(self, link: SharedLink) -> str:
        """Where it is open to those who have it."""
        return f"{settings.BASE_URL}{reverse('analytics:shared', args=[link.token])}"

    def get_has_password(self, link: SharedLink) -> bool:
        """Whether a password is asked for."""
        return bool(link.password)

    def validate_filters(self, texts: list[str]) -> list[str]:
        """Written as in an address, `country:is:DE`."""
        try:
            parse_filters(texts, [dimension.key for dimension in BREAKDOWNS])
        except BadFilter as error:
            raise serializers.ValidationError(str(error)) from error
        return texts
