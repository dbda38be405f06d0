"""An event that never happened, for looking at what a destination would be sent."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from apps.analytics.models import Destination
from apps.analytics.providers.base import Outgoing

_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
_SHOP = frozenset({"view_item", "add_to_cart", "begin_checkout", "purchase"})
_PERSON = {
    "email": "jane.doe@example.com", "phone": "+49 30 901820", "first_name": "Jane", "last_name": "Doe",
    "street": "Unter den Linden 1", "city": "Berlin", "postcode": "10117", "country": "DE",
}
_ITEM = {"id": "sku-1", "name": "Sample", "category": "Samples", "price": "49.90", "quantity": 1}


def sample(destination: Destination, name: str) -> Outgoing:
    """A purchase or another event of an invented person who agreed; its id is new each time."""
    site, now = destination.site, timezone.now()
    host = site.domains[0] if site.domains else "shop.example"
    sold = name in _SHOP
    mark = uuid4().hex
    return Outgoing(
        organization_id=site.organization_id, organization=site.organization.name, site_id=site.pk, site=site.name,
        event_id=f"test-{mark[:12]}", name=name, at=now, received_at=now, url=f"https://{host}/thank-you?gclid=test",
        host=host, path="/thank-you", title="Thank you", referrer="https://www.google.com/", visitor=mark[:16],
        session_id=int(mark[:12], 16), engaged_ms=4200, uid="customer-42", traits=_PERSON, ip="203.0.113.7",
        user_agent=_AGENT, language="en-GB", country="DE",
        click_ids={"gclid": "test-click", "fbclid": "test-click", "ttclid": "test-click", "li_fat_id": "test-click"},
        utm={"source": "google", "medium": "cpc", "campaign": "test"}, consent=True,
        order_id=f"test-{mark[:8]}" if name == "purchase" else "", value=Decimal("49.90") if sold else None,
        currency=site.organization.currency if sold else "",
        items=[_ITEM] if sold else [],
    )
