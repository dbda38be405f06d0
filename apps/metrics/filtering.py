"""What part of the numbers an address asks for: `?subject=4&f=country:is:DE&f=page:contains:/shop`."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.metrics.contracts import Filter, Operator

MOST = 10
LONGEST = 500


class BadFilter(ValueError):
    """A filter cannot be read; the message says so in words."""


def parse_filters(texts: Iterable[str], known: Iterable[str]) -> tuple[Filter, ...]:
    """Filters written as dimension:operator:value, several values of `one_of` with | between. Raises BadFilter."""
    dimensions, found = set(known), []
    for text in list(texts)[:MOST]:
        dimension, _colon, rest = text.partition(":")
        operator, _colon, value = rest.partition(":")
        if dimension not in dimensions or operator not in set(Operator) or len(value) > LONGEST or "\x00" in value:
            raise BadFilter(_("The filter “%(filter)s” cannot be read.") % {"filter": text[:80].replace("\x00", "")})
        values = tuple(value.split("|")) if operator == Operator.ONE_OF else (value,)
        found.append(Filter(dimension, Operator(operator), values))
    return tuple(dict.fromkeys(found))


def parse_subjects(texts: Iterable[str]) -> tuple[int, ...]:
    """Ids of subjects. Raises BadFilter."""
    found = []
    for text in list(texts)[:MOST]:
        if not (text.isascii() and text.isdigit()) or int(text) >= 2**63:
            raise BadFilter(_("“%(subject)s” is no number of a subject.") % {"subject": text[:40]})
        found.append(int(text))
    return tuple(found)
