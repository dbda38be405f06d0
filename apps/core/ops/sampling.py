"""What the machine is doing, once a minute: processor, memory, disk, network, and what waits in the queues.

Processor and network are counters of the system; a minute's share is what they moved since the last sample, so that
nothing between two samples is missed. Hours are the minutes of all parts added up, each again until it is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone

from apps.core import cache
from apps.core.models import OpsPoint
from apps.core.ops import probes

SOURCE = "system"
MINUTES_KEPT, HOURS_KEPT = timedelta(days=8), timedelta(days=400)
_LAST = "last_"
_HIGHEST = "_max"
QUEUES = ("default", "sync", "deliver", "report", "celery")


def sample(now: datetime | None = None) -> bool:
    """Measure this minute; False when that was done already."""
    minute = (now or timezone.now()).replace(second=0, microsecond=0)
    points = OpsPoint.objects.filter(grain=OpsPoint.MINUTE, source=SOURCE)
    if points.filter(at=minute).exists():
        return False
    before = points.filter(at__lt=minute, at__gte=minute - timedelta(minutes=5)).order_by("-at").first()
    counts = _machine(before.counts if before else {}) | _waiting()
    OpsPoint.objects.get_or_create(grain=OpsPoint.MINUTE, source=SOURCE, at=minute, defaults={"counts": counts})
    return True


def _machine(before: dict[str, Any]) -> dict[str, Any]:
    times, memory = psutil.cpu_times(), psutil.virtual_memory()
    disk, network = psutil.disk_usage(str(settings.BASE_DIR)), psutil.net_io_counters()
    idle = times.idle + getattr(times, "iowait", 0.0)
    total = sum(times[:8])  # the guests' time is in the user's already
    counters = {"busy": total - idle, "total": total}
    if network:
        counters |= {"received": network.bytes_recv, "sent": network.bytes_sent}
    found: dict[str, Any] = {f"{_LAST}{name}": value for name, value in counters.items()}
    for name, value in counters.items():
        moved = value - before.get(_LAST + name, value + 1)
        if moved >= 0:
            found[name] = moved
    return found | {
        "samples": 1, "memory": memory.total - memory.available, "memory_total": memory.total,
        "disk": disk.used, "disk_total": disk.used + disk.free, f"disk{_HIGHEST}": disk.used / (disk.used + disk.free),
    }


def _waiting() -> dict[str, float]:
    """The lengths of the queues: every probe that counts what waits, and the broker's lists."""
    found = {
        f"waiting_{probe.key}": reading.waiting
        for probe, reading in probes.read_all() if reading.waiting is not None
    }
    lengths = cache.ask(lambda client: [client.llen(name) for name in QUEUES], [])
    if lengths:
        found["waiting_tasks"] = sum(lengths)
    return {**found, **{f"{name}{_HIGHEST}": value for name, value in found.items()}}


def fold(now: datetime | None = None) -> int:
    """Add the minutes of this hour and the one before up into hours; returns how many rows there are."""
    hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0)
    done = 0
    for start in (hour - timedelta(hours=1), hour):
        minutes = OpsPoint.objects.filter(grain=OpsPoint.MINUTE, at__gte=start, at__lt=start + timedelta(hours=1))
        for source, rows in _by_source(minutes.order_by("at")).items():
            store_hour(source, start, rows)
            done += 1
    return done


def store_hour(source: str, start: datetime, rows: list[tuple[dict[str, Any], dict[str, list[int]]]]) -> None:
    """One hour of a part, from the counts and histograms of its minutes."""
    OpsPoint.objects.update_or_create(
        grain=OpsPoint.HOUR, source=source, at=start,
        defaults={"counts": added(row[0] for row in rows), "histograms": added_lists(row[1] for row in rows)},
    )


def added(rows: Any) -> dict[str, Any]:
    """Counts added up; of what ends in `_max` the highest, of what begins with `last_` the last."""
    found: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if name.startswith(_LAST):
                found[name] = value
            elif name.endswith(_HIGHEST):
                found[name] = max(found.get(name, value), value)
            else:
                found[name] = found.get(name, 0) + value
    return found


def added_lists(rows: Any) -> dict[str, list[int]]:
    """Histograms added up, bucket by bucket."""
    found: dict[str, list[int]] = {}
    for row in rows:
        for name, values in row.items():
            known = found.get(name)
            found[name] = list(values) if known is None else [a + b for a, b in zip(known, values, strict=True)]
    return found


def forget(now: datetime | None = None) -> int:
    """Delete what is older than anybody looks back; returns how many rows."""
    now = now or timezone.now()
    old = OpsPoint.objects.filter(grain=OpsPoint.MINUTE, at__lt=now - MINUTES_KEPT)
    older = OpsPoint.objects.filter(grain=OpsPoint.HOUR, at__lt=now - HOURS_KEPT)
    return old.delete()[0] + older.delete()[0]


def _by_source(points: Any) -> dict[str, list[tuple[dict[str, Any], dict[str, list[int]]]]]:
    found: dict[str, list[tuple[dict[str, Any], dict[str, list[int]]]]] = {}
    for point in points:
        found.setdefault(point.source, []).append((point.counts, point.histograms))
    return found
