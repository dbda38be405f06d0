"""The cards of the installation page: the pipeline's stages, the collector, the web, enrichment, the machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.analytics.selectors import installation
from apps.analytics.selectors.flows import Span
from apps.analytics.selectors.installation import Course, Door, Measured
from apps.analytics.views.monitoring_cards import columns, lines_chart, say_ms
from apps.core.models import Alarm
from apps.core.ops import probes
from apps.metrics.words import NOTHING, say, say_percent


def facts(span: Span, now: datetime, zone: Any) -> dict[str, Any]:
    """Everything about the installation over a span."""
    pipeline = installation.pipeline_course(span, now, "pipeline")
    collector = installation.pipeline_course(span, now, "collector")
    web, machine = installation.ops_course(span, now, "web"), installation.ops_course(span, now, "system")
    looked_at = list(probes.read_all())
    return {
        "alarms": [
            *(_alarm(row, now) for row in Alarm.objects.exclude(raised_at=None).order_by("key")),
            *({"tone": "attention", "icon": "triangle-alert", "text": f"{probe.label}: {reading.words}"}
              for probe, reading in looked_at if not reading.ok),
        ],
        "volume": _volume(pipeline, collector, span, zone),
        "delays": _delays(pipeline, span, zone),
        "stages": _stages(installation.whole(pipeline)),
        **_requests(web, collector, span, zone),
        "doors": _doors(web, collector, span),
        "waiting": _waiting(machine, span, zone),
        "enrichment": _enrichment(installation.whole(pipeline)),
        "machine": _machine(installation.whole(machine)),
        "load": _load(machine, span, zone),
        "queues": [
            {"cells": [{"text": probe.label}, {"status": reading.words, "tone": "good" if reading.ok else "bad"},
                       {"text": NOTHING if reading.waiting is None else say(reading.waiting, "count")}]}
            for probe, reading in looked_at
        ],
        "stage_columns": columns(_("Stage"), _("Half within"), _("95 % within"), _("99 % within")),
        "door_columns": columns(_("Door"), _("Requests"), _("A minute"), _("Half within"), _("95 % within"),
                                _("99 % within"), _("Refused"), _("Failed"), _("Was there")),
        "enrichment_columns": columns(_("What"), _("Looked up"), _("From memory"), _("Unknown")),
        "queue_columns": [
            {"key": "place", "label": _("Place")}, {"key": "state", "label": _("State")},
            {"key": "waiting", "label": _("Waiting"), "align": "end"},
        ],
    }


def _alarm(row: Alarm, now: datetime) -> dict[str, str]:
    texts = {
        "pipeline-behind": _("Counting is behind: the oldest event waits for %(reading)s.")
        % {"reading": say_ms(row.reading * 1000)},
        "disk-nearly-full": _("The disk is nearly full: %(reading)s are used.") % {"reading": say_percent(row.reading)},
    }
    return {"tone": "bad", "icon": "triangle-alert", "text": texts.get(row.key, row.key)}


def _volume(pipeline: Course, collector: Course, span: Span, zone: Any) -> dict[str, Any]:
    return lines_chart(list(pipeline), span, zone, [
        ("accepted", _("Accepted"), [found.count("accepted") for found in collector.values()]),
        ("processed", _("Processed"), [found.count("received") for found in pipeline.values()]),
        ("dropped", _("Left out"), [found.count("dropped") for found in pipeline.values()]),
        ("failed", _("Failed"), [found.count("failed") for found in pipeline.values()]),
        ("refused", _("Refused"), [found.count("rejected") for found in collector.values()]),
    ])


def _delays(pipeline: Course, span: Span, zone: Any) -> dict[str, Any]:
    def seconds(found: Measured, share: float) -> float | None:
        value = installation.waited(found, share)
        return None if value is None else round(value / 1000, 3)

    return lines_chart(list(pipeline), span, zone, [
        (f"p{round(share * 100)}", label, [seconds(found, share) for found in pipeline.values()])
        for share, label in ((0.5, _("Half")), (0.95, _("95 %")), (0.99, _("99 %")))
    ], unit="ratio")


def _stages(whole: Measured) -> list[dict[str, Any]]:
    labels = {
        "read": _("Take from the inbox"), "unpack": _("Unpack"), "enrich": _("Enrich"),
        "deduplicate": _("Find repeats"), "sessionise": _("Find visits"), "recognise": _("Recognise businesses"),
        "store": _("Store events"), "tally": _("Count"), "write": _("Write figures"),
        "queue": _("Queue for destinations"),
    }
    order = list(labels)
    found = sorted(installation.stages(whole), key=lambda stage: order.index(stage[0]) if stage[0] in labels else 99)
    return [
        {"cells": [{"text": labels.get(name, name)}, *({"text": say_ms(times[key])} for key in ("p50", "p95", "p99"))]}
        for name, times in found
    ]


def _named_doors(web: Course, collector: Course) -> list[tuple[Door, Any, Course]]:
    return [(installation.COLLECTOR, _("Collector"), collector), (installation.API, _("API"), web),
            (installation.PAGES, _("Pages"), web)]


def _doors(web: Course, collector: Course, span: Span) -> list[dict[str, Any]]:
    rows = []
    minutes = span.step.total_seconds() / 60 * span.number
    for door, label, course in _named_doors(web, collector):
        whole, up = installation.whole(course), installation.uptime(course)
        requests = door.requests_in(whole)
        rows.append({"cells": [
            {"text": label}, {"text": say(requests, "count")}, {"text": say(round(requests / minutes, 1), "ratio")},
            *({"text": say_ms(door.answered(whole, part))} for part in (0.5, 0.95, 0.99)),
            *({"text": _share(door.share(whole, names))} for names in (door.refused, door.failed)),
            {"text": _share(up)},
        ]})
    return rows


def _share(share: float | None) -> str:
    return NOTHING if share is None else say_percent(share)


def _requests(web: Course, collector: Course, span: Span, zone: Any) -> dict[str, Any]:
    """What came in through each door, how fast it was answered, and what went wrong: bucket by bucket."""
    doors = _named_doors(web, collector)

    def chart(worth: Callable[[Door, Measured], float | None], unit: str) -> dict[str, Any]:
        return lines_chart(list(web), span, zone, [
            (door.key, label, [worth(door, found) for found in course.values()]) for door, label, course in doors
        ], unit=unit)

    def ms(door: Door, found: Measured) -> float | None:
        value = door.answered(found, 0.95)
        return None if value is None else round(value, 1)

    return {
        "requests": chart(lambda door, found: door.requests_in(found), "count"), "answers": chart(ms, "ratio"),
        "faults": chart(lambda door, found: door.share(found, door.failed), "percent"),
    }


def _waiting(machine: Course, span: Span, zone: Any) -> dict[str, Any]:
    lines = (("pipeline", _("Events to be counted")), ("deliveries", _("Events to be sent on")),
             ("tasks", _("Tasks")))
    return lines_chart(list(machine), span, zone, [
        (key, label, [found.counts.get(f"waiting_{key}_max") for found in machine.values()]) for key, label in lines
    ])


def _enrichment(whole: Measured) -> list[dict[str, Any]]:
    labels = {"places": _("Places"), "agents": _("Browsers"), "referrers": _("Sources")}
    rows = []
    for key, label in labels.items():
        hits, misses = whole.count(f"{key}_hits"), whole.count(f"{key}_misses")
        asked = hits + misses
        rows.append({"cells": [
            {"text": label}, {"text": say(asked, "count")},
            {"text": say_percent(hits / asked) if asked else NOTHING},
            {"text": say(whole.count(f"{key}_unknown"), "count") if key == "places" else NOTHING},
        ]})
    return rows


def _machine(whole: Measured) -> list[dict[str, Any]]:
    cpu, memory = whole.ratio("busy", "total"), whole.ratio("memory", "memory_total")
    disk = whole.counts.get("disk_max")
    rows = (
        (_("Processor"), NOTHING if cpu is None else say_percent(cpu)),
        (_("Memory"), NOTHING if memory is None else say_percent(memory)),
        (_("Disk, at most"), NOTHING if disk is None else say_percent(disk)),
        (_("Received over the network"), filesizeformat(whole.count("received"))),
        (_("Sent over the network"), filesizeformat(whole.count("sent"))),
        (_("Tasks waiting, at most"), say(whole.count("waiting_tasks_max"), "count")),
    )
    return [{"label": label, "text": text} for label, text in rows]


def _load(machine: Course, span: Span, zone: Any) -> dict[str, Any]:
    return lines_chart(list(machine), span, zone, [
        ("cpu", _("Processor"), [found.ratio("busy", "total") for found in machine.values()]),
        ("memory", _("Memory"), [found.ratio("memory", "memory_total") for found in machine.values()]),
        ("disk", _("Disk"), [found.ratio("disk", "disk_total") for found in machine.values()]),
    ], unit="percent")
