"""What the components need beyond Django's own tags: geometry of small pictures, form controls, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_numbers = count(1)
_MAX_PAIRS = 64


@register.simple_tag
def spark(values: Sequence[float | None], scale_with: Sequence[float | None] = (), width: int = 120) -> dict[str, str]:
    """Points of a sparkline 32 units high, on one scale with `scale_with`; fewer than two points give nothing."""
    known = [float(value) for value in [*values, *scale_with] if value is not None]
    points = [(index, float(value)) for index, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return {"line": "", "area": ""}
    least, high = min(known), max(known)
    low = least if least < 0 else max(0.0, least - (high - least) * 0.3)
    span = (high - low) or 1.0
    step = width / max(1, len(values) - 1)
    pairs = [f"{index * step:.1f},{30 - (value - low) / span * 28:.1f}" for index, value in points]
    first, last = points[0][0] * step, points[-1][0] * step
    return {"line": " ".join(pairs), "area": f"{first:.1f},32 {' '.join(pairs)} {last:.1f},32"}


@register.filter
def share(value: Any) -> str:
    """A percentage for an SVG attribute: clamped to 0–100, always with a point, whatever the language."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "0"
    return f"{min(100.0, max(0.0, number)):.2f}"


@register.simple_tag
def merged(source: Any, **given: Any) -> dict[str, Any]:
    """Attributes given one by one win; what is left empty comes from `source`, an object or a dict."""
    values = {}
    for name, value in given.items():
        if value in ("", None, []):
            own = source.get(name, "") if isinstance(source, dict) else getattr(source, name, "")
            value = "" if own is None else own
        values[name] = value
    return values


@register.filter
def initials(name: str) -> str:
    """At most two letters for an avatar without a picture."""
    words = [word for word in str(name).replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return words[0][0] + (words[1][0] if len(words) > 1 else "")


@register.simple_tag
def new_id(prefix: str) -> str:
    """An id that no other element of the page has; used to join labels to what they name."""
    return f"{prefix}-{next(_numbers)}"


@register.simple_tag(takes_context=True)
def kept_params(context: Context, *dropped: str) -> list[tuple[str, str]]:
    """The address's parameters but for `dropped` and the cursor, for the hidden inputs of a GET form."""
    request = context.get("request")
    if request is None:
        return []
    leave = {*dropped, "cursor"}
    pairs = [(key, value) for key, values in request.GET.lists() for value in values if key not in leave]
    return pairs[:_MAX_PAIRS]


@register.simple_tag(takes_context=True)
def address_with(context: Context, **changes: Any) -> str:
    """This page's address with parameters replaced (None removes one); the cursor never survives a change."""
    pairs = [*kept_params(context, *changes), *((key, value) for key, value in changes.items() if value is not None)]
    return "?" + urlencode(pairs) if pairs else "."


@register.filter
def control_kind(field: BoundField) -> str:
    """How the field component draws a Django widget."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "switch" if widget.attrs.get("role") == "switch" else "checkbox"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.Select):
        return "select"
    return "file" if isinstance(widget, forms.FileInput) else "input"


_CLASSES = {
    "input": "input",
    "select": "select",
    "textarea": "textarea",
    "file": "file-input",
    "checkbox": "checkbox",
    "switch": "toggle",
}


@register.simple_tag
def control(field: BoundField, help_id: str = "", error_id: str = "") -> SafeString:
    """The field's own widget with our class and the ids of its help and error."""
    kind = control_kind(field)
    described = " ".join(part for part in (help_id, error_id) if part)
    own = field.field.widget.attrs.get("class", "")
    attrs: dict[str, Any] = {"class": f"{_CLASSES.get(kind, '')} {own}".strip()}
    if described:
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.simple_tag
def choices(field: BoundField) -> Iterable[Any]:
    """The single boxes of a radio or checkbox group."""
    return field.subwidgets


@register.simple_tag
def boolean_attributes(**flags: Any) -> SafeString:
    """Bare HTML attributes for those flags that are true; a component's attribute may also say "false"."""
    names = [name.replace("_", "-") for name, value in flags.items() if value and str(value).lower() != "false"]
    return format_html(" ".join("{}" for _ in names), *names) if names else SafeString("")


_PLACE_KEYS = {
    "home": "h",
    "clients": "l",
    "traffic": "t",
    "sales": "s",
    "inbox": "i",
    "customers": "c",
    "calendar": "a",
    "domains": "d",
    "content": "o",
    "reports": "r",
    "settings": ",",
}


@register.filter
def place_key(place: str) -> str:
    """The key that goes to a place after "g"; places that have none are reached by the palette."""
    return _PLACE_KEYS.get(place, "")


@register.filter
def times(amount: Any) -> range:
    """`{% for row in 3|times %}`."""
    return range(int(amount))


@register.filter
def at(items: Sequence[Any], index: int) -> Any:
    """The item at an index that is itself a variable; nothing where the list is shorter."""
    return items[index] if index < len(items) else ""


@register.simple_tag
def part_of(value: Any, whole: Any) -> str:
    """`value` as a percentage of `whole`, for an SVG attribute."""
    try:
        return share(float(value) / float(whole) * 100)
    except (TypeError, ValueError, ZeroDivisionError):
        return "0"
