"""What stands above every page of a site: how it is doing, and the bar of tabs."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from apps.analytics import site_tabs as registry
from apps.analytics.models import Site
from apps.analytics.views.status import SiteState, status_of

register = template.Library()


@register.inclusion_tag("analytics/site_tabs.html", takes_context=True)
def site_tabs(context: Context) -> dict[str, Any]:
    """Every tab this person may open; needs `request` and `site` in the context."""
    return registry.drawn(context["request"], context["site"])


@register.simple_tag
def site_status(site: Site) -> SiteState:
    """How the site is doing."""
    return status_of(site)
