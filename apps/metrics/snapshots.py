"""The message of a followed topic: worked out once for a group, put into words once a language."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone, translation

from apps.core.tenancy import tenant
from apps.metrics import present, read, registry
from apps.metrics.answers import Comparison
from apps.metrics.contracts import Number
from apps.metrics.follow import Follow

_KEPT = 512


def take(follow: Follow) -> dict[str, Any]:
    """The fresh answers of a topic, as plain values that travel between processes. Asks the database."""
    now = timezone.now()
    with tenant(follow.organization.id):
        page = read.page(follow.keys, follow.frame(now), with_series=False)
        sparks = [key for key in follow.topic.sparks if key in follow.keys]
        lines = read.page(sparks, follow.spark_frame(now)).series if sparks else {}
    return {
        "at": now.timestamp(),
        "answers": {
            key: [_packed(answer.value), _packed(answer.previous), answer.until.timestamp()]
            for key, answer in page.answers.items()
        },
        "series": {key: present.numbers(line.values) for key, line in lines.items()},
    }


class Wordings:
    """Messages as text, one a topic's state and language; the latest few hundred are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, str], str] = OrderedDict()

    def text(self, follow: Follow, seq: int, taken: dict[str, Any], language: str) -> str:
        """The message a socket sends, in its page's language."""
        key = (follow.group, seq, language)
        if key not in self._kept:
            self._kept[key] = _worded(follow, seq, taken, language)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]


wordings = Wordings()


def _worded(follow: Follow, seq: int, taken: dict[str, Any], language: str) -> str:
    frame = follow.frame(datetime.fromtimestamp(taken["at"], UTC))
    answers = {}
    for key, (value, previous, until) in taken["answers"].items():
        answers[key] = Comparison(
            metric=registry.get(key), value=_unpacked(value), currency=frame.currency,
            until=datetime.fromtimestamp(until, UTC), previous=_unpacked(previous),
        )
    with translation.override(language):
        values = present.live_values(answers, frame)
    for key, line in taken["series"].items():
        values[key]["series"] = line
    return json.dumps({"type": "metrics", "topic": follow.name, "seq": seq, "values": values})


def _packed(value: Number | None) -> Any:
    return ["d", str(value)] if isinstance(value, Decimal) else value


def _unpacked(value: Any) -> Number | None:
    return Decimal(value[1]) if isinstance(value, list) else value
