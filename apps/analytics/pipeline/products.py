"""What was bought, and what was looked at on the way: the items of an event as lines of money and pieces.

A line's value is its price times its quantity, in ten-thousandths, and counts only in the organization's currency.
Products are told apart by their name, or by their id where no name is given.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from apps.analytics.enrichment.addresses import without_controls
from apps.analytics.enums import Dimension
from apps.analytics.reaching import UNITS, text_of

# Which event is counted under which dimension.
STAGES = {
    "view_item": int(Dimension.PRODUCT_VIEW), "add_to_cart": int(Dimension.PRODUCT_CART),
    "begin_checkout": int(Dimension.PRODUCT_CHECKOUT), "purchase": int(Dimension.PRODUCT),
    "refund": int(Dimension.PRODUCT_REFUND),
}
LONGEST = 200
QUANTITY = r"^[1-9][0-9]{0,5}(\.0+)?$"
PRICE = r"^[0-9]{1,9}(\.[0-9]{1,9})?$"
_QUANTITY, _PRICE = re.compile(QUANTITY), re.compile(PRICE)


def lines_of(items: Any) -> dict[str, tuple[int, int]]:
    """Pieces and value by product; an item without a name and id is nobody's, one without a price is worth nothing."""
    found: dict[str, tuple[int, int]] = {}
    for item in items:
        if not isinstance(item, dict):
            continue
        name = _name(item)
        if not name:
            continue
        pieces = _pieces(item.get("quantity"))
        before = found.get(name, (0, 0))
        found[name] = before[0] + pieces, before[1] + int(_price(item.get("price")) * pieces * UNITS)
    return found


def _name(item: dict[str, Any]) -> str:
    for key in ("name", "id"):
        if text := without_controls(text_of(item.get(key)) or "")[:LONGEST]:
            return text
    return ""


def _pieces(value: Any) -> int:
    text = text_of(value) or ""
    return int(text.partition(".")[0]) if _QUANTITY.fullmatch(text) else 1


def _price(value: Any) -> Decimal:
    text = text_of(value) or ""
    return Decimal(text) if _PRICE.fullmatch(text) else Decimal(0)
