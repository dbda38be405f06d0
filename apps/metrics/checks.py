"""A declaration that names what nobody declared is an error at start, not a blank card."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from apps.accounts.roles import table
from apps.metrics import registry
from apps.metrics.registry import Metric


@register
def metrics_resolve(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every metric's source, operands and action exist, and no formula leads back to itself."""
    found: list[CheckMessage] = []
    sources = {source.key for source in registry.all_sources()}
    actions = table()
    for metric in registry.all_metrics():
        found += [Error(problem, obj=metric.key, id="metrics.E001") for problem in _problems(metric, sources, actions)]
    return found


def _problems(metric: Metric, sources: set[str], actions: Any) -> list[str]:
    problems = []
    if metric.kind != "derived" and metric.source not in sources:
        problems.append(f"names the source {metric.source}, which nobody registered")
    if metric.action not in actions:
        problems.append(f"names the action {metric.action}, which nobody declared")
    if metric.source == registry.POINTS and metric.formula is None and metric.collect is None:
        problems.append("has neither collect nor formula nor a source of its own")
    if missing := [key for key in _operands(metric) if registry.find(key) is None]:
        problems.append(f"is made from {', '.join(missing)}, which nobody declared")
    elif _leads_back(metric, ()):
        problems.append("is made from itself")
    return problems


def _operands(metric: Metric) -> tuple[str, ...]:
    return metric.formula.operands if metric.formula is not None else ()


def _leads_back(metric: Metric, seen: tuple[str, ...]) -> bool:
    if metric.key in seen:
        return True
    others = [registry.find(key) for key in _operands(metric)]
    return any(_leads_back(other, (*seen, metric.key)) for other in others if other is not None)
