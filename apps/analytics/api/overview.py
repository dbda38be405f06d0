"""The figures of all sites together, or of one, as the site's page shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import visible
from apps.accounts.tenant_api.views import TenantAPIView
from apps.analytics.api.journeys import ASKED
from apps.analytics.api.of_site import SiteAPIView
from apps.analytics.models import Site
from apps.analytics.serializers.overview import OverviewOut
from apps.metrics import read
from apps.metrics.api import PERIOD
from apps.metrics.frame import Frame, of_request
from apps.metrics.ranges import BadRange, parse
from apps.metrics.serializers import value_told

FIGURES = (
    "analytics.visitors", "analytics.sessions", "analytics.pageviews", "analytics.engaged_time",
    "analytics.bounce_rate", "analytics.conversions", "analytics.conversion_rate", "analytics.revenue",
)


def told(frame: Frame, sites: list[Site]) -> Response:
    """The figures of a frame, and whose they are."""
    answers = read.page(FIGURES, frame, with_series=False).answers
    return Response(OverviewOut({
        "since": frame.period.window.start, "until": frame.period.window.end, "sites": sites,
        "figures": [value_told(answers[key]) for key in FIGURES],
    }).data)


class OverviewView(TenantAPIView):
    """All sites together."""

    rights = {"get": "site.view"}

    @extend_schema(summary="The figures of all sites together", parameters=PERIOD, responses=OverviewOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Those the caller may see; a visitor of two sites counts at each."""
        try:
            period = parse(request.query_params.dict(), self.organization.tz)
        except BadRange as error:
            raise serializers.ValidationError({"range": str(error)}) from error
        sites = visible(request.user, "site.view", Site.objects.order_by("name", "pk"), membership=self.membership)
        return told(of_request(request._request, period), list(sites))


class SiteOverviewView(SiteAPIView):
    """One site."""

    rights = {"get": "site.view"}

    @extend_schema(summary="The figures of a site", parameters=ASKED, responses=OverviewOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """As its page shows them, under the same filters."""
        return told(self.asked(), [self.site])
