"""Sites as the API speaks of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import CompanyMode, ConsentMode, SiteStatus
from apps.analytics.models import Site


class SiteSettingsField(serializers.Serializer):
    """What can be switched for a site; what is left out keeps its value."""

    consent = serializers.ChoiceField(ConsentMode.choices, required=False)
    gpc = serializers.BooleanField(required=False)
    spa = serializers.BooleanField(required=False)
    hash = serializers.BooleanField(required=False)
    outbound = serializers.BooleanField(required=False)
    downloads = serializers.BooleanField(required=False)
    forms = serializers.BooleanField(required=False)
    not_found = serializers.BooleanField(required=False)
    scroll = serializers.BooleanField(required=False)
    vitals = serializers.BooleanField(required=False)
    test = serializers.BooleanField(required=False)
    truncate_ip = serializers.BooleanField(required=False)
    ip_retention_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    only_known_hosts = serializers.BooleanField(required=False)
    companies = serializers.ChoiceField(CompanyMode.choices, required=False)
    keep_months = serializers.IntegerField(
        min_value=0, max_value=120, required=False,
        help_text="Whole months of visits and events that are kept; 0 keeps all. Keeping less deletes the rest.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A shop",
            {"name": "Shop", "domains": ["shop.example"], "settings": {"consent": "cookieless"}},
            request_only=True,
        )
    ]
)
class SiteSerializer(serializers.ModelSerializer):
    """A site. `snippet` is the line that goes into its pages."""

    domains = serializers.ListField(child=serializers.CharField(max_length=253), max_length=50)
    cross_domains = serializers.ListField(child=serializers.CharField(max_length=253), max_length=50, required=False)
    status = serializers.ChoiceField(SiteStatus.choices, required=False)
    settings = SiteSettingsField(required=False)
    snippet = serializers.SerializerMethodField()

    class Meta:
        model = Site
        fields = (
            "id", "script_id", "name", "status", "domains", "cross_domains", "settings", "snippet", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "script_id", "created_at")

    def get_snippet(self, site: Site) -> str:
        """The tracking code."""
        return f'<script defer src="{settings.COLLECTOR_URL}/t/{site.script_id}.js"></script>'

    def to_representation(self, site: Site) -> dict[str, Any]:
        """With every setting, also those that have their default."""
        return {**super().to_representation(site), "settings": site.options.to_json()}

    def facts(self) -> dict[str, Any]:
        """What was sent, for the services; settings laid over the present ones."""
        given = dict(self.validated_data)
        if "settings" in given:
            present = (self.instance.options if self.instance else SiteSettings()).to_json()
            given["settings"] = SiteSettings.from_json({**present, **given["settings"]})
        return given


class SiteStateOut(serializers.Serializer):
    """Is the code installed, and do visits arrive?"""

    state = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    detected_at = serializers.DateTimeField(allow_null=True)
    last_event_at = serializers.DateTimeField(allow_null=True)
