"""What is known of the demo."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache

from apps.core.tenancy import every_tenant
from apps.demo.businesses import KESTREL, Business
from apps.demo.models import DemoLoad

OWNER_EMAIL = "ada@kestrel.example"
COLLEAGUE_EMAIL = "ben@kestrel.example"
AGENCY_EMAIL = "nora@northlight.example"


def demo_loads() -> list[DemoLoad]:
    """Every demo business that exists, with its site and organization."""
    with every_tenant():
        return list(DemoLoad.objects.filter(organization__delete_after=None)
            .select_related("site", "organization").order_by("id"))


def demo_site_script_id() -> str:
    """The script id of the demo shop; a name nobody has while there is no demo business."""
    key = "demo-script-id"
    found = cache.get(key)
    if found is None:
        found = next((load.site.script_id for load in demo_loads() if load.business == KESTREL.key), "")
        if found:
            cache.set(key, found, 300)
    return found or "none"


def origin_of(business: Business) -> str:
    """The base address of a business's web site: the demo shop is served here, the others exist on paper only."""
    return f"{settings.BASE_URL}/demo/shop" if business is KESTREL else f"https://{business.key}.example"
