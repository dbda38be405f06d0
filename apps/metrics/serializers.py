"""The shapes of numbers in the API, for the schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.metrics.answers import Comparison
from apps.metrics.contracts import Grain
from apps.metrics.registry import Better, Metric, Unit


@extend_schema_field({"type": ["number", "string", "null"]})
class AmountField(serializers.Field):
    """A number; money is text; null where there is no value (a ratio over nothing, a bucket that lies ahead)."""

    def to_representation(self, value: object) -> object:
        """As it is."""
        return value


class MetricOut(serializers.Serializer):
    """What a metric counts, and how it can be asked for."""

    key = serializers.CharField()
    label = serializers.CharField()
    help = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.ChoiceField([unit.value for unit in Unit])
    better = serializers.ChoiceField([better.value for better in Better])
    kind = serializers.ChoiceField(["collected", "counted", "derived"])
    by = serializers.ListField(child=serializers.CharField())
    unique_over = serializers.CharField()


class NamedOut(serializers.Serializer):
    """Of what, in what."""

    key = serializers.CharField()
    unit = serializers.ChoiceField([unit.value for unit in Unit])
    currency = serializers.CharField(allow_null=True)


class ValueOut(NamedOut):
    """One number."""

    value = AmountField(allow_null=True)
    text = serializers.CharField(help_text="In the caller's language.")
    previous = AmountField(allow_null=True)
    change = serializers.FloatField(allow_null=True, help_text="0.18 is 18 % more; a percentage changes by its points.")
    until = serializers.DateTimeField(help_text="Facts up to then are in.")


def value_told(answer: Comparison) -> dict[str, Any]:
    """One number for `ValueOut`."""
    return {
        **named(answer.metric, answer.currency),
        "value": amount(answer.value),
        "text": answer.text,
        "previous": amount(answer.previous),
        "change": answer.change,
        "until": answer.until,
    }


def named(metric: Metric, currency: str) -> dict[str, Any]:
    """Of what, and in what; only money has a currency."""
    return {"key": metric.key, "unit": metric.unit.value, "currency": currency if metric.unit == "money" else None}


def amount(value: Any) -> Any:
    """Money as text, so that no cent is lost on the way; the rest as numbers."""
    return str(value) if isinstance(value, Decimal) else value


class SeriesOut(NamedOut):
    """One number by bucket."""

    grain = serializers.ChoiceField([grain.value for grain in Grain])
    times = serializers.ListField(child=serializers.DateTimeField())
    values = serializers.ListField(child=AmountField(allow_null=True))
    comparison_times = serializers.ListField(child=serializers.DateTimeField())
    comparison = serializers.ListField(child=AmountField(allow_null=True))
    open_index = serializers.IntegerField(allow_null=True, help_text="The bucket that is still filling.")


class BreakdownRow(serializers.Serializer):
    """One row."""

    value = serializers.CharField()
    amount = AmountField(allow_null=True)
    share = serializers.FloatField(allow_null=True)


class BreakdownOut(NamedOut):
    """The largest rows."""

    by = serializers.CharField()
    rows = BreakdownRow(many=True)
    more = serializers.BooleanField()
