"""What live demo visitors need to know: the demo's sites, and a key for each to send events with."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.accounts.models import ApiKey
from apps.accounts.services.keys import key_create, key_revoke
from apps.core.tenancy import tenant
from apps.demo.businesses import BUSINESSES
from apps.demo.live import Target
from apps.demo.models import DemoLoad
from apps.demo.selectors import demo_loads, origin_of

KEY_NAME = "Demo visitors"
_BY_KEY = {business.key: business for business in BUSINESSES}


def history_is_in(now: datetime) -> bool:
    """Whether every demo business has its past up to the present: live visitors come after it."""
    return all(now - load.loaded_until < timedelta(hours=2) for load in demo_loads())


def visitors_told(at_least: float) -> dict[str, Any]:
    """All that `apps.demo.live` reads from its standard input. Keys of an earlier start are revoked."""
    targets = [
        Target(load.business, load.site.script_id, origin_of(_BY_KEY[load.business]), _fresh_key(load))
        for load in demo_loads()
    ]
    return {
        "collector": settings.COLLECTOR_URL, "at_least": at_least, "targets": [asdict(target) for target in targets],
    }


def _fresh_key(load: DemoLoad) -> str:
    with tenant(load.organization_id):
        for old in ApiKey.objects.filter(name=KEY_NAME, revoked_at=None):
            key_revoke(actor=None, key=old)
        made = key_create(actor=None, organization=load.organization, name=KEY_NAME, scopes=["track"])
    return str(made[1])
