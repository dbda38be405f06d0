"""What happens right now: figures of the moment and of today, each with its last half hour by the minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.metrics import present, read, registry
from apps.metrics.follow import SPARK_MINUTES
from apps.metrics.frame import Frame
from apps.metrics.ranges import last_minutes
from apps.metrics.registry import Words


def moments(labels: Mapping[str, Words], frame: Frame) -> list[dict[str, Any]]:
    """What `<c-live-strip>` takes, of the metrics that the frame's person may see, under these labels; the frame is
    that of today. Metrics that are not registered are left out."""
    keys = [key for key in labels if (metric := registry.find(key)) and frame.viewer.may(metric.action)]
    if not keys:
        return []
    page = read.page(keys, frame, with_series=False)
    lines = read.page(keys, frame.over(last_minutes(SPARK_MINUTES, frame.period.zone, now=frame.period.now))).series
    return [
        {
            "key": key,
            "label": labels[key],
            "value": present.short(answer.value, answer.metric, answer.currency),
            "help": answer.metric.help,
            "series": present.numbers(lines[key].values),
        }
        for key, answer in page.answers.items()
    ]
