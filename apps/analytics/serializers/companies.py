"""Companies as the API speaks of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.analytics.company_scoring import PARTS
from apps.analytics.crm_error_words import why
from apps.analytics.models import Company, CompanyRules, CrmEntry
from apps.analytics.selectors.companies import newest_score
from apps.analytics.services.crm import MOST


class CompanySerializer(serializers.ModelSerializer):
    """A company. Counts, score and temperature are those of its last scoring."""

    class Meta:
        model = Company
        fields = (
            "id", "name", "domain", "industry", "industry_guess", "size", "country", "city", "kind", "confidence",
            "network", "network_name", "first_seen_at", "last_seen_at", "visits", "pageviews", "score", "temperature",
            "hidden_at",
        )  # fmt: skip
        read_only_fields = (
            "id", "industry_guess", "kind", "confidence", "network", "network_name", "first_seen_at", "last_seen_at",
            "visits", "pageviews", "score", "temperature", "hidden_at",
        )


class ScorePartOut(serializers.Serializer):
    """One part of a score."""

    amount = serializers.FloatField()
    points = serializers.FloatField()
    weight = serializers.IntegerField()


class CrmEntrySerializer(serializers.ModelSerializer):
    """A company in a connected CRM: on its way, sent, or refused and why."""

    error = serializers.SerializerMethodField()

    class Meta:
        model = CrmEntry
        fields = (
            "id", "company", "connection", "state", "external_id", "url", "made_there", "by_itself", "requested_at",
            "sent_at", "error", "candidates",
        )  # fmt: skip
        read_only_fields = fields

    def get_error(self, entry: CrmEntry) -> str:
        """In words."""
        return why(entry)


class CompanySendSerializer(serializers.Serializer):
    """Which companies to send to which connected CRM (the number of a connection)."""

    connection = serializers.IntegerField(min_value=1)
    companies = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST)


class CompanySentSerializer(serializers.Serializer):
    """How many companies are on their way. Hidden ones, and what is no company, are left out."""

    queued = serializers.IntegerField()


class CompanyDetailSerializer(CompanySerializer):
    """A company with the parts its score is made of, and the CRMs it is in."""

    parts = serializers.SerializerMethodField()
    crm = CrmEntrySerializer(source="crm_entries", many=True, read_only=True)

    class Meta(CompanySerializer.Meta):
        fields = (*CompanySerializer.Meta.fields, "parts", "crm")

    def get_parts(self, company: Company) -> dict[str, Any]:
        """By part: what was seen, the points it gives, its weight."""
        score = newest_score(company)
        return dict(score.parts) if score else {}


class CompanyRulesSerializer(serializers.ModelSerializer):
    """Weights (0 to 100) and the scores from which a company is warm and hot."""

    class Meta:
        model = CompanyRules
        fields = (*PARTS, "hot_from", "warm_from")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Warm comes before hot, and something counts."""
        whole = {name: attrs.get(name, getattr(self.instance, name)) for name in self.Meta.fields}
        if whole["warm_from"] >= whole["hot_from"]:
            raise serializers.ValidationError({"warm_from": "Warm must begin below hot."})
        if not any(whole[name] for name in PARTS):
            raise serializers.ValidationError({PARTS[0]: "At least one weight must be above 0."})
        return attrs
