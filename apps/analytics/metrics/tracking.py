"""The figures of tracking itself: what was left out and why, the share of robots, how good the data is."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.tracking_source import KEY
from apps.metrics.formulas import Ratio, Sum
from apps.metrics.registry import Better, Metric, Thresholds, Unit, register


def _counted(measure: str, label: Any, text: Any, better: Better = Better.DOWN) -> None:
    register(Metric(
        key=f"tracking.{measure}", label=label, help=text, unit=Unit.COUNT, better=better, source=KEY, measure=measure,
        action="site.view", drill="analytics:site-list",
    ))


def _derived(key: str, label: Any, text: Any, formula: Any, **more: Any) -> None:
    register(Metric(
        key=f"tracking.{key}", label=label, help=text, source=KEY, formula=formula, action="site.view",
        drill="analytics:site-list", **more,
    ))


_counted("stored", _("Events counted"), _("Events that became part of the figures."), Better.UP)
_counted("duplicates", _("Events sent twice"), _("Events that had arrived before; they count once."))
_counted("bots", _("Events of robots"), _("Events of robots, which are left out."), Better.NONE)
_counted("spam", _("Spam"), _("Events whose referrer is known for spam."))
_counted("hostnames", _("Events from refused hosts"), _("Events from hosts you refuse."), Better.NONE)
_counted("invalid", _("Invalid events"), _("Events that were refused because a field was wrong."))
_counted("limited", _("Events over the limit"), _("Events that were refused because too many came at once."))
_counted("failed", _("Events that could not be counted"), _("Kept, and can be taken in again."))
_counted("quality_points", _("Quality points"), _("Points earned in the daily scores of data quality."), Better.UP)
_counted("quality_most", _("Quality points possible"), _("Points that could be earned in the daily scores."),
         Better.NONE)
_LEFT = ("duplicates", "bots", "spam", "hostnames", "invalid", "limited")
_derived("dropped", _("Events left out"), _("Everything that came and was not counted, but for what failed."),
         Sum(tuple(f"tracking.{name}" for name in _LEFT)), unit=Unit.COUNT, better=Better.DOWN)
_derived("received", _("Events received"), _("Everything that came."),
         Sum(tuple(f"tracking.{name}" for name in ("stored", *_LEFT, "failed"))), unit=Unit.COUNT)
_derived("bot_share", _("Share of robots"), _("Events of robots among all that came."),
         Ratio("tracking.bots", "tracking.received"), unit=Unit.PERCENT, better=Better.NONE)
_derived("duplicate_rate", _("Share sent twice"), _("Events that had arrived before, among all that came."),
         Ratio("tracking.duplicates", "tracking.received"), unit=Unit.PERCENT, better=Better.DOWN)
_derived("quality", _("Data quality"), _("Points earned of those that could be, over the daily scores of all sites."),
         Ratio("tracking.quality_points", "tracking.quality_most"), unit=Unit.PERCENT,
         thresholds=Thresholds(green=0.9, yellow=0.6))
