"""A set of doors made only for testing the frame: an organization's connections."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from apps.accounts.tenant_api.views import ChangeMixin, TenantAPIView, TenantViewSet
from apps.core.api.filters import Filter
from apps.core.api.views import ApiView
from apps.core.models import Connection
from apps.core.tenancy import current_org_id
from config.urls import urlpatterns as real


class ConnectionOut(serializers.ModelSerializer):
    owner_scope = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = ["id", "name", "kind", "provider", "status", "created_at", "owner_scope"]
        read_only_fields = ["status", "created_at"]

    def get_owner_scope(self, _: Connection) -> int:
        return current_org_id()


class ConnectionDoors(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    ChangeMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    model = Connection
    serializer_class = ConnectionOut
    rights = {
        "list": "connection.view",
        "retrieve": "connection.view",
        "create": "connection.manage",
        "partial_update": "connection.manage",
        "destroy": "connection.manage",
    }
    ordering = "-created_at"
    ordering_fields = ("created_at", "name")
    filter_fields = {"kind": Filter("kind", serializers.CharField())}


class Narrow(TenantAPIView):
    rights = {"get": "metrics.view"}
    rate = "2/m"

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response({"organization": self.organization.slug, "actor": self.person and self.person.email})


class Broken(ApiView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        raise RuntimeError("secret details")


router = SimpleRouter()
router.register("connections", ConnectionDoors, basename="connection")
urlpatterns = [
    path("api/v1/organizations/<slug:slug>/test/", include(router.urls)),
    path("api/v1/organizations/<slug:slug>/test/narrow/", Narrow.as_view()),
    path("api/v1/broken/", Broken.as_view()),
    *real,
]
