"""The demo's destinations: stand-ins that keep what they get, and refuse what a real one would."""

from __future__ import annotations

from apps.analytics.models import Site
from apps.analytics.services.destinations import destination_create

# Dearer orders are refused, as by an account with a limit. Whoever raises it can send them again.
LARGEST_ORDER = 2500


def destinations_add(site: Site) -> None:
    """An advertising network that gets what sells, and a warehouse that gets everything."""
    destination_create(
        actor=None, site=site, provider="fake", name="Ad network (demo)",
        values={"box": f"ads-{site.script_id}", "limit": LARGEST_ORDER},
        events={"add_to_cart": "AddToCart", "begin_checkout": "InitiateCheckout", "purchase": "Purchase"},
    )
    destination_create(
        actor=None, site=site, provider="fake", name="Data warehouse (demo)", values={"box": f"all-{site.script_id}"},
    )
