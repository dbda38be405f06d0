"""Doors below one site: who may see the site may read; the right over it is asked with the site itself."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request

from apps.accounts.access import require, visible
from apps.accounts.tenant_api.views import TenantAPIView, TenantViewSet
from apps.analytics.enums import BREAKDOWNS
from apps.analytics.models import Segment, Site
from apps.analytics.selectors.goals import segments_for
from apps.metrics.contracts import Filter
from apps.metrics.filtering import BadFilter, parse_filters
from apps.metrics.frame import Frame, of_request
from apps.metrics.ranges import BadRange, parse

KNOWN = (*(dimension.key for dimension in BREAKDOWNS), "goal")


class SiteDoor:
    """What views and view sets below a site share."""

    request: Request
    kwargs: dict[str, Any]

    def enter(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whose site it is comes before anything else that may be wrong with the request."""
        super().enter(request, *args, **kwargs)  # type: ignore[misc]
        self.seen_site  # noqa: B018 -- 404 where there is none

    @cached_property
    def seen_site(self) -> Site:
        """The site in the address; 404 for one that cannot be seen."""
        mine = visible(self.request.user, "site.view", Site.objects.all(), membership=self.membership)  # type: ignore[attr-defined]
        found: Site = get_object_or_404(mine, script_id=self.kwargs["script_id"])
        return found

    @cached_property
    def site(self) -> Site:
        """The same; 403 without the right to it."""
        require(self.request.user, self.access_action, self.seen_site, membership=self.membership)  # type: ignore[attr-defined]
        return self.seen_site

    def asked(self) -> Frame:
        """The period, filters and segment of the address, for this site."""
        params = self.request.query_params
        try:
            period = parse(params.dict(), self.site.organization.tz)
            texts = params.getlist("f") or self._segment(params.get("segment", ""))
            chosen: tuple[Filter, ...] = parse_filters(texts, KNOWN)
        except (BadRange, BadFilter) as error:
            raise serializers.ValidationError({"f" if isinstance(error, BadFilter) else "range": str(error)}) from error
        return of_request(self.request._request, period, subjects=(self.site.id,), filters=chosen)

    def _segment(self, text: str) -> list[str]:
        if not text:
            return []
        number = serializers.IntegerField(min_value=1, max_value=2**63 - 1).run_validation(text)
        found: Segment = get_object_or_404(segments_for(self.site, self.person), pk=number)  # type: ignore[attr-defined]
        return list(found.filters)


class SiteAPIView(SiteDoor, TenantAPIView):
    """A door about a site that is not a list of rows."""


class SiteRowViewSet(SiteDoor, TenantViewSet):
    """Rows that belong to a site."""

    def rows(self) -> QuerySet[Any]:
        """The site's."""
        return self.model.objects.filter(site=self.site)  # type: ignore[attr-defined]

    def get_queryset(self) -> QuerySet[Any]:
        """Who sees the site sees its rows."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._base_manager.none()
        return self.rows()

    def require_for(self, obj: Any) -> None:
        """The right is over the site, and was asked when it was looked up."""
