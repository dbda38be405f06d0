"""Shared links of a site through the API."""

from __future__ import annotations

from rest_framework import mixins

from apps.analytics.api.of_site import SiteRowViewSet
from apps.analytics.models import SharedLink
from apps.analytics.serializers.sharing import SharedLinkSerializer
from apps.analytics.services.sharing import shared_link_create, shared_link_revoke


class SharedLinkViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin,
    SiteRowViewSet,
):
    """Links that show a site's page without an account. Deleting one withdraws it; it stays in the list."""

    model = SharedLink
    serializer_class = SharedLinkSerializer
    ordering = "-created_at"
    ordering_fields = ("name", "created_at")
    lookup_value_regex = "[0-9]{1,18}"
    rights = {"list": "site.edit", "retrieve": "site.edit", "create": "site.edit", "destroy": "site.edit"}

    def perform_create(self, serializer: SharedLinkSerializer) -> None:
        """Make one."""
        serializer.instance = shared_link_create(actor=self.actor, site=self.site, **serializer.validated_data)

    def perform_destroy(self, instance: SharedLink) -> None:
        """Withdraw it."""
        shared_link_revoke(actor=self.actor, link=instance)
