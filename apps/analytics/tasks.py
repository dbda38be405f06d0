"""Background work of web analytics."""

from __future__ import annotations

from apps.analytics.models import Site
from apps.analytics.services import detection
from apps.core.background import tenant_task


@tenant_task(queue="sync")
def check_site(org_id: int, site_id: int) -> str:
    """Look for a site's tracking code in its start page."""
    site = Site.objects.filter(pk=site_id).first()
    return detection.check(site=site) if site else "gone"
