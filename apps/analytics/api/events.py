"""Stored events through the API, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import mixins, serializers

from apps.accounts.tenant_api.views import TenantViewSet
from apps.analytics.models import Event
from apps.analytics.selectors.stream import sites_watched, visits_of
from apps.analytics.serializers.events import EventSerializer
from apps.core.api.filters import Filter

USUAL_DAYS = 7


class EventViewSet(mixins.ListModelMixin, TenantViewSet):
    """Events of the sites the caller may see: of the last seven days, or since the moment asked for."""

    model = Event
    serializer_class = EventSerializer
    rights = {"list": "site.view"}
    visits: Mapping[int, dict[str, Any]] = {}
    ordering = "-time"
    ordering_fields = ("time",)
    filter_fields = {
        "site": Filter("site__script_id", serializers.CharField(max_length=12), "A site's script id."),
        "name": Filter("name", serializers.CharField(max_length=64), "`pageview`, `purchase`, or a name of your own."),
        "path": Filter("path", serializers.CharField(max_length=1000), "The page's path, whole."),
        "since": Filter("time__gte", serializers.DateTimeField(), "At or after; seven days ago unless told."),
        "before": Filter("time__lt", serializers.DateTimeField(), "Before."),
    }

    def get_queryset(self) -> QuerySet[Event]:
        """What the caller may see, bounded in time so that old months are not searched for nothing."""
        if getattr(self, "swagger_fake_view", False):
            return Event._base_manager.none()
        rows = Event.objects.filter(site__in=sites_watched(self.request.user, self.membership)).select_related("site")
        if "since" in self.request.query_params:
            return rows
        return rows.filter(time__gte=timezone.now() - timedelta(days=USUAL_DAYS))

    def paginate_queryset(self, queryset: QuerySet[Event]) -> Any:
        """A page of events, with their visits read at once."""
        found = super().paginate_queryset(queryset)
        self.visits = visits_of(event.session_id for event in found or ())
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        """With the visits of the page."""
        return {**super().get_serializer_context(), "visits": self.visits}
