"""Filters are declared on the view; anything else in the query is refused, so that a typing mistake is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import filters, serializers
from rest_framework.request import Request

FRAME_PARAMETERS = frozenset({"cursor", "limit", "ordering"})


@dataclass(frozen=True)
class Filter:
    """`Filter("created_at__gte", serializers.DateTimeField())`: the lookup, and the field that reads the value."""

    lookup: str
    field: serializers.Field
    help: str = ""
    many: bool = False  # several values separated by commas; the lookup is then `…__in`


class DeclaredFilters(filters.BaseFilterBackend):
    """Reads `filter_fields: dict[parameter, Filter]` of the view."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow the rows; raises ValidationError that names the parameter."""
        declared: Mapping[str, Filter] = getattr(view, "filter_fields", {})
        if getattr(view, "detail", False):
            return queryset
        errors: dict[str, Any] = {}
        wanted: dict[str, Any] = {}
        for name, text in request.query_params.items():
            if name in FRAME_PARAMETERS:
                continue
            if name not in declared:
                errors[name] = serializers.ErrorDetail(str(_("This list has no such filter.")), "unknown")
                continue
            try:
                wanted[declared[name].lookup] = self._value(declared[name], text)
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return queryset.filter(**wanted) if wanted else queryset

    @staticmethod
    def _value(declared: Filter, text: str) -> Any:
        if declared.many:
            return [declared.field.run_validation(part) for part in text.split(",") if part]
        return declared.field.run_validation(text)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What callers may say, for the schema."""
        return [
            {"name": name, "in": "query", "required": False, "description": item.help, "schema": _schema(item)}
            for name, item in getattr(view, "filter_fields", {}).items()
        ]


def _schema(item: Filter) -> dict[str, Any]:
    field = item.field
    if isinstance(field, serializers.ChoiceField) and not item.many:
        return {"type": "string", "enum": [str(key) for key in field.choices]}
    for kind, schema in (
        (serializers.BooleanField, {"type": "boolean"}),
        (serializers.IntegerField, {"type": "integer"}),
        (serializers.DateTimeField, {"type": "string", "format": "date-time"}),
        (serializers.DateField, {"type": "string", "format": "date"}),
    ):
        if isinstance(field, kind) and not item.many:
            return schema
    return {"type": "string"}
