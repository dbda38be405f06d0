"""Filters in the address: `?f=country:is:DE&f=page:contains:/shop`. Parse, show as a sentence, add, remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.analytics.views.labels import FILTERS, value_label
from apps.metrics.contracts import Filter, Operator

OPERATORS = {
    Operator.IS: _("is"),
    Operator.IS_NOT: _("is not"),
    Operator.CONTAINS: _("contains"),
    Operator.ONE_OF: _("is one of"),
}
MOST_FILTERS = 10
LONGEST_VALUE = 500


class BadFilter(ValueError):
    """A filter in the address cannot be read; the message quotes it."""


@dataclass(frozen=True)
class Chip:
    """A filter as the filter bar shows it."""

    label: Any
    operator: Any
    value: str
    remove_href: str


def parse(params: QueryDict) -> tuple[tuple[Filter, ...], str]:
    """The filters of an address, in order, without repeats, and the first that cannot be read, if there is one."""
    found: dict[Filter, None] = {}
    unreadable = ""
    for text in params.getlist("f")[:MOST_FILTERS]:
        try:
            found[_parsed(text)] = None
        except BadFilter as error:
            unreadable = unreadable or str(error)
    return tuple(found), unreadable


def _parsed(text: str) -> Filter:
    parts = text.split(":", 2)
    if len(parts) != 3 or parts[0] not in FILTERS or parts[1] not in set(Operator) or not parts[2]:
        raise BadFilter(text[:LONGEST_VALUE])
    values = tuple(parts[2].split("|")) if parts[1] == Operator.ONE_OF else (parts[2],)
    if any(len(value) > LONGEST_VALUE or "\x00" in value for value in values):
        raise BadFilter(text[:LONGEST_VALUE])
    return Filter(parts[0], Operator(parts[1]), values)


def written(item: Filter) -> str:
    """A filter as it stands in the address."""
    return f"{item.dimension}:{item.operator}:{'|'.join(item.values)}"


def address(params: QueryDict, filters: Iterable[Filter], **changes: str) -> str:
    """The same page under these filters, every other parameter kept; a change to "" removes its parameter."""
    query = params.copy()
    query.setlist("f", [written(item) for item in filters])
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode(safe='/:|')}"


def with_value(filters: tuple[Filter, ...], dimension: str, value: str) -> tuple[Filter, ...]:
    """Click on a row: the page is narrowed to it, or widened again when it was narrowed to just that."""
    clicked = Filter(dimension, Operator.IS, (value,))
    others = tuple(item for item in filters if not (item.dimension == dimension and item.operator is Operator.IS))
    return others if clicked in filters else (*others, clicked)


def chips(params: QueryDict, filters: tuple[Filter, ...]) -> list[Chip]:
    """The filter bar's chips, each knowing the page without it."""
    return [
        Chip(
            label=FILTERS[item.dimension].label,
            operator=OPERATORS[item.operator],
            value=", ".join(str(value_label(item.dimension, value)) for value in item.values),
            remove_href=address(params, [other for other in filters if other != item]),
        )
        for item in filters
    ]
