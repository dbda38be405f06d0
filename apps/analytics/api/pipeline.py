"""How the counting is doing, through the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import TenantAPIView
from apps.analytics.probes import PIPELINE
from apps.analytics.serializers.pipeline import PipelineOut
from apps.core.ops import probes


class PipelineView(TenantAPIView):
    """The way from the collector to the figures."""

    rights = {"get": "site.view"}

    @extend_schema(summary="How far the counting is behind", responses=PipelineOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Whether what was accepted is being counted."""
        reading = probes.read(PIPELINE)
        return Response(
            {"ok": reading.ok, "words": str(reading.words), "delay_seconds": reading.oldest_seconds or 0.0}
        )
