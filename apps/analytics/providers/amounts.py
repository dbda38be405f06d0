"""Money and goods for vendors that take JSON numbers: exact, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.providers.base import Outgoing, Skip


def number(value: Decimal) -> int | float:
    """The amount as a JSON number that reads back as the same decimal; raises Skip when there is none."""
    if value == value.to_integral_value():
        return int(value)
    found = float(value)
    if Decimal(repr(found)) != value:
        raise Skip(_("The amount %(value)s has more digits than can be sent exactly.") % {"value": value})
    return found


def money(event: Outgoing) -> dict[str, Any]:
    """`value` and `currency` of an event, both or none; a purchase without them raises Skip."""
    if event.value is not None and event.currency:
        return {"value": number(event.value), "currency": event.currency.upper()}
    if event.name == "purchase":
        raise Skip(_("The purchase has no amount with a currency."))
    return {}


def price(item: Mapping[str, Any]) -> int | float | None:
    """What one piece costs, if that was given."""
    return _read(item.get("price"))


def quantity(item: Mapping[str, Any]) -> int:
    """How many pieces; one when it was not said."""
    found = _read(item.get("quantity"))
    return int(found) if found is not None and found >= 1 else 1


def _read(raw: Any) -> int | float | None:
    if raw is None or raw == "" or isinstance(raw, bool):
        return None
    try:
        value = Decimal(str(raw))
        return number(value) if value.is_finite() else None
    except (InvalidOperation, Skip):
        return None
