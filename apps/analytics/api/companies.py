"""Companies through the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import ChangeMixin, TenantAPIView, TenantViewSet
from apps.analytics.enums import Confidence, NetworkKind, Temperature
from apps.analytics.models import Company, CompanyRules
from apps.analytics.selectors.companies import companies_shown
from apps.analytics.serializers.companies import (
    CompanyDetailSerializer,
    CompanyRulesSerializer,
    CompanySerializer,
)
from apps.analytics.services.companies import company_update
from apps.analytics.services.company_scores import rules_change
from apps.core.api.filters import Filter


class CompanyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ChangeMixin, TenantViewSet):
    """Businesses that visited. Hidden ones, and what turned out to be none, are left out."""

    model = Company
    serializer_class = CompanySerializer
    lookup_value_regex = "[0-9]{1,18}"
    rights = {"list": "company.view", "retrieve": "company.view", "partial_update": "company.edit"}
    ordering = "-score"
    ordering_fields = ("score", "name", "visits", "last_seen_at", "first_seen_at")
    filter_fields = {
        "temperature": Filter("temperature", serializers.ChoiceField(Temperature.choices)),
        "kind": Filter("kind", serializers.ChoiceField(NetworkKind.choices)),
        "confidence": Filter("confidence", serializers.ChoiceField(Confidence.choices)),
        "industry": Filter("industry", serializers.CharField()),
        "country": Filter("country", serializers.CharField(max_length=2), "Two letters."),
        "name": Filter("name__icontains", serializers.CharField(), "Part of the name."),
        "seen_after": Filter("last_seen_at__gte", serializers.DateTimeField(), "Last seen at or after."),
    }

    def rows(self) -> Any:
        """Those that are shown."""
        return companies_shown()

    def get_serializer_class(self) -> type[CompanySerializer]:
        """One company tells its score's parts as well."""
        return CompanyDetailSerializer if self.action == "retrieve" else CompanySerializer

    def perform_update(self, serializer: Any) -> None:
        """Set right what was guessed."""
        serializer.instance = company_update(
            actor=self.actor, company=serializer.instance, **serializer.validated_data
        )


class CompanyRulesView(TenantAPIView):
    """How companies are scored."""

    rights = {"get": "company.view", "put": "company.edit"}

    @extend_schema(summary="How companies are scored", responses=CompanyRulesSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Weights and thresholds."""
        return Response(CompanyRulesSerializer(CompanyRules.objects.first() or CompanyRules()).data)

    @extend_schema(
        summary="Score companies otherwise", request=CompanyRulesSerializer, responses=CompanyRulesSerializer
    )
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Change weights and thresholds; companies are scored anew within a minute."""
        present = CompanyRules.objects.first() or CompanyRules()
        serializer = CompanyRulesSerializer(present, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = rules_change(actor=self.actor, organization=self.organization, **serializer.validated_data)
        return Response(CompanyRulesSerializer(row).data)
