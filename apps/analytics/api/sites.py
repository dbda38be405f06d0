"""Sites through the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import ChangeMixin, TenantViewSet
from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site
from apps.analytics.serializers.sites import SiteSerializer, SiteStateOut
from apps.analytics.services.detection import finding_of
from apps.analytics.services.sites import site_create, site_delete, site_update
from apps.core.api.filters import Filter


class SiteViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    ChangeMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """Sites, by the id that stands in their tracking code."""

    model = Site
    serializer_class = SiteSerializer
    lookup_field = "script_id"
    lookup_value_regex = "[a-z0-9]{12}"
    rights = {
        "list": "site.view",
        "retrieve": "site.view",
        "state": "site.view",
        "create": "site.create",
        "partial_update": "site.edit",
        "destroy": "site.delete",
    }
    ordering = "name"
    ordering_fields = ("name", "created_at")
    filter_fields = {
        "status": Filter("status", serializers.ChoiceField(SiteStatus.choices)),
        "name": Filter("name__icontains", serializers.CharField(), "Part of the name."),
    }

    def perform_create(self, serializer: SiteSerializer) -> None:
        """Add it."""
        facts = serializer.facts()
        facts.pop("status", None)
        serializer.instance = site_create(actor=self.actor, **facts)

    def perform_update(self, serializer: SiteSerializer) -> None:
        """Change what was sent."""
        serializer.instance = site_update(actor=self.actor, site=serializer.instance, **serializer.facts())

    def perform_destroy(self, instance: Site) -> None:
        """Delete it with everything counted for it."""
        site_delete(actor=self.actor, site=instance, typed_name=instance.name)

    @extend_schema(summary="Is the code installed?", responses=SiteStateOut)
    @action(detail=True)
    def state(self, request: Request, **kwargs: Any) -> Response:
        """What is known of the tracking code, in words."""
        site = self.get_object()
        found = finding_of(site)
        shown = {"state": found.key, "title": found.title, "text": found.text}
        return Response(
            SiteStateOut({**shown, "detected_at": site.detected_at, "last_event_at": site.last_event_at}).data
        )
