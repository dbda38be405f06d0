"""Companies and CRMs through the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import TenantAPIView, TenantViewSet
from apps.analytics.models import CrmEntry
from apps.analytics.selectors.crm import crm_connections
from apps.analytics.serializers.companies import CompanySendSerializer, CompanySentSerializer, CrmEntrySerializer
from apps.analytics.services.crm import companies_send
from apps.core.api.filters import Filter


class CrmEntryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Which companies are in which connected CRM, on their way there, or were refused."""

    model = CrmEntry
    serializer_class = CrmEntrySerializer
    lookup_value_regex = "[0-9]{1,18}"
    rights = {"list": "company.view", "retrieve": "company.view"}
    ordering = "-requested_at"
    ordering_fields = ("requested_at", "sent_at")
    filter_fields = {
        "state": Filter("state", serializers.ChoiceField(CrmEntry.State.choices)),
        "connection": Filter("connection_id", serializers.IntegerField(min_value=1)),
        "company": Filter("company_id", serializers.IntegerField(min_value=1)),
    }

    def rows(self) -> Any:
        """All of the organization's."""
        return CrmEntry.objects.select_related("connection")


class CompanySendView(TenantAPIView):
    """Send companies to a CRM."""

    rights = {"post": "company.send"}

    @extend_schema(
        summary="Send companies to a CRM", request=CompanySendSerializer, responses={202: CompanySentSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put them on their way. What becomes of each is told by `crm-entries/`."""
        asked = CompanySendSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data["connection"]
        connection = next((row for row in crm_connections() if row.pk == wanted), None)
        if connection is None:
            raise serializers.ValidationError({"connection": "There is no such CRM among your connections."})
        number = companies_send(actor=self.actor, connection=connection, companies=asked.validated_data["companies"])
        return Response(CompanySentSerializer({"queued": number}).data, status=202)
