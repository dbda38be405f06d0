"""Destinations through the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import visible
from apps.accounts.tenant_api.views import TenantViewSet
from apps.analytics.models import Destination, Site
from apps.analytics.providers.base import destinations, is_offered
from apps.analytics.serializers.destinations import (
    DestinationChangeIn,
    DestinationNewIn,
    DestinationSerializer,
    DestinationTestIn,
    DestinationTestOut,
    ReplayIn,
    ReplayOut,
)
from apps.analytics.services import destinations as services
from apps.core.api.filters import Filter


class DestinationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """Where the events of sites are sent on to."""

    model = Destination
    serializer_class = DestinationSerializer
    rights = {
        "list": "destination.view", "retrieve": "destination.view", "create": "destination.edit",
        "partial_update": "destination.edit", "destroy": "destination.edit", "test": "destination.edit",
        "replay": "destination.edit",
    }
    ordering = "name"
    ordering_fields = ("name", "created_at")
    filter_fields = {"site": Filter("site__script_id", serializers.CharField(max_length=12), "A site's script id.")}

    def rows(self) -> QuerySet[Any]:
        """With what the serializer reads."""
        return Destination.objects.select_related("site__organization", "connection")

    @extend_schema(summary="Send a site's events on", request=DestinationNewIn, responses={201: DestinationSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add a destination; it is not tested until asked."""
        given = DestinationNewIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        if facts["provider"] not in {vendor.key for vendor in destinations if is_offered(vendor)}:
            raise serializers.ValidationError({"provider": _("There is no such destination.")})
        mine = visible(request.user, "site.view", Site.objects.all(), membership=self.membership)
        facts["site"] = get_object_or_404(mine, script_id=facts["site"])
        row = services.destination_create(actor=self.actor, **facts)
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Change a destination", request=DestinationChangeIn, responses=DestinationSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change what was sent; `is_enabled` pauses and resumes."""
        row = self.get_object()
        given = DestinationChangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        enabled = facts.pop("is_enabled", row.is_enabled)
        if facts:
            services.destination_update(actor=self.actor, destination=row, **facts)
        if enabled != row.is_enabled:
            turn = services.destination_resume if enabled else services.destination_pause
            turn(actor=self.actor, destination=row)
        return Response(self.get_serializer(self.rows().get(pk=row.pk)).data)

    def perform_destroy(self, instance: Destination) -> None:
        """Remove it with what waits for it."""
        services.destination_delete(actor=self.actor, destination=instance)

    @extend_schema(summary="Send a sample", request=DestinationTestIn, responses=DestinationTestOut)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """Send one sample event now, and see the exact request and answer."""
        given = DestinationTestIn(data=request.data)
        given.is_valid(raise_exception=True)
        tried = services.destination_try(destination=self.get_object(), event=given.validated_data["event"])
        return Response(DestinationTestOut(tried).data)

    @extend_schema(summary="Send failed events again", request=ReplayIn, responses=ReplayOut)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **kwargs: Any) -> Response:
        """Those named, or all; they keep the ids under which they count once."""
        given = ReplayIn(data=request.data)
        given.is_valid(raise_exception=True)
        ids = given.validated_data.get("ids")
        count = services.deliveries_replay(actor=self.actor, destination=self.get_object(), ids=ids)
        return Response({"events": count})
