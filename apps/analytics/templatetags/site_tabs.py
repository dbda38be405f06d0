"""The bar of tabs above a site's pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from apps.analytics import site_tabs as registry

register = template.Library()


@register.inclusion_tag("analytics/site_tabs.html", takes_context=True)
def site_tabs(context: Context) -> dict[str, Any]:
    """Every tab this person may open; needs `request` and `site` in the context."""
    return registry.drawn(context["request"], context["site"])
