"""Tracking's own health, through the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import TenantAPIView
from apps.analytics.enrichment.hosts import imitated
from apps.analytics.error_words import words_of
from apps.analytics.models import Destination, Site
from apps.analytics.quality_words import PARTS
from apps.analytics.scoring import score_of
from apps.analytics.selectors import errors, flows
from apps.analytics.selectors.deliveries import destinations_listed, state_of, today_of
from apps.analytics.selectors.quality import facts_of
from apps.analytics.serializers import health as out
from apps.analytics.services.replays import errors_replay

_SPAN = OpenApiParameter("span", str, enum=list(flows.SPANS), default="60m")
_OFFSET = OpenApiParameter("offset", int, default=0)
_STATES = {errors.OPEN: "waiting", errors.RETRYING: "asked", errors.SETTLED: "replayed"}
_SOURCE = OpenApiParameter("source", str, enum=list(errors.KINDS), description="One kind of trouble only.")
_STATE = OpenApiParameter("state", str, enum=list(_STATES.values()), description="One state only.")
_SITE = OpenApiParameter("site", str, description="A site's script id.")


class PipelineMonitoringView(TenantAPIView):
    """What became of the organization's events."""

    rights = {"get": "monitoring.view"}

    @extend_schema(summary="Events from arrival to figure", parameters=[_SPAN], responses=out.MonitoringOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """By minute for an hour, by hour for a day or week."""
        span, now = flows.SPANS.get(request.query_params.get("span", ""), flows.SPANS["60m"]), timezone.now()
        ids = list(Site.objects.values_list("id", flat=True))
        course, waiting = flows.course(ids, span, now), errors.waiting(ids, now)
        start = next(iter(course))
        return Response({
            "span": span.key, "waiting_requests": waiting.requests, "waiting_seconds": round(waiting.seconds, 3),
            "open_errors": errors.errors_open(ids).total,
            "whole": _point(start, flows.together(list(course.values()))),
            "points": [_point(at, flow) for at, flow in course.items()],
        })


class ErrorsView(TenantAPIView):
    """What could not be counted, and what could not be sent on."""

    rights = {"get": "monitoring.view"}

    @extend_schema(
        summary="Events that could not be counted or sent on", parameters=[_SOURCE, _STATE, _SITE, _OFFSET],
        responses=out.ErrorsOut,
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Newest first, fifty a page."""
        given = request.query_params.get("offset", "")
        offset = int(given) if given.isdigit() else 0
        sites = {site.id: site for site in Site.objects.all()}
        found, more = errors.log(sites, _asked(request.query_params, sites), offset)
        return Response({"results": [_error(row) for row in found],
                         "next_offset": offset + errors.PAGE if more else None})


class ErrorsReplayView(TenantAPIView):
    """Take what could not be counted in again, and send what could not be sent on again."""

    rights = {"post": "monitoring.replay"}

    @extend_schema(summary="Try events again", request=out.ErrorsReplayIn, responses={202: out.ErrorsReplayOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Some or all; those that were tried again before are left out."""
        given = out.ErrorsReplayIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        letters, deliveries = (None if facts["all"] else facts.get(name, []) for name in ("ids", "deliveries"))
        return Response(
            {"asked": errors_replay(actor=self.actor, letters=letters, deliveries=deliveries)}, status=202
        )


class DestinationFiguresView(TenantAPIView):
    """How destinations are doing."""

    rights = {"get": "monitoring.view"}

    @extend_schema(summary="What destinations took today", responses=out.DestinationFiguresOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Every destination of the organization."""
        rows = destinations_listed(Destination.objects.all(), *today_of(self.organization.tz))
        return Response([_destination(row) for row in rows])


class SiteQualityView(TenantAPIView):
    """How good a site's data is."""

    rights = {"get": "site.view"}

    @extend_schema(summary="A site's data quality", responses=out.QualityOut)
    def get(self, request: Request, script_id: str, **kwargs: Any) -> Response:
        """Over the last seven days, up to now."""
        site = get_object_or_404(Site.objects, script_id=script_id)
        self.require_for(site)
        zone, now = self.organization.tz, timezone.now()
        found = facts_of([site], now.astimezone(zone).date(), zone, now)[site.id]
        score = score_of(found)
        return Response(out.QualityOut({
            "score": score.value, "first_day": found.first, "until": found.until, "received": found.flow.received,
            "parts": [_part(part) for part in score.parts],
            "unknown_hosts": [{"name": host, "count": count, "imitates": imitated(host, found.own_hosts)}
                              for host, count in found.unknown_hosts],
            "bots": [{"name": name, "count": sum(n for _n, n in rows)} for name, rows in found.bots.items()],
            "gaps": found.gaps.gaps,
        }).data)


def _point(at: datetime, flow: flows.Flow) -> dict[str, Any]:
    return {
        "at": at, "received": flow.received, **{name: getattr(flow, name) for name in flows.OUTCOMES},
        "p50_ms": flow.waited(0.5), "p95_ms": flow.waited(0.95), "p99_ms": flow.waited(0.99),
    }


def _asked(params: Any, sites: dict[int, Site]) -> errors.Asked:
    kind, state = params.get("source", ""), params.get("state", "")
    site = next((row.id for row in sites.values() if row.script_id == params.get("site")), None)
    states = {name: key for key, name in _STATES.items()}
    return errors.Asked(
        kind if kind in errors.KINDS else "", states.get(state, ""), 0 if params.get("site") and not site else site
    )


def _error(found: errors.Entry) -> dict[str, Any]:
    common = {"id": found.id, "at": found.at, "site": found.site.script_id, "source": found.kind,
              "state": _STATES[found.state]}
    if found.delivery is not None:
        row = found.delivery
        return {**common, "kind": "delivery", "message": row.words, "detail": row.sent_as, "attempts": row.attempts,
                "destination": row.destination.name}
    words = words_of(found.letter)
    return {**common, "kind": found.letter.reason, "message": words["text"],  # type: ignore[union-attr]
            "detail": words["detail"], "attempts": found.letter.attempts, "destination": ""}  # type: ignore[union-attr]


def _destination(row: Any) -> dict[str, Any]:
    figures = row.figures
    return {
        "id": row.destination.id, "name": row.destination.name, "site": row.destination.site.script_id,
        "state": state_of(row.destination)[0], "sent": figures.sent, "failed": figures.failed,
        "success_rate": figures.success_rate, "average_ms": figures.average_ms, "p95_ms": figures.quantile_ms(0.95),
        "waiting": row.waiting, "dead": row.dead, "last_success_at": row.destination.last_ok_at,
    }


def _part(part: Any) -> dict[str, Any]:
    return {"key": part.key, "label": str(PARTS[part.key].label), "count": part.count, "of": part.of,
            "share": part.share, "points": part.points / 100, "most": part.most / 100}
