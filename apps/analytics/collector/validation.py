"""What an event must be to be accepted. Each fault has a code for programs and a sentence for people; one bad event
never takes a good one with it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.analytics.enrichment.addresses import without_controls

MOST_EVENTS = 500
MOST_BYTES = 512 * 1024
MOST_PROPERTIES = 30
LONGEST_KEY = 300
LONGEST_VALUE = 2000
MOST_ITEMS = 200

Fault = tuple[str, str]
_TEXTS = {
    "id": 64, "url": 4096, "ref": 4096, "title": 1000, "vid": 64, "lang": 64, "tz": 64, "ip": 45, "ua": 2048,
}
_LARGEST = 10**15
_NUMBERS = {"ts", "sent", "sw", "sh", "eng", "scroll"}
_FLAGS = {"consent", "test"}
_SCALARS = (str, int, float, bool, type(None))


def fault_of(event: Any) -> Fault | None:
    """What is wrong with an event; None if nothing is. Fields nobody knows are let through and ignored."""
    if type(event) is not dict:
        return "not_an_object", "an event must be an object"
    name = event.get("name")
    if type(name) is not str or not 0 < len(name) <= 64 or not without_controls(name).strip():
        return "name", "name must be text of 1 to 64 characters"
    for key, value in event.items():
        longest = _TEXTS.get(key)
        if longest is not None:
            if type(value) is str and len(value) <= longest:
                continue
        elif key == "name" or (key in _NUMBERS and type(value) is int and -_LARGEST < value < _LARGEST):
            continue
        check = _CHECKS.get(key)
        if check is not None and value is not None:
            reason = check(value)
            if reason is not None:
                return key, f"{key} {reason}"
    return None


def common_fault(common: dict[str, Any]) -> Fault | None:
    """What is wrong with what a batch says of all its events."""
    for key, value in common.items():
        check = _CHECKS.get(key)
        if check is not None and value is not None and key != "name":
            reason = check(value)
            if reason is not None:
                return key, f"{key} {reason}"
    return None


def _text(longest: int) -> Callable[[Any], str | None]:
    reason = f"must be text of at most {longest} characters"
    return lambda value: None if type(value) is str and len(value) <= longest else reason


def _number(value: Any) -> str | None:
    if type(value) is int or (type(value) is float and abs(value) < _LARGEST):
        return None if abs(value) < _LARGEST else "is out of range"
    return "must be a number"


def _flag(value: Any) -> str | None:
    return None if type(value) is bool else "must be true or false"


def _identifier(value: Any) -> str | None:
    if type(value) is int or (type(value) is str and len(value) <= 128):
        return None
    return "must be text of at most 128 characters, or a whole number"


def _props(value: Any) -> str | None:
    if type(value) is not dict:
        return "must be an object"
    if len(value) > MOST_PROPERTIES:
        return f"may have at most {MOST_PROPERTIES} properties"
    for key, item in value.items():
        if len(key) > LONGEST_KEY:
            return f"may have keys of at most {LONGEST_KEY} characters"
        if type(item) not in _SCALARS:
            return "may hold only text, numbers, true, false and null"
        if type(item) is str and len(item) > LONGEST_VALUE:
            return f"may hold text of at most {LONGEST_VALUE} characters"
    return None


def _revenue(value: Any) -> str | None:
    if type(value) is not dict or "amount" not in value:
        return 'must be an object like {"amount": "12.50", "currency": "EUR"}'
    amount, currency = value["amount"], value.get("currency")
    if type(amount) not in (str, int, float):
        return "must have an amount that is a decimal number"
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return "must have an amount that is a decimal number"
    if not number.is_finite() or abs(number) >= 10**12:
        return "must have an amount below 1,000,000,000,000"
    if currency is not None and not (
        type(currency) is str and len(currency) == 3 and currency.isascii() and currency.isalpha()
    ):
        return "must have a currency of three letters (ISO 4217)"
    return None


def _items(value: Any) -> str | None:
    if type(value) is not list or len(value) > MOST_ITEMS:
        return f"must be a list of at most {MOST_ITEMS} items"
    for item in value:
        if type(item) is not dict or len(item) > MOST_PROPERTIES:
            return "must be a list of objects"
        for field in item.values():
            if type(field) not in _SCALARS or (type(field) is str and len(field) > LONGEST_VALUE):
                return "may hold only text, numbers, true, false and null"
    return None


def _vitals(value: Any) -> str | None:
    if type(value) is not dict or len(value) > 10:
        return "must be an object"
    for number in value.values():
        if number is not None and _number(number) is not None:
            return "may hold only numbers"
    return None


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    **{key: _text(longest) for key, longest in _TEXTS.items()},
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_FLAGS, _flag),
    "uid": _identifier,
    "order_id": _identifier,
    "props": _props,
    "traits": _props,
    "revenue": _revenue,
    "items": _items,
    "vitals": _vitals,
}
