"""The cards of the installation page: the pipeline's stages, the collector, the web, enrichment, the machine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.analytics.selectors import installation
from apps.analytics.selectors.flows import Span
from apps.analytics.selectors.installation import Course, Measured
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
        "doors": _doors(web, installation.whole(collector)),
        "enrichment": _enrichment(installation.whole(pipeline)),
        "machine": _machine(installation.whole(machine)),
        "load": _load(machine, span, zone),
        "queues": [
            {"cells": [{"text": probe.label}, {"status": reading.words, "tone": "good" if reading.ok else "bad"},
                       {"text": NOTHING if reading.waiting is None else say(reading.waiting, "count")}]}
            for probe, reading in looked_at
        ],
        "stage_columns": columns(_("Stage"), _("Half within"), _("95 % within"), _("99 % within")),
        "door_columns": columns(_("Door"), _("Requests"), _("Half within"), _("95 % within"), _("99 % within"),
                                _("Errors")),
        "enrichment_columns": columns(_("What"), _("Looked up"), _("From memory"), _("Unknown")),
        "queue_columns": columns(_("Place"), _("State"), _("Waiting")),
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
        "deduplicate": _("Find repeats"), "sessionise": _("Find visits"), "store": _("Store events"),
        "tally": _("Count"), "write": _("Write figures"), "queue": _("Queue for destinations"),
    }
    return [
        {"cells": [{"text": labels.get(name, name)}, *({"text": say_ms(times[key])} for key in ("p50", "p95", "p99"))]}
        for name, times in installation.stages(whole)
    ]


def _doors(web: Course, collector: Measured) -> list[dict[str, Any]]:
    whole, rows = installation.whole(web), []
    for kind, label in (("api", _("API")), ("pages", _("Pages"))):
        share = whole.ratio(f"{kind}_failed", f"{kind}_requests")
        rows.append({"cells": [
            {"text": label}, {"text": say(whole.count(f"{kind}_requests"), "count")},
            *({"text": say_ms(installation.answered(whole, kind, part))} for part in (0.5, 0.95, 0.99)),
            {"text": NOTHING if share is None else say_percent(share)},
        ]})
    up, failed = installation.uptime(web), collector.ratio("status_503", "requests")
    rows.append({"cells": [
        {"text": _("Collector")}, {"text": say(collector.count("requests"), "count")}, *({"text": NOTHING},) * 3,
        {"text": NOTHING if failed is None else say_percent(failed)},
    ]})
    return [*rows, {"cells": [
        {"text": _("Web was there"), "sub": _("Share of minutes with a sign of life")},
        {"text": NOTHING if up is None else say_percent(up)}, *({"text": ""},) * 4,
    ]}]


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
