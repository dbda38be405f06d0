"""The reference of all metrics, made from their declarations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.utils import translation

from apps.metrics import registry
from apps.metrics.registry import Better, Metric, Unit

UNITS = {
    Unit.COUNT: "count",
    Unit.MONEY: "money, in the organization's currency",
    Unit.PERCENT: "percent",
    Unit.DURATION: "time, stored in seconds",
    Unit.RATIO: "plain number with decimals",
}
BETTER = {Better.UP: "up", Better.DOWN: "down", Better.NONE: "neither"}
KINDS = {
    "collected": "counted from the facts, hour by hour",
    "counted": "counted as it happens",
    "derived": "worked out from other metrics",
}
_HEAD = """# Metrics

Every figure of Mainstay is declared once, and every page, live message, export and API answer is made from that
declaration. This page is written by `manage.py document_metrics`; to add a figure see [Add a metric](add-a-metric.md).
"""


def text() -> str:
    """The page in Markdown, in English."""
    by_app: defaultdict[str, list[Metric]] = defaultdict(list)
    for metric in registry.all_metrics():
        by_app[metric.key.partition(".")[0]].append(metric)
    with translation.override("en"):
        parts = [_HEAD, *(_section(label, metrics) for label, metrics in sorted(by_app.items()))]
    return "\n".join(parts)


def _section(label: str, metrics: Iterable[Metric]) -> str:
    title = apps.get_app_config(label).verbose_name if label in apps.app_configs else label
    return f"## {title}\n\n" + "\n".join(_entry(metric) for metric in metrics)


def _entry(metric: Metric) -> str:
    lines = [f"### {metric.label}", "", f"`{metric.key}`: {metric.help}", ""]
    facts = {
        "Unit": UNITS[metric.unit],
        "Good when it goes": BETTER[metric.better],
        "Kind": KINDS[metric.kind],
        "Formula": str(registry.formula_words(metric)),
        "Unique within": f"a {metric.unique_over}: sums over longer periods count again" if metric.unique_over else "",
        "Broken down by": ", ".join(f"`{by}`" for by in metric.by),
        "Green, yellow": f"{metric.thresholds.green}, {metric.thresholds.yellow}" if metric.thresholds else "",
        "Right needed": f"`{metric.action}`",
    }
    lines += [f"- {name}: {value}" for name, value in facts.items() if value]
    return "\n".join(lines) + "\n"
